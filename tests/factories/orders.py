"""Orders and carts through the services, and money that arrives for them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.goods.catalog.models import Variant
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Cart, Checkout
from apps.selling.checkout.services import add_to_cart, quote_cart, submit_checkout
from apps.selling.orders.drafts import Address, Contact, LineDraft, ShippingDraft
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.services import fulfil_order, mark_delivered, place_order
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderFact
from apps.selling.payments.services import Owner, request_payment
from apps.selling.payments.services.facts import record_fact
from apps.selling.shipping.models import ShippingRate
from tests.factories.goods import make_variant

ADA = Contact(email="ada@example.com", name="Ada Obi", phone="+44 20 7946 0000")
QUAY = Address(name="Ada Obi", line1="1 Quay Street", city="Bristol", postcode="BS1 4DJ", country="GB")
FLAT = ShippingDraft("Standard", Decimal("3.00"))


def system_of(business: Business) -> Actor:
    """The product itself at work for `business`."""
    return Actor.system("test", business.pk)


def make_order(
    business: Business,
    *,
    lines: Sequence[tuple[Variant, int]] | None = None,
    paid: bool = False,
    shipping: ShippingDraft | None = FLAT,
    contact: Contact = ADA,
    address: Address = QUAY,
    **fields: Any,
) -> Order:
    """A placed order, 2 × 12.00 and delivery 3.00 unless said otherwise; with `paid` its money has arrived."""
    wanted = lines if lines is not None else [(make_variant(business, stock=10), 2)]
    order = place_order(
        system_of(business),
        lines=[LineDraft(variant.pk, quantity) for variant, quantity in wanted],
        contact=contact,
        address=address,
        shipping=shipping,
        **{"channel": "storefront", **fields},
    )
    return pay(order) if paid else order


def pay(order: Order, amount: Decimal | str | None = None, *, deliver_events: bool = True) -> Order:
    """Money for the order arrives at the payment company and, by the outbox, at the order."""
    capture(order, amount)
    if deliver_events:
        outbox.drain()
    return reread(order)


def capture(order: Order, amount: Decimal | str | None = None) -> Payment:
    """The company says that a payment for the order was captured; nobody has told the order yet."""
    amount = Decimal(amount) if amount is not None else order.total - order.paid_total
    system = Actor.system("test", order.business_id)
    payment = request_payment(
        system,
        owner=Owner("order", order.pk),
        reference=order.number,
        amount=amount,
        currency=order.currency,
        provider="sandbox",
        return_url="",
    )
    say_captured(payment)
    return payment


def say_captured(payment: Payment) -> None:
    """The company's word that money came for this payment."""
    reference = f"ses_{new_id().hex}"
    with tenancy.bind(payment.business_id):
        attempt = PaymentAttempt.objects.create(
            payment=payment, provider=payment.provider, provider_ref=reference, state="redirected"
        )
    fact = ProviderFact("captured", reference, str(attempt.pk), payment.amount, payment.currency, reference)
    record_fact(
        Actor.system("test", payment.business_id), provider=payment.provider, fact=fact, learned_from="test"
    )


def ship(order: Order, lines: Sequence[tuple[UUID, int]] | None = None, **fields: Any) -> Order:
    """A parcel leaves with the given pieces, or with all."""
    fulfil_order(Actor.system("test", order.business_id), order_id=order.pk, lines=lines, **fields)
    return reread(order)


def deliver(order: Order) -> Order:
    """All parcels arrive."""
    mark_delivered(Actor.system("test", order.business_id), order_id=order.pk)
    return reread(order)


def reread(order: Order) -> Order:
    """The order as the database has it now."""
    with tenancy.crossing("tests"):
        return Order.unscoped.select_related("business").get(pk=order.pk)


def lines_of(order: Order) -> list[OrderLine]:
    """The order's lines as the database has them now."""
    with tenancy.crossing("tests"):
        return list(OrderLine.unscoped.filter(order=order).order_by("position"))


def make_rate(
    business: Business, *, price: Decimal | str = "3.00", name: str = "Standard", **fields: Any
) -> ShippingRate:
    """A way of delivery to everywhere."""
    with tenancy.bind(business.pk):
        values: dict[str, Any] = {"delivery_days_min": 2, "delivery_days_max": 4, **fields}
        return ShippingRate.objects.create(name=name, price=Decimal(price), **values)


def make_cart(business: Business, items: Sequence[tuple[Variant, int]]) -> Cart:
    """A guest's cart with the given pieces."""
    guest, token = Actor.guest(business.pk), None
    for variant, quantity in items:
        cart = add_to_cart(guest, cart_token=token, variant_id=variant.pk, quantity=quantity)
        token = cart.cookie_value
    return cart


def submit(business: Business, cart: Cart, quote_id: UUID | None = None, **fields: Any) -> Checkout:
    """Quote the cart and submit it, as a guest."""
    guest = Actor.guest(business.pk)
    if quote_id is None:
        quote_id = quote_cart(guest, cart_id=cart.pk, address=QUAY).pk
    values: dict[str, Any] = {"contact": ADA, "address": QUAY, **fields}
    return submit_checkout(guest, cart_id=cart.pk, quote_id=quote_id, **values)


def orders_of(checkout: Checkout) -> list[Order]:
    """The orders of a checkout, of all sellers."""
    with tenancy.crossing("tests"):
        return list(Order.unscoped.filter(checkout_id=checkout.pk).order_by("id"))
