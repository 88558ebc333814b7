"""A company that buys on account: one invoice paid in part, and its next order, which goes over the limit."""

from __future__ import annotations

from decimal import Decimal

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.models import Tracking
from apps.goods.inventory.services import receive_stock
from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.kernel.money import round_money
from apps.money.receivables.services import record_payment
from apps.people.customers.services import add_company, join_company, record_customer
from apps.people.customers.services.companies import CompanyDraft
from apps.platform.businesses.models import Business, Location
from apps.selling.orders.drafts import Address, Contact, LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.services import fulfil_order, mark_delivered, place_order
from monidesk.demo.furnish import Furnished

EMAIL = "orders@tidewater.example"
PIECES = 12


def fill(actor: Actor, furnished: Furnished) -> None:
    """A company with thirty days to pay: one invoice paid in part, one order that waits for approval."""
    goods = [item for items in furnished.variants.values() for item in items]
    plain = Variant.objects.filter(pk__in=goods, is_kit=False, active=True, track_stock=True)
    told_apart = Tracking.objects.values("variant")
    # By code, not by key: keys of one instant fall in any order, and one seed has to be one past.
    sold = list(plain.exclude(pk__in=told_apart).order_by("product__title", "position")[:3])
    if len(sold) < 3:
        return
    business = furnished.business
    home = Location.objects.get(is_default=True)
    receive_stock(actor, location_id=home.pk, lines=[StockLine(one.pk, PIECES * 4) for one in sold])
    worth = sum((one.price * PIECES for one in sold), Decimal(0))
    company = add_company(
        actor,
        draft=CompanyDraft(
            name="Tidewater Hotels",
            tax_number="TW 884 201",
            email="accounts@tidewater.example",
            line1="2 Harbour Row",
            city=business.city,
            postcode=business.postcode,
            country=business.country,
            terms_days=30,
            credit_limit=round_money(worth * Decimal("1.3"), business.currency),
            po_required=True,
            note="Three houses. Orders each season; ask for Ines Duarte.",
        ),
    )
    person = record_customer(actor, email=EMAIL, name="Ines Duarte")
    join_company(actor, company_id=company.pk, customer_id=person.pk)
    order = _order(actor, business, sold, "TW-3088", 1)
    parcel = fulfil_order(actor, order_id=order.pk, carrier="Pallet line")
    mark_delivered(actor, order_id=order.pk, fulfilment_id=parcel.pk)
    outbox.deliver_together(business.pk)
    paid = round_money(worth * Decimal("0.4"), business.currency)
    record_payment(actor, company_id=company.pk, amount=paid, way="bank", reference="TW-3088 first half")
    _order(actor, business, sold, "TW-3102", 2)


def _order(actor: Actor, business: Business, sold: list[Variant], number: str, times: int) -> Order:
    return place_order(
        actor,
        lines=[LineDraft(one.pk, PIECES * times) for one in sold],
        contact=Contact(email=EMAIL, name="Ines Duarte"),
        address=Address(
            name="Tidewater Hotels", line1="2 Harbour Row", city=business.city, postcode=business.postcode,
            country=business.country,
        ),
        channel="wholesale",
        po_number=number,
        on_account=True,
    )  # fmt: skip
