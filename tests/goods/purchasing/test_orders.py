"""Purchase orders from draft to sent: figures, limits, versions, papers, who may what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ItemDraft, LineDraft, OrderDraft
from apps.goods.purchasing.models import PurchaseOrder, PurchaseVersion
from apps.goods.purchasing.selectors import incoming
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.models import OutboxEvent
from apps.platform.alerts.models import Alert
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.services import set_member_reach
from apps.platform.notifications.models import Message
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_location, make_variant
from tests.goods.purchasing.world import (
    lines_of,
    make_supplier,
    send,
    sent_order,
    tolerate,
    write_order,
)

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def house() -> Business:
    return make_business()


def test_a_foreign_order_adds_up_to_the_cent_and_keeps_its_rate(house: Business) -> None:
    actor = actor_of(house, "buyer")
    mug, bowl = make_variant(house), make_variant(house, title="Bowl")
    mill = make_supplier(house, currency="EUR", tax_rate=D("0.21"))
    with tenancy.bind(house.pk):
        services.set_items(
            actor,
            supplier_id=mill.pk,
            items=[ItemDraft(variant_id=mug.pk, cost=D("4.2555"), supplier_sku="M-1")],
        )
        lines = [
            LineDraft(variant_id=mug.pk, quantity=37),
            LineDraft(variant_id=bowl.pk, quantity=3, unit_cost=D("0.3350"), tax_rate=D(0)),
        ]
        with pytest.raises(InvalidInput) as refused:
            services.draft_order(actor, supplier_id=mill.pk, draft=OrderDraft(lines=lines))
        assert refused.value.code == "rate_needed"
        draft = OrderDraft(lines=lines, rate=D("0.85437"))
        order = services.draft_order(actor, supplier_id=mill.pk, draft=draft)
        # 37 × 4.2555 = 157.4535 → 157.45, tax 33.0645 → 33.06; 3 × 0.335 = 1.005 → 1.01.
        found = [(row.net, row.tax, row.supplier_sku) for row in lines_of(order)]
        assert found == [(D("157.45"), D("33.06"), "M-1"), (D("1.01"), D(0), "")]
        assert (order.net_total, order.tax_total, order.total) == (D("158.46"), D("33.06"), D("191.52"))
        # 158.46 × 0.85437 = 135.38347…
        assert (order.base_total, order.rate, order.currency) == (D("135.38"), D("0.85437"), "EUR")
        assert order.rate_on is not None


def test_the_limit_says_who_approves_and_what_was_approved_is_kept(house: Business) -> None:
    buyer, manager = actor_of(house, "buyer"), actor_of(house, "manager")
    mug = make_variant(house)
    tolerate(house, "10", limit="100")
    with tenancy.bind(house.pk):
        small = write_order(house, make_supplier(house), [(mug, 10, "10")], actor=buyer)
        large = write_order(house, make_supplier(house), [(mug, 15, "6.67")], actor=buyer)
        with pytest.raises(WrongState):
            services.approve_order(buyer, order_id=small.pk)
        for order in (small, large):
            services.submit_order(buyer, order_id=order.pk)
        assert services.approve_order(buyer, order_id=small.pk).state == "approved"
        with pytest.raises(PermissionRefused) as refused:
            services.approve_order(buyer, order_id=large.pk)  # 100.05
        assert refused.value.code == "over_approval_limit"
        with pytest.raises(PermissionRefused):
            services.approve_order(actor_of(house, "stock_keeper"), order_id=large.pk)
        services.send_back_order(manager, order_id=large.pk, reason="One less")
        services.change_order(
            buyer, order_id=large.pk,
            draft=OrderDraft(lines=[LineDraft(variant_id=mug.pk, quantity=14, unit_cost=D("6.67"))]),
        )  # fmt: skip
        services.submit_order(buyer, order_id=large.pk)
        approved = services.approve_order(manager, order_id=large.pk)
        assert (approved.total, approved.approved_by) == (D("93.38"), manager.label)
        # 14 and 10 %: one more, and no part of a second.
        assert [line.most_quantity for line in lines_of(approved)] == [15]


def test_a_change_makes_a_new_version_and_the_old_paper_stays(house: Business, client: Client) -> None:
    actor = actor_of(house)
    mug = make_variant(house)
    with tenancy.bind(house.pk):
        order = write_order(house, make_supplier(house), [(mug, 10, "4")])
        send(order, email="Ines@Mill.example")
        message = Message.objects.get(template="purchase_order")
        assert message.to == "ines@mill.example"
        first = PurchaseVersion.objects.get()
        address = reverse("purchasing:paper", args=[first.token])
        assert address in message.text
        assert incoming([mug.pk]) == {mug.pk: 10}
    paper = client.get(address)
    assert paper.status_code == 200
    assert paper.content.startswith(b"%PDF")
    with tenancy.bind(house.pk):
        services.amend_order(actor, order_id=order.pk, reason="Fewer")
        assert incoming([mug.pk]) == {}
        draft = OrderDraft(lines=[LineDraft(variant_id=mug.pk, quantity=6, unit_cost=D(5))])
        services.change_order(actor, order_id=order.pk, draft=draft)
        send(PurchaseOrder.objects.get(pk=order.pk))
        versions = PurchaseVersion.objects.order_by("number")
        assert [(v.number, v.total, v.snapshot["lines"][0]["quantity"]) for v in versions] == [
            (1, D(40), 10), (2, D(30), 6),
        ]  # fmt: skip
        assert Message.objects.filter(template="purchase_order").count() == 1
        assert incoming([mug.pk]) == {mug.pk: 6}
    assert client.get(address).content == paper.content
    assert client.get(reverse("purchasing:paper", args=["x" * 43])).status_code == 404
    for statement in (
        "UPDATE purchasing_purchaseversion SET snapshot = '{}'",
        "UPDATE purchasing_purchaseversion SET sha256 = 'x' WHERE sha256 <> ''",
        "DELETE FROM purchasing_purchaseversion",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_approved_version_that_was_not_sent_has_no_open_door(house: Business, client: Client) -> None:
    with tenancy.bind(house.pk):
        order = write_order(house, make_supplier(house), [(make_variant(house), 1, "4")])
        actor = actor_of(house)
        services.submit_order(actor, order_id=order.pk)
        services.approve_order(actor, order_id=order.pk)
        token = PurchaseVersion.objects.get().token
    assert client.get(reverse("purchasing:paper", args=[token])).status_code == 404


def test_wrong_moves_and_wrong_lines(house: Business) -> None:
    actor = actor_of(house)
    mug = make_variant(house)
    drawn = make_variant(house, title="Voucher", variant={"track_stock": False})
    elsewhere = make_variant(make_business("Elsewhere"))
    mill = make_supplier(house)
    with tenancy.bind(house.pk):
        wrong: list[tuple[list[LineDraft], type[Exception]]] = [
            ([], InvalidInput),
            ([LineDraft(variant_id=mug.pk, quantity=0, unit_cost=D(1))], InvalidInput),
            ([LineDraft(variant_id=mug.pk, quantity=1)], InvalidInput),
            ([LineDraft(variant_id=mug.pk, quantity=1, unit_cost=D("0.00001"))], InvalidInput),
            ([LineDraft(variant_id=mug.pk, quantity=1, unit_cost=D("Infinity"))], InvalidInput),
            ([LineDraft(variant_id=mug.pk, quantity=1, unit_cost=D(1))] * 2, InvalidInput),
            ([LineDraft(variant_id=drawn.pk, quantity=1, unit_cost=D(1))], InvalidInput),
            ([LineDraft(variant_id=elsewhere.pk, quantity=1, unit_cost=D(1))], NotFound),
        ]
        for lines, error in wrong:
            with pytest.raises(error):
                services.draft_order(actor, supplier_id=mill.pk, draft=OrderDraft(lines=lines))
        with pytest.raises(InvalidInput):
            write_order(house, mill, [(mug, 1, "1")], rate=D("1.1"))
        order = sent_order(house, [(mug, 10, "4")], mill)
        moves: list[Any] = [
            lambda: services.submit_order(actor, order_id=order.pk),
            lambda: services.send_order(actor, order_id=order.pk),
            lambda: services.close_order(actor, order_id=order.pk),
        ]
        for move in moves:
            with pytest.raises(WrongState):
                move()
        with pytest.raises(Conflict):
            services.update_supplier(actor, supplier_id=mill.pk, changes={"currency": "USD"})
        services.cancel_order(actor, order_id=order.pk, reason="No money")
        assert incoming([mug.pk]) == {}
        services.archive_supplier(actor, supplier_id=mill.pk)
        with pytest.raises(WrongState):
            write_order(house, mill, [(mug, 1, "1")])
        told = OutboxEvent.objects.filter(name__startswith="purchasing.order").order_by("pk")
        assert [row.name.partition("_")[2] for row in told] == ["submitted", "approved", "sent", "ended"]


def test_whoever_is_limited_orders_for_own_places_only(house: Business) -> None:
    van = make_location(house, name="Van")
    mug = make_variant(house)
    from apps.platform.businesses.models import Membership
    from apps.platform.businesses.selectors import actor_for
    from tests.factories.businesses import make_member

    person = make_member(house, "buyer")
    with tenancy.bind(house.pk):
        order = write_order(house, make_supplier(house), [(mug, 1, "4")])
        set_member_reach(
            actor_of(house), membership_id=Membership.objects.get(user=person).pk, location_ids=[van.pk]
        )
        limited = actor_for(person, house)
        with pytest.raises(NotFound):
            services.submit_order(limited, order_id=order.pk)
        main = Location.objects.get(is_default=True)
        with pytest.raises(PermissionRefused):
            write_order(house, make_supplier(house), [(mug, 1, "4")], actor=limited, location_id=main.pk)
        own = write_order(house, make_supplier(house), [(mug, 1, "4")], actor=limited)
        assert own.location_id == van.pk
    with tenancy.bind(house.pk, limited.limit):
        assert [row.pk for row in PurchaseOrder.objects.all()] == [own.pk]


def test_a_buyer_orders_by_pages(house: Business, client: Client) -> None:
    make_variant(house, variant={"sku": "MUG-1"})
    mill = make_supplier(house, currency="EUR")
    sign_in(client, owner_of(house), house)
    services.add_contact(
        actor_of(house), supplier_id=mill.pk, name="Ines", email="ines@mill.example", takes_orders=True
    )
    chosen = client.post(
        reverse("admin:list_verb", args=["purchasing", "purchaseorder", "new"]), {"supplier_id": str(mill.pk)}
    )
    page = client.get(chosen["Location"])
    assert "1 EUR in GBP" in page.content.decode()
    with tenancy.bind(house.pk):
        place = Location.objects.get()
    typed = {"location_id": str(place.pk), "lines": "mug-1, 12, 4.2550, 21%", "rate": "0.85"}
    saved = client.post(chosen["Location"], typed)
    assert saved.status_code == 302, saved.content.decode()[:2000]
    order = PurchaseOrder.unscoped.get()
    assert (order.net_total, order.tax_total, order.base_total) == (D("51.06"), D("10.72"), D("43.40"))

    def verb(name: str, data: dict[str, str] | None = None) -> Any:
        return client.post(
            reverse("admin:verb", args=["purchasing", "purchaseorder", order.pk, name]), data or {}
        )

    page = client.get(reverse("admin:verb", args=["purchasing", "purchaseorder", order.pk, "change"]))
    assert "MUG-1, 12, 4.255, 21" in page.content.decode()
    assert verb("submit").status_code == 302
    outbox.drain()
    with tenancy.bind(house.pk):
        assert Alert.objects.get().title == "PO-00001 waits for approval: £43.40"
    assert (
        "Purchase order PO-00001 from Mill Pottery, €51.06 without tax, waits for approval"
        in client.get("/admin/").content.decode()
    )
    assert verb("approve").status_code == 302
    offered = client.get(reverse("admin:verb", args=["purchasing", "purchaseorder", order.pk, "send"]))
    assert '<option value="ines@mill.example" selected>' in offered.content.decode()
    assert verb("send", {"email": "ines@mill.example"}).status_code == 302
    version = PurchaseVersion.unscoped.get()
    assert version.sha256
    assert verb("paper", {"chosen": str(version.pk)}).content.startswith(b"%PDF")
    shown = client.get(reverse("admin:purchasing_purchaseorder_change", args=[order.pk])).content.decode()
    assert "ines@mill.example" in shown
    assert "€51.06" in shown


def test_the_page_says_who_approved_in_plain_words(house: Business) -> None:
    order = write_order(house, make_supplier(house), [(make_variant(house), 3, "4.00")])
    demo = Actor.system("demo", house.pk)
    services.submit_order(demo, order_id=order.pk)
    services.approve_order(demo, order_id=order.pk)
    page = sign_in(Client(), owner_of(house), house).get(f"/admin/purchasing/purchaseorder/{order.pk}/")
    shown = page.content.decode()
    assert "MoniDesk" in shown.split("Approved by")[1][:300]
    assert ">demo<" not in shown
