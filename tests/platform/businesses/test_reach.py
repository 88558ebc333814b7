"""Whoever is limited to locations or own customers sees and does nothing beyond, through any door."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse

from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.services import propose_adjustment, set_stock_limits
from apps.goods.purchasing.drafts import ArrivalDraft
from apps.goods.purchasing.services import receive_goods
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.services import open_count, request_transfer
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, NotFound, PermissionRefused
from apps.kernel.limits import limited_models, narrow
from apps.kernel.permissions import whole_business
from apps.people.customers.models import Customer
from apps.people.customers.services import (
    assign_customer,
    record_customer,
    unassign_customer,
    update_customer,
)
from apps.platform.backoffice.sites import site
from apps.platform.businesses import services
from apps.platform.businesses.models import Business, Location, Membership, Role
from apps.platform.businesses.selectors import actor_for
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.services import add_note, fulfil_order, refund_order
from apps.selling.payments.models import Payment, WebhookReceipt
from tests.factories.businesses import make_business, make_member, make_user, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import make_order, ship
from tests.goods.purchasing.world import lines_of as lines_of_purchase
from tests.goods.purchasing.world import sent_order
from tests.selling.history.furnished import furnish_past
from tests.selling.returns.furnished import furnish_returns
from tests.selling.shipping.furnished import send_parcels

pytestmark = pytest.mark.django_db
# Models of one part of the business: their rows name a place, an order, a customer or a payment.
PARTS = {"businesses.location", "orders.order", "customers.customer", "payments.payment"}
# Rows that name one of these and are shown to nobody who is limited, or belong to no part.
APART = {
    "businesses.membership": "who works here is for everybody who may see the team",
    "imports.importjob": "imports are about the whole business",
    "payments.discrepancy": "needs payments.reconcile, which nobody limited has",
    "orders.fulfilmentline": "read with its parcel",
    "orders.orderrefundline": "read with its refund",
    "access.apikey": "needs keys.read, which nobody limited has",
    "inventory.allocationpolicy": "the whole business chooses, with stock.allocation, which nobody limited has",
    "shipping.shippingrate": "what delivery costs is the same for the whole store, also where it is collected",
    "pricing.pricelist": "needs pricing.read, which nobody limited has; what it says is read by every price",
    "pricing.customertax": "needs pricing.taxes, which nobody limited has; what it says is read by every tax",
    "promotions.appliedpromotion": "read with its order",
    "credit.creditaccount": "needs credit.read, which nobody limited has",
}


@pytest.fixture
def two_places() -> tuple[Business, Location, Location]:
    business = make_business()
    with tenancy.bind(business.pk):
        main = Location.objects.get(is_default=True)
        van = services.add_location(Actor.system("t", business.pk), name="Van", kind="van")
    return business, main, van


def limited(business: Business, role: str, *places: Location, own_customers_only: bool = False) -> Any:
    person = make_member(business, role)
    with tenancy.bind(business.pk):
        member = Membership.objects.get(user=person)
    services.set_member_reach(
        Actor.system("t", business.pk), membership_id=member.pk,
        location_ids=[place.pk for place in places], own_customers_only=own_customers_only,
    )  # fmt: skip
    return person


def test_every_table_of_a_part_has_a_rule() -> None:
    missing = []
    for model in apps.get_models():
        label = model._meta.label_lower
        if not issubclass(model, tenancy_models()) or label in limited_models() or label in APART:
            continue
        named = {
            field.related_model._meta.label_lower
            for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey) and isinstance(field.related_model, type)
        }
        if named & PARTS:
            missing.append((label, named & PARTS))
    assert missing == [], "Name a rule with limit_rows in the policies of the app."


def tenancy_models() -> type[models.Model]:
    from apps.kernel.models import TenantEntity

    return TenantEntity


def test_orders_are_seen_where_they_are_fulfilled(two_places: Any) -> None:
    business, main, van = two_places
    ours = make_order(business, lines=[(make_variant(business, stock=5), 1)], paid=True)
    outbox.drain()
    for place, sees in ((main, True), (van, False)):
        person = limited(business, "manager", place)
        client, actor = sign_in(Client(), person, business), actor_for(person, business)
        page = reverse("admin:orders_order_change", args=[ours.pk])
        assert client.get(page).status_code == (200 if sees else 404)
        shown = client.get(reverse("admin:orders_order_changelist") + "?tab=all").content.decode()
        assert (f"/{ours.pk}/" in shown) is sees
        hits = client.get("/admin/search/", {"s": ours.number}).content.decode()
        assert (str(ours.pk) in hits) is sees
        assert (
            client.get(reverse("admin:verb", args=["orders", "order", ours.pk, "ship"])).status_code == 200
        ) is sees
        today = client.get("/admin/").content.decode()
        assert (f"Order {ours.number}" in today) is sees
        cards = client.get("/admin/").context["answers"]["cards"].entries
        figures = {str(card.label): str(card.value) for card in cards}
        assert (figures["Sales today"] == "£0.00", figures["Orders today"]) == (
            not sees,
            "1" if sees else "0",
        )
        if not sees:
            for service, arguments in ((add_note, {"text": "x"}), (fulfil_order, {})):
                with pytest.raises(NotFound):
                    service(actor, order_id=ours.pk, **arguments)
    assert Order.unscoped.get(pk=ours.pk).fulfilment_state == "unfulfilled"


def take_in_goods(business: Business) -> None:
    """A purchase order of which one piece came to the default location."""
    bought = sent_order(business, [(make_variant(business), 2, "4.00")])
    arrived = [ArrivalDraft(line_id=lines_of_purchase(bought)[0].pk, accepted=1)]
    receive_goods(Actor.system("t", business.pk), order_id=bought.pk, lines=arrived)


def lists() -> Iterator[Any]:
    for model, model_admin in site._registry.items():
        if (
            model._meta.label_lower in limited_models()
            and model_admin.read_permission not in whole_business()
        ):
            yield model_admin


LISTS = list(lists())


def papers_of_stock(business: Business, place: Location) -> None:
    """A transfer, a count, an adjustment that waits and an alert of low stock, none of them at the van."""
    system = Actor.system("t", business.pk)
    depot = services.add_location(system, name="Depot", kind="warehouse")
    mug = make_variant(business, stock=5)
    line = WantedLine(mug.pk, 1)
    request_transfer(system, source_id=place.pk, destination_id=depot.pk, lines=[line])
    open_count(system, location_id=place.pk)
    set_stock_limits(system, adjust_approval_above=Decimal(0), count_approval_above=Decimal(0))
    keeper = Actor("user", None, "keeper", business.pk, permissions=frozenset({"stock.adjust"}))
    propose_adjustment(keeper, location_id=place.pk, lines=[AdjustLine(mug.pk, delta=-1)])
    with tenancy.bind(business.pk):
        StockAlert.objects.create(variant=mug, location=place, threshold=9, available=5)


def trade_of_all_kinds(business: Business) -> None:
    """Parcels, pick lists, returns, sales of the past and payouts, all of the main shop."""
    system, mug = Actor.system("t", business.pk), make_variant(business, stock=50)
    parted = make_order(business, lines=[(mug, 3)], paid=True)
    ship(parted, [(OrderLine.unscoped.get(order=parted).pk, 1)])
    send_parcels(business, system, parted, mug, "Main")
    with tenancy.bind(business.pk):
        furnish_returns(business, system, mug)
        furnish_past(system)
        paid = Payment.objects.get(owner_id=parted.pk)
        WebhookReceipt.objects.create(provider="sandbox", event_id="evt_1", kind="captured", payment=paid)


def test_each_list_shows_a_limited_member_own_rows_and_others_are_not_found(two_places: Any) -> None:
    business, main, van = two_places
    order = ship(make_order(business, lines=[(make_variant(business, stock=5), 1)], paid=True))
    refund_order(Actor.system("t", business.pk), order_id=order.pk, amount=Decimal(1), reason="r", key="k")
    papers_of_stock(business, main)
    take_in_goods(business)
    trade_of_all_kinds(business)
    outbox.drain()
    person = limited(business, "manager", van)
    client = sign_in(Client(), person, business)
    looked = {found.opts.label_lower: _seen_amiss(found, business, person, client) for found in LISTS}
    assert len(looked) > 15
    assert {name: amiss for name, amiss in looked.items() if amiss} == {}


WITHOUT_PLACE = (["customers", "customer"], ["customers", "company"], ["quotes", "quote"])


def _seen_amiss(model_admin: Any, business: Business, person: Any, client: Client) -> list[str]:
    """What of a list, its details and its verbs is shown though another place's, or not shown though one's own."""
    kind = [model_admin.opts.app_label, model_admin.opts.model_name]
    with tenancy.bind(business.pk):
        everything = set(model_admin.model.objects.values_list("pk", flat=True))
        limit = actor_for(person, business).limit
        own = set(narrow(model_admin.model.objects.all(), limit).values_list("pk", flat=True))
    amiss = []
    if kind not in WITHOUT_PLACE and not everything - own:
        amiss.append("Nothing of another place: this would prove nothing.")
    answer = client.get(reverse(f"admin:{'_'.join(kind)}_changelist"), {"tab": "all"})
    if answer.status_code != 200:
        amiss.append(f"The list answers {answer.status_code}.")
    for foreign in everything - own:
        pages = [reverse(f"admin:{'_'.join(kind)}_change", args=[foreign])]
        verbs = [reverse("admin:verb", args=[*kind, foreign, verb.name]) for verb in model_admin.verbs]
        asked = [client.get(page) for page in pages] + [client.post(verb, {}) for verb in verbs]
        amiss += [f"{one.request['PATH_INFO']}: {one.status_code}" for one in asked if one.status_code != 404]
        if str(foreign) in answer.content.decode():
            amiss.append(f"{foreign} is listed")
    for mine in own:
        if client.get(reverse(f"admin:{'_'.join(kind)}_change", args=[mine])).status_code != 200:
            amiss.append(f"{mine} is one's own and not found")
    return amiss


def test_whoever_is_limited_has_no_page_about_the_whole_business(two_places: Any) -> None:
    business, main, _van = two_places
    actor = actor_for(limited(business, "accountant", main), business)
    assert not actor.permissions & whole_business()
    client = sign_in(Client(), limited(business, "accountant", main), business)
    assert client.get(reverse("admin:ledger_journalentry_changelist")).status_code == 403
    assert client.get(reverse("admin:audit_trail")).status_code == 403


def test_stock_is_received_at_own_places_only(two_places: Any) -> None:
    from apps.goods.inventory.lines import StockLine
    from apps.goods.inventory.services import receive_stock

    business, main, van = two_places
    variant = make_variant(business)
    actor = actor_for(limited(business, "stock_keeper", van), business)
    with pytest.raises(PermissionRefused):
        receive_stock(actor, location_id=main.pk, lines=[StockLine(variant_id=variant.pk, quantity=1)])
    moved = receive_stock(actor, location_id=None, lines=[StockLine(variant_id=variant.pk, quantity=1)])
    assert [movement.location_id for movement in moved] == [van.pk]


def test_own_customers_only(two_places: Any) -> None:
    business, _main, _van = two_places
    system = Actor.system("t", business.pk)
    rep = limited(business, "sales", own_customers_only=True)
    actor = actor_for(rep, business)
    variant = make_variant(business, stock=9)
    orders = {
        name: make_order(
            business, lines=[(variant, 1)], contact=Contact(email=f"{name}@example.com", name=name.title())
        )
        for name in ("mine", "yours")
    }
    mine, yours = (
        Order.unscoped.select_related("customer").get(pk=orders[name].pk).customer
        for name in ("mine", "yours")
    )
    client = sign_in(Client(), rep, business)
    address = {
        customer.pk: reverse("admin:customers_customer_change", args=[customer.pk])
        for customer in (mine, yours)
    }
    assert client.get(address[mine.pk]).status_code == 404

    assign_customer(system, customer_id=mine.pk, user_id=rep.pk)
    assert client.get(address[mine.pk]).status_code == 200
    assert client.get(address[yours.pk]).status_code == 404
    listed = client.get(reverse("admin:customers_customer_changelist")).content.decode()
    assert "mine@example.com" in listed
    assert "yours@example.com" not in listed
    assert client.get(reverse("admin:orders_order_change", args=[orders["mine"].pk])).status_code == 200
    assert client.get(reverse("admin:orders_order_change", args=[orders["yours"].pk])).status_code == 404
    with pytest.raises(NotFound):
        update_customer(actor, customer_id=yours.pk, changes={"name": "Stolen"})
    with pytest.raises(Conflict):
        record_customer(actor, email="yours@example.com")
    assert not actor.may("customers.assign")

    added = record_customer(actor, email="new@example.com", name="New")
    assert client.get(reverse("admin:customers_customer_change", args=[added.pk])).status_code == 200
    unassign_customer(system, customer_id=mine.pk, user_id=rep.pk)
    assert client.get(address[mine.pk]).status_code == 404


def test_who_leaves_looks_after_nobody(two_places: Any) -> None:
    business, _main, _van = two_places
    rep = limited(business, "sales", own_customers_only=True)
    customer = record_customer(actor_for(rep, business), email="a@example.com")
    with tenancy.bind(business.pk):
        member = Membership.objects.get(user=rep)
        assert customer.keepers.count() == 1
    services.remove_member(Actor.system("t", business.pk), membership_id=member.pk)
    outbox.drain()
    with tenancy.bind(business.pk):
        assert Customer.objects.get(pk=customer.pk).keepers.count() == 0


def test_a_limited_list_costs_the_same_for_one_row_and_for_many(two_places: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    business, main, _van = two_places
    client = sign_in(Client(), limited(business, "sales", main, own_customers_only=False), business)
    variant = make_variant(business, stock=50)
    counts = []
    for count in (1, 6):
        for _each in range(count):
            make_order(business, lines=[(variant, 1)], paid=True)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse("admin:orders_order_changelist"), {"tab": "all"}).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_nobody_gives_a_wider_view_than_his_own(two_places: Any) -> None:
    business, main, van = two_places
    actor = actor_for(limited(business, "admin", van), business)
    with tenancy.bind(business.pk):
        role_id = Role.objects.get(code="cashier").pk
        own = Membership.objects.get(user_id=actor.id)
    for places in ([], [main.pk], [main.pk, van.pk]):
        with pytest.raises(PermissionRefused):
            services.invite_member(actor, email="new@example.com", role_id=role_id, location_ids=places)
        with pytest.raises(PermissionRefused):
            services.set_member_reach(actor, membership_id=own.pk, location_ids=places)
    services.invite_member(actor, email="new@example.com", role_id=role_id, location_ids=[van.pk])


def test_an_owner_sees_with_the_eyes_of_a_limited_cashier(two_places: Any) -> None:
    business, _main, van = two_places
    ours = make_order(business, lines=[(make_variant(business, stock=5), 1)], paid=True)
    cashier = limited(business, "cashier", van)
    with tenancy.bind(business.pk):
        member = Membership.objects.get(user=cashier)
    owner, own = sign_in(Client(), owner_of(business), business), sign_in(Client(), cashier, business)
    assert owner.post(reverse("admin:preview"), {"who": f"member:{member.pk}"}).status_code == 302

    def menu(client: Client) -> list[str]:
        groups = client.get("/admin/").context["sidebar_navigation"]
        return [item["link"] for group in groups for item in group["items"]]

    assert menu(owner) == menu(own)
    page = reverse("admin:orders_order_change", args=[ours.pk])
    assert owner.get(page).status_code == own.get(page).status_code == 404
    assert "You see what" in owner.get("/admin/").content.decode()
    edit = reverse("admin:list_verb", args=["customers", "customer", "add"])
    assert owner.post(edit, {}).status_code == 403
    assert owner.post("/admin/settings/", {"name": "Hijacked"}).status_code == 403
    assert owner.post(reverse("admin:preview_end")).status_code == 302
    assert owner.get(page).status_code == 200


def test_only_owners_borrow_eyes(two_places: Any) -> None:
    business, _main, _van = two_places
    admin = sign_in(Client(), make_member(business, "admin"), business)
    assert admin.get(reverse("admin:preview")).status_code == 403
    other = make_business("Other", owner=make_user())
    owner = sign_in(Client(), owner_of(business), business)
    with tenancy.bind(other.pk):
        foreign = Membership.objects.get()
    assert owner.post(reverse("admin:preview"), {"who": f"member:{foreign.pk}"}).status_code == 404
