"""What orders say of those who placed them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import (
    Anonymised,
    Kept,
    Person,
    hindrance,
    impersonal,
    personal,
    phones_of,
    records_of,
)

from .models import Order
from .states import CAME_TO_NOTHING, OrderState

# What people said, in their own words.
SAID = ("note", "handed_over", "change_asked", "answered")
_CONTACT = (
    "email",
    "phone",
    "ship_name",
    "ship_line1",
    "ship_line2",
    "ship_city",
    "ship_region",
    "ship_postcode",
    "note",
)
personal(
    "orders.order",
    *_CONTACT,
    title=_("Orders"),
    of={"customer": lambda person: Q(customer_id=person.id)},
    erasure=Anonymised(dict.fromkeys(_CONTACT, "")),
    hidden=("public_token",),
)


@phones_of("customer")
def numbers(person: Person) -> Iterator[str]:
    """What was typed at the checkout, which may differ from order to order."""
    yield from Order.objects.filter(customer_id=person.id).exclude(phone="").values_list("phone", flat=True)


impersonal("orders.order", "tags", because="words that sort orders")
impersonal("orders.order", "po_number", because="a number that a company gave its own order")
personal(
    "orders.orderversion", "actor_label", "reason",
    title=_("Who changed orders, and why"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
impersonal("orders.orderversion", "snapshot", "changes", because="goods and amounts")
impersonal("orders.order", "number", "shipping_name", because="names the order or the way it is sent")
impersonal(
    "orders.order",
    "currency",
    "language",
    "ship_country",
    because="a country, a language: tax needs the country",
)
impersonal("orders.order", "attribution", because="the campaign that was followed")
impersonal("orders.order", "promotions", because="what took something off")
impersonal("orders.order", "public_token", because="a secret; what it opens is emptied")
personal(
    "orders.order", "tax_note",
    title=_("Why an order was free of tax"),
    of={"customer": lambda person: Q(customer_id=person.id)},
    erasure=Kept(_("Tax law asks for it with the invoice."), years=10),
    hidden=("public_token",),
)  # fmt: skip
impersonal("orders.order", "shipping_tax_parts", because="names and amounts of taxes")
impersonal(
    "orders.orderline",
    "product_title",
    "variant_title",
    "sku",
    "pack_name",
    "tax_parts",
    "hsn",
    because="goods",
)
personal(
    "orders.fulfilment", "tracking_number", "tracking_url",
    title=_("Parcels"),
    of={"customer": lambda person: Q(order__customer_id=person.id)},
    erasure=Anonymised({"tracking_number": "", "tracking_url": ""}),
)  # fmt: skip
impersonal("orders.fulfilment", "carrier", because="the company that carries")
impersonal("orders.latersale", "kind", because="how goods are sold")
impersonal("orders.waitingline", "kind", because="how goods are sold")
impersonal("orders.orderpayment", "provider", because="the company that was paid through")
personal(
    "orders.orderpayment", "reference",
    title=_("Money taken by hand"),
    of={"customer": lambda person: Q(order__customer_id=person.id)},
    erasure=Kept(_("Tax law asks for the records of money that came and went."), years=10),
)  # fmt: skip
personal(
    "orders.orderrefund", "reason",
    title=_("Refunds"),
    of={"customer": lambda person: Q(order__customer_id=person.id)},
    erasure=Kept(_("The books must say why money went back."), years=10),
)  # fmt: skip
impersonal("orders.orderrefund", "parts", because="amounts")
personal(
    "orders.timelineentry", "data",
    title=_("Notes at orders"),
    of={"customer": lambda person: Q(order__customer_id=person.id, kind__in=SAID)},
    erasure=Anonymised({"data": {"text": "–"}}),
)  # fmt: skip
personal(
    "orders.timelineentry", "actor_label",
    title=_("Who moved orders"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
impersonal("orders.timelineentry", "kind", because="the kind of step")

_OVER = (OrderState.CLOSED, *CAME_TO_NOTHING)


@records_of("customer")
def orders(person: Person) -> Iterator[tuple[str, UUID]]:
    """Her orders: files and comments can be attached to them."""
    for order_id in Order.objects.filter(customer_id=person.id).values_list("pk", flat=True):
        yield "orders.order", order_id


@hindrance("customer")
def open_orders(person: Person) -> list[str]:
    """An open order must be sent or cancelled first: somebody still has to know where to."""
    waiting = Order.objects.filter(customer_id=person.id).exclude(state__in=_OVER).order_by("number")
    return [_now("Order %(number)s is still open.") % {"number": order.number} for order in waiting]
