"""An order's story: its entries, and how they are put into words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.money import format_money

from .models import Order, TimelineEntry

_SENTENCES: dict[str, Any] = {
    "placed": lazy("Order placed: %(amount)s."),
    "payment_received": lazy("Payment of %(amount)s received."),
    "payment_part": lazy("Payment of %(amount)s received; %(missing)s is still missing."),
    "payment_more": lazy("A further payment of %(amount)s came in, more than the order comes to."),
    "payment_late": lazy("Payment of %(amount)s came in after the order had ended. It goes back in full."),
    "payment_foreign": lazy("A payment of %(foreign)s is not in the currency of this order. It goes back."),
    "payment_failed": lazy("A payment did not go through: %(reason)s"),
    "confirmed": lazy("Order confirmed."),
    "cancelled": lazy("Order cancelled."),
    "cancelled_because": lazy("Order cancelled: %(reason)s"),
    "rest_cancelled": lazy("What had not been sent is cancelled."),
    "rest_cancelled_because": lazy("What had not been sent is cancelled: %(reason)s"),
    "expired": lazy("Not paid in time: the order has expired and its items are free again."),
    "rejected": lazy("The shop cannot take this order on."),
    "rejected_because": lazy("The shop cannot take this order on: %(reason)s"),
    "nudged": lazy("The buyer asks when the order will be taken on."),
    "retried": lazy("Tried again as order %(number)s."),
    "tagged": lazy("Tags: %(text)s"),
    "closed": lazy("Everything is delivered and settled."),
    "shipped": lazy("Parcel %(parcel)s is on its way: %(pieces)s pieces."),
    "shipped_by": lazy("Parcel %(parcel)s is on its way with %(carrier)s %(tracking)s: %(pieces)s pieces."),
    "delivered": lazy("Parcel %(parcel)s is delivered."),
    "handed_over": lazy("Where it was left: %(text)s"),
    "refunded": lazy("%(amount)s goes back to the buyer."),
    "refunded_because": lazy("%(amount)s goes back to the buyer: %(reason)s"),
    "excess_returned": lazy("%(amount)s that was paid too much goes back to the buyer."),
    "late_payment_returned": lazy("%(amount)s that came too late goes back to the buyer."),
    "refund_completed": lazy("The refund of %(amount)s has been paid out."),
    "refund_refused": lazy("The payment company refused to pay %(amount)s back: %(reason)s"),
    "goods_returned": lazy("%(pieces)s pieces came back and are in stock again."),
    "reallocated": lazy("Taken from %(place)s now: %(pieces)s pieces."),
    "reallocated_because": lazy("Taken from %(place)s now: %(pieces)s pieces. %(reason)s"),
    "amended": lazy("The order was changed (version %(version)s): it comes to %(amount)s now."),
    "amended_because": lazy(
        "The order was changed (version %(version)s): it comes to %(amount)s now. %(reason)s"
    ),
    "note": lazy("%(text)s"),
}


def entry(actor: Actor, order: Order, kind: str, *, is_public: bool = True, **data: Any) -> TimelineEntry:
    """An entry that is still to be written. Amounts are kept as text with the order's currency."""
    if kind not in _SENTENCES:
        raise LookupError(f"No sentence for {kind}.")
    facts = {name: str(value) if isinstance(value, Decimal) else value for name, value in data.items()}
    return TimelineEntry(
        business_id=order.business_id,
        order=order,
        at=clock.now(),
        kind=kind,
        data=facts,
        actor_label=actor.label[:200],
        is_public=is_public,
    )


def sentence(written: TimelineEntry, *, currency: str, locale: str = "en") -> str:
    """The entry in words, in the language that is active. `currency` is the order's."""
    facts = dict(written.data)
    for name in ("amount", "missing"):
        if name in facts:
            facts[name] = format_money(Decimal(facts[name]), currency, locale)
    return _collapse(str(_SENTENCES.get(written.kind, written.kind)) % facts)


def with_reason(kind: str, reason: str) -> str:
    """The kind whose sentence names the reason, when there is one."""
    return f"{kind}_because" if reason else kind


def _collapse(text: str) -> str:
    return " ".join(text.split()).replace(" :", ":")
