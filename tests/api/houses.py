"""Two businesses full of rows, each with words that the other must never see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from apps.goods.catalog.services import (
    begin_draft,
    create_category,
    create_collection,
    set_collection_products,
    set_licensed_trade,
    show_collection,
)
from apps.goods.imports.services import check_job, run_job, upload_file, work_through
from apps.goods.inventory.lines import AdjustLine, LotDraft, StockLine
from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.services import (
    acknowledge_alert,
    choose_tracking,
    propose_adjustment,
    receive_stock,
    set_stock_limits,
    set_warning_level,
)
from apps.goods.purchasing import services as purchasing
from apps.goods.purchasing.drafts import ArrivalDraft, ItemDraft, LineDraft, OrderDraft, SupplierDraft
from apps.goods.purchasing.landing import Charge
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.services import open_count, record_scan, request_transfer, ship_transfer
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry, Delivery, TenantEntity
from apps.platform.access.policies import grantable
from apps.platform.access.services import create_key
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business, Location, Membership
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import add_location, set_member_reach, suspend_member
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.services import add_field, set_values
from apps.platform.media.services import announce_upload, write_comment
from apps.platform.notifications.services import stop_address
from apps.platform.privacy.services import export_customer
from apps.platform.records.models import AuditArchive
from apps.platform.vault.services import keep_secret
from apps.selling.checkout.services import make_link
from apps.selling.orders import drafts as orders
from apps.selling.orders.drafts import Address, Contact
from apps.selling.orders.services import add_note, refund_order
from apps.selling.payments.models import Discrepancy, WebhookReceipt
from apps.selling.promotions.services import start_test
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.services import send_quote, write_quote
from tests.factories.certificates import make_certificate
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import make_cart, make_order, make_rate, ship, submit
from tests.factories.promotions import make_promotion
from tests.goods.garments.furnished import furnish_garments
from tests.money.receivables.furnished import furnish_receivables
from tests.selling.history.furnished import furnish_past
from tests.selling.pricing.furnished import furnish_prices
from tests.selling.returns.furnished import furnish_returns
from tests.selling.shipping.furnished import send_parcels

from .world import Caller, join, make_user, open_business

ROLES = tuple(role.code for role in SHIPPED_ROLES)


@dataclass
class House:
    """One business, a caller for each role, and a row of each kind."""

    business: Business
    marker: str
    callers: dict[str, Caller] = field(default_factory=dict)
    others: dict[str, Caller] = field(default_factory=dict)
    rows: dict[str, Model] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def row(self, model: type[Model]) -> Model:
        """A row of this kind; a kind without rows must be made here before its addresses can be tested."""
        label = model._meta.label_lower
        assert label in self.rows, f"Make a {label} in tests/api/houses.py: its addresses show rows."
        return self.rows[label]

    @cached_property
    def ids(self) -> set[str]:
        """Keys that another business must not be told; asked for when the house stands."""
        return {str(row.pk) for row in self.rows.values() if isinstance(row.pk, UUID)}


def build_house(slug: str, marker: str, **traits: Any) -> House:
    """A business that has sold, sent, refunded and kept a cart open; `marker` stands in all its words."""
    owner = User.objects.create_user(
        f"owner-{marker}@{slug}.example", "correct horse", display_name=f"{marker} Boss"
    )
    business = open_business(slug, owner=owner, tax_rate="0.2", name=f"{marker} {slug}", **traits)
    house = House(business, marker)
    house.callers = {role: Caller(business, join(business, role)) for role in ROLES if role != "owner"}
    house.callers["owner"] = Caller(business, owner)
    house.others = _others(house, owner)
    outbox.drain()
    _trade(house)
    outbox.drain()
    _find_rows(house)
    return house


def _others(house: House, owner: User) -> dict[str, Caller]:
    """Programs with none, one and all of the permissions they may have; people who are limited, kept out, or nobody."""
    business = house.business
    boss = actor_for(owner, business)
    scopes = {"key-none": [], "key-one": ["products.read"], "key-all": sorted(grantable(boss))}
    found = {}
    for name, codes in scopes.items():
        key = create_key(boss, name=f"{house.marker} {name}", permissions=codes)
        found[name] = Caller(token=key.shown_secret)  # type: ignore[attr-defined]
    system = Actor.system("walls", business.pk)
    van = add_location(system, name=f"{house.marker} van", kind="van")
    limited = join(business, "manager", f"limited@{business.slug}.example")
    suspended = join(business, "manager", f"suspended@{business.slug}.example")
    with tenancy.bind(business.pk):
        members = {person.pk: Membership.objects.get(user=person).pk for person in (limited, suspended)}
    set_member_reach(system, membership_id=members[limited.pk], location_ids=[van.pk])
    suspend_member(system, membership_id=members[suspended.pk])
    found["limited"], found["suspended"] = Caller(business, limited), Caller(business, suspended)
    found["nowhere"] = Caller(business, make_user(f"nowhere@{business.slug}.example"))
    return found


def _trade(house: House) -> None:
    business, marker = house.business, house.marker
    system = Actor.system("walls", business.pk)
    country = business.country
    category = create_category(system, name=f"{marker} things")
    product = make_product(
        business, title=f"{marker} lamp", stock=40, cost="5.00", category_id=category.pk, tags=[marker],
        option="Size", values=["S", "M"], vendor_name=f"{marker} works",
    )  # fmt: skip
    shelf = create_collection(system, name=f"{marker} best")
    set_collection_products(system, collection_id=shelf.pk, product_ids=[product.pk])
    show_collection(system, collection_id=shelf.pk, published=True)
    make_product(business, title=f"{marker} draft", published=False)
    set_licensed_trade(system, is_on=True, classifications=[f"{marker} kind"])
    begin_draft(system, product_id=product.pk)
    make_certificate(product, approved=True, lot_code=f"{marker} lot")
    variant = variants_of(product)[0]
    make_rate(business, name=f"{marker} post", price=Decimal("3.00"))
    contact = Contact(email=f"buyer-{marker}@example.com".lower(), name=f"{marker} Buyer")
    address = Address(name=f"{marker} Buyer", line1=f"1 {marker} Street", city="Town", country=country)
    order = make_order(business, lines=[(variant, 3)], contact=contact, address=address, paid=True)
    add_note(system, order_id=order.pk, text=f"{marker} note")
    ship(order, [(_line_of(order), 2)], carrier=f"{marker} vans")
    refund_order(
        system, order_id=order.pk, lines=[(_line_of(order), 1)], reason=f"{marker} reason", key=uuid4().hex
    )
    _move_stock(system, variant.pk, marker)
    send_parcels(business, system, order, variant, marker)
    _promote(business, marker)
    _mark_lots(system, business, marker)
    cart = make_cart(business, [(variant, 1)])
    bought = make_cart(business, [(variant, 1)])
    submit(business, bought, contact=contact, address=address)
    house.values = {
        "product": product, "variant": variant, "order": order, "line_id": _line_of(order), "category": category,
        "cart_token": cart.cookie_value, "media_root": settings.MEDIA_ROOT,
    }  # fmt: skip
    house.rows["checkout.cart"] = cart
    sheet = f"Title,Price\n{marker} cup,1.00\n".encode()
    job = upload_file(system, file=BytesIO(sheet), name=f"{marker}.csv", size=len(sheet))
    check_job(system, job_id=job.pk, save_as=f"{marker} mapping")
    work_through(job.pk, business.pk)
    run_job(system, job_id=job.pk)
    work_through(job.pk, business.pk)
    announce_upload(
        system, kind="document", name=f"{marker}.pdf", content_type="application/pdf", size=99,
        attach_to=("orders.order", order.pk),
    )  # fmt: skip
    write_comment(system, target_type="orders.order", target_id=order.pk, text=f"{marker} comment")
    stop_address(system, channel="email", address=f"{marker.lower()}-gone@example.com", note=f"{marker} stop")
    keep_secret(system, name=f"walls.{marker.lower()}", value="walls-secret-value")
    _buy(house, system, variant)
    _offer(house, system, variant)
    _describe(house, system, product)
    _link(system, variant.pk, marker)
    with tenancy.bind(business.pk):
        furnish_returns(business, system, variant, marker=marker, contact=contact)
        furnish_past(system, marker)
        furnish_receivables(business, marker)
        Discrepancy.objects.create(kind=Discrepancy.Kind.values[0], provider="sandbox", provider_ref=marker)
        WebhookReceipt.objects.create(provider="sandbox", event_id=f"{marker}-1", kind="payment.captured")


def _move_stock(system: Actor, variant_id: UUID, marker: str) -> None:
    with tenancy.bind(system.business_id):
        shop = Location.objects.get(is_default=True)
        depot = add_location(system, name=f"{marker} depot", kind="warehouse")
        transfer = request_transfer(
            system,
            source_id=shop.pk,
            destination_id=depot.pk,
            lines=[WantedLine(variant_id, 2)],
            note=f"{marker} goods",
        )
        ship_transfer(system, transfer_id=transfer.pk)
        set_warning_level(system, variant_id=variant_id, location_id=shop.pk, threshold=100_000)
        alert = StockAlert.objects.get(variant_id=variant_id, location=shop)
        acknowledge_alert(system, alert_id=alert.pk, note=f"{marker} care")
        count = open_count(system, location_id=depot.pk, note=f"{marker} shelf")
        record_scan(system, count_id=count.pk, variant_id=variant_id)
        set_stock_limits(system, adjust_approval_above=Decimal(1), count_approval_above=Decimal(0))
        keeper = Actor(
            "user", uuid4(), f"{marker} keeper", system.business_id, permissions=frozenset({"stock.adjust"})
        )
        propose_adjustment(keeper, location_id=depot.pk, lines=[AdjustLine(variant_id, delta=9)], note=marker)


def _promote(business: Business, marker: str) -> None:
    """A promotion with a code, which nobody has used, and one that is tested."""
    make_promotion(business, name=f"{marker} week", code=f"{marker}-10", first_order_only=True)
    tried = make_promotion(business, name=f"{marker} far away", countries=["IS"])
    start_test(
        Actor.system("walls", business.pk), name=f"{marker} test", promotion_ids=[tried.pk], with_nothing=True
    )


def _link(system: Actor, variant_id: UUID, marker: str) -> None:
    """A link that opens a checkout."""
    marked = {"campaign": f"{marker} spring"}
    make_link(system, lines=[(variant_id, 1)], name=f"{marker} link", attribution=marked)


def _mark_lots(system: Actor, business: Business, marker: str) -> None:
    """Goods that are told apart: a lot with an expiry date."""
    soap = make_product(business, title=f"{marker} soap", cost="2.00")
    with tenancy.bind(business.pk):
        bar, shop = soap.variants.get(), Location.objects.get(is_default=True)
        choose_tracking(system, variant_id=bar.pk, mode="expiry")
        last = clock.today() + dt.timedelta(days=40)
        lot = LotDraft(f"{marker}-7", 5, last, supplier=f"{marker} maker", note=f"{marker} first batch")
        receive_stock(system, location_id=shop.pk, lines=[StockLine(bar.pk, 5, lots=[lot])])


def _describe(house: House, system: Actor, product: Any) -> None:
    """What the business asks itself, and a garment with its library."""
    marker = house.marker
    draft = FieldDraft(label=f"{marker} origin", type="text", in_list=True, filterable=True, in_store=True)
    add_field(system, record_type="catalog.product", code="origin", draft=draft)
    values = {"origin": f"{marker} valley"}
    set_values(system, record_type="catalog.product", record_id=product.pk, values=values)
    with tenancy.bind(system.business_id):
        furnish_garments(system, marker=marker)
        furnish_prices(system, marker=marker)


def _buy(house: House, system: Actor, variant: Any) -> None:
    """Goods are bought: a supplier with people and items."""
    marker = house.marker
    supplier = purchasing.add_supplier(
        system, draft=SupplierDraft(name=f"{marker} pottery", note=f"{marker} terms")
    )
    known = {"supplier_id": supplier.pk}
    purchasing.set_items(system, items=[ItemDraft(variant_id=variant.pk, cost=Decimal("4.1250"))], **known)
    purchasing.add_contact(
        system,
        name=f"{marker} seller",
        email=f"seller-{marker}@example.com".lower(),
        takes_orders=True,
        **known,
    )
    purchasing.add_address(
        system,
        kind="office",
        line1=f"2 {marker} Street",
        city="Town",
        country=house.business.country,
        **known,
    )
    purchasing.log_note(system, text=f"{marker} talk", **known)
    bought = purchasing.draft_order(
        system,
        draft=OrderDraft(lines=[LineDraft(variant_id=variant.pk, quantity=4)], note=f"{marker} wish"),
        **known,
    )
    purchasing.submit_order(system, order_id=bought.pk)
    purchasing.approve_order(system, order_id=bought.pk)
    purchasing.send_order(system, order_id=bought.pk)
    with tenancy.bind(house.business.pk):
        (line,) = bought.lines.all()
    purchasing.receive_goods(
        system, order_id=bought.pk, lines=[ArrivalDraft(line_id=line.pk, accepted=3)], delivery_note=f"{marker} slip",
        charges=[Charge("freight", Decimal(2), "value")],
    )  # fmt: skip


def _offer(house: House, system: Actor, variant: Any) -> None:
    """An offer that was sent to somebody."""
    marker = house.marker
    contact = Contact(email=f"offer-{marker}@example.com".lower(), name=f"{marker} wanted")
    draft = QuoteDraft(
        lines=[orders.LineDraft(variant.pk, 1)],
        contact=contact,
        note=f"{marker} offer",
        po_number=f"{marker}-PO",
    )
    send_quote(system, quote_id=write_quote(system, draft=draft).pk)


def _line_of(order: Any) -> UUID:
    with tenancy.bind(order.business_id):
        return UUID(str(order.lines.order_by("position").values_list("pk", flat=True)[0]))


def _archive(house: House) -> AuditArchive:
    """A row is enough: its file is asked for by a signed address, which is not this table's to test."""
    now = clock.now()
    with tenancy.bind(house.business.pk):
        return AuditArchive.objects.create(
            chain=house.business.pk, first_sequence=1, last_sequence=2, previous_digest=b"", last_digest=b"1",
            content_digest=b"1", first_at=now, last_at=now, file=f"{house.marker}.jsonl.gz", size=1, sha256="0" * 64,
            key_version="1", public_key="0" * 64,
        )  # fmt: skip


def _find_rows(house: House) -> None:
    for model in apps.get_models():
        if issubclass(model, TenantEntity) and model._meta.label_lower not in house.rows:
            row = model.unscoped.filter(business=house.business).first()
            if row is not None:
                house.rows[model._meta.label_lower] = row
    house.rows["kernel.auditentry"] = AuditEntry.objects.filter(
        chain=house.business.pk, action="orders.noted"
    )[0]
    house.rows["records.auditarchive"] = _archive(house)
    buyer = house.values["order"].customer_id
    house.rows["privacy.personexport"] = export_customer(
        Actor.system("walls", house.business.pk), customer_id=buyer
    )
    house.rows["catalog.product"] = house.values["product"]
    house.rows["orders.order"] = house.values["order"]
    cart = house.rows["checkout.cart"]
    item = apps.get_model("checkout.cartitem").unscoped.get(group__cart=cart)
    house.rows["checkout.cartitem"] = item
    document = apps.get_model("invoicing.document").unscoped.filter(order=house.values["order"]).first()
    house.rows["invoicing.document"] = document
    deliveries = Delivery.objects.filter(business_id=house.business.pk)
    house.rows["kernel.delivery"] = deliveries.order_by("pk")[0]
