"""An order's story: its entries, and how they are put into words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext_lazy as plural

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.money import format_money

from .models import Order, TimelineEntry
from .tenders import way_words

_SENTENCES: dict[str, Any] = {
    "placed": lazy("Order placed: %(amount)s."),
    "payment_received": lazy("Payment of %(amount)s received."),
    "payment_reserved": lazy("%(amount)s is reserved; it is taken when the goods are sent."),
    "payment_released": lazy("The reserved %(amount)s is free again; nothing was charged."),
    "credit_spent": lazy("%(amount)s paid by %(by)s."),
    # Written before a refund named its parts itself.
    "credit_refunded": lazy("%(amount)s goes back as %(by)s."),
    "gift_cards_sent": lazy("Gift cards made and sent: %(pieces)s."),
    "payment_part": lazy("Payment of %(amount)s received; %(missing)s is still missing."),
    "payment_more": lazy("A further payment of %(amount)s came in, more than the order comes to."),
    "payment_late": lazy("Payment of %(amount)s came in after the order had ended. It goes back in full."),
    "payment_foreign": lazy("A payment of %(foreign)s is not in the currency of this order. It goes back."),
    "payment_failed": lazy("A payment did not go through: %(reason)s"),
    "confirmed": lazy("Order confirmed."),
    "over_limit": lazy("Needs approval: over the company's limit by %(amount)s."),
    "approved": lazy("Approved over the company's limit by %(amount)s."),
    "charged": lazy("%(amount)s goes on the company's account."),
    "account_settled": lazy("Everything on account is paid."),
    "account_reopened": lazy("A payment was taken back: %(amount)s is owed again."),
    "cancelled": lazy("Order cancelled."),
    "cancelled_because": lazy("Order cancelled: %(reason)s"),
    "rest_cancelled": lazy("What had not been sent is cancelled."),
    "rest_cancelled_because": lazy("What had not been sent is cancelled: %(reason)s"),
    "payment_reminded": lazy("The buyer was reminded to pay."),
    "expired": lazy("Not paid in time: the order has expired and its items are free again."),
    "rejected": lazy("The shop cannot take this order on."),
    "rejected_because": lazy("The shop cannot take this order on: %(reason)s"),
    "nudged": lazy("The buyer asks when the order will be taken on."),
    "change_asked": lazy("The buyer asks for a change: %(text)s"),
    "answered": lazy("The shop answers: %(text)s"),
    "retried": lazy("Tried again as order %(number)s."),
    "tagged": lazy("Tags: %(text)s"),
    "closed": lazy("Everything is delivered and settled."),
    "shipped": plural(
        "Parcel %(parcel)s is on its way: %(pieces)s piece.",
        "Parcel %(parcel)s is on its way: %(pieces)s pieces.",
        "pieces",
    ),
    "shipped_by": plural(
        "Parcel %(parcel)s is on its way with %(carrier)s %(tracking)s: %(pieces)s piece.",
        "Parcel %(parcel)s is on its way with %(carrier)s %(tracking)s: %(pieces)s pieces.",
        "pieces",
    ),
    "held": lazy("Held back for now."),
    "held_because": lazy("Held back for now: %(reason)s"),
    "released": lazy("Released: it can be packed and sent."),
    "packed": lazy("Packed and ready to send."),
    "unpacked": lazy("Unpacked again."),
    "label_bought": lazy("Parcel %(parcel)s travels with %(carrier)s: %(tracking)s."),
    "label_taken_back": lazy("The label %(tracking)s of parcel %(parcel)s was taken back."),
    "parcel_moved": lazy("Parcel %(parcel)s: %(text)s"),
    "parcel_trouble": lazy("Parcel %(parcel)s could not be delivered: %(text)s"),
    "goods_arrived": lazy("What was waited for is here: %(items)s."),
    "delivered": lazy("Parcel %(parcel)s is delivered."),
    "handed_over": lazy("Where it was left: %(text)s"),
    "refunded": lazy("%(amount)s goes back to the buyer."),
    "refunded_because": lazy("%(amount)s goes back to the buyer: %(reason)s"),
    "excess_returned": lazy("%(amount)s that was paid too much goes back to the buyer."),
    "late_payment_returned": lazy("%(amount)s that came too late goes back to the buyer."),
    "refund_completed": lazy("The refund of %(amount)s has been paid out."),
    "refund_refused": lazy("The payment company refused to pay %(amount)s back: %(reason)s"),
    "disputed_needs_response": lazy("The buyer disputes %(amount)s at the payment company: %(reason)s"),
    "disputed_under_review": lazy("The payment company looks into the dispute about %(amount)s: %(reason)s"),
    "disputed_won": lazy("The dispute about %(amount)s is won."),
    "disputed_lost": lazy("The dispute about %(amount)s is lost: the payment company took it back."),
    "goods_returned": plural(
        "%(pieces)s piece came back and is in stock again.",
        "%(pieces)s pieces came back and are in stock again.",
        "pieces",
    ),
    "return_requested": plural(
        "Return %(number)s asked for: %(pieces)s piece.",
        "Return %(number)s asked for: %(pieces)s pieces.",
        "pieces",
    ),
    "return_approved": lazy("Return %(number)s approved."),
    "return_refused": lazy("Return %(number)s refused."),
    "return_refused_because": lazy("Return %(number)s refused: %(reason)s"),
    "return_withdrawn": lazy("Return %(number)s withdrawn."),
    "return_arrived": plural(
        "Return %(number)s: %(pieces)s piece arrived.",
        "Return %(number)s: %(pieces)s pieces arrived.",
        "pieces",
    ),
    "return_over": lazy("Return %(number)s is settled."),
    "exchange_placed": lazy("Exchange: order %(number)s was placed for it."),
    "exchange_of": lazy("In exchange for goods of order %(number)s."),
    "exchange_failed": lazy("The exchange could not be placed, the credit stays with the buyer: %(reason)s"),
    "reallocated": plural(
        "Taken from %(place)s now: %(pieces)s piece.",
        "Taken from %(place)s now: %(pieces)s pieces.",
        "pieces",
    ),
    "reallocated_because": plural(
        "Taken from %(place)s now: %(pieces)s piece. %(reason)s",
        "Taken from %(place)s now: %(pieces)s pieces. %(reason)s",
        "pieces",
    ),
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
    words = _collapse(str(_SENTENCES.get(written.kind, written.kind) % facts))
    if not facts.get("ways"):
        return words
    # A reason is typed without a full stop more often than with one.
    end = "" if words.endswith((".", "!", "?")) else "."
    return f"{words}{end} {_ways(facts['ways'], currency, locale)}"


def _ways(ways: list[list[str]], currency: str, locale: str) -> str:
    """A refund's parts in words: `Of it £5.00: Gift card ···· 1234; £7.00: the way it was paid.`"""
    if len(ways) == 1:
        return _("It is on %(by)s.") % {"by": way_words(*ways[0][:2])}
    said = [
        f"{format_money(Decimal(amount), currency, locale)}: {way_words(tender, code)}"
        for tender, code, amount in ways
    ]
    return _("Of it %(parts)s.") % {"parts": "; ".join(said)}


def with_reason(kind: str, reason: str) -> str:
    """The kind whose sentence names the reason, when there is one."""
    return f"{kind}_because" if reason else kind


def _collapse(text: str) -> str:
    return " ".join(text.split()).replace(" :", ":")
