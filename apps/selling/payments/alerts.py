"""What members are told about money that did not move."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.kernel.money import format_money
from apps.platform.alerts.kinds import declare_kind
from apps.platform.alerts.services import notify_members

from . import policies
from .events import DisputeChanged, PaymentRefundFailed, ReservationEnding
from .models import Payment, Refund
from .states import DisputeState

REFUND_FAILED = declare_kind(
    "refund_failed", gettext_lazy("A refund was refused"), permission=policies.READ, icon="money_off"
)


RESERVATION_ENDING = declare_kind(
    "reservation_ending",
    gettext_lazy("Reserved money will soon be free again"),
    permission=policies.READ,
    icon="schedule",
)


DISPUTED = declare_kind(
    "payment_disputed", gettext_lazy("A payment is disputed"), permission=policies.READ, icon="gavel"
)
_DISPUTE_WORDS = {
    DisputeState.NEEDS_RESPONSE: gettext_lazy("%(amount)s of %(what)s is disputed: answer the company"),
    DisputeState.UNDER_REVIEW: gettext_lazy("%(amount)s of %(what)s is disputed: the company looks into it"),
    DisputeState.WON: gettext_lazy("The dispute about %(amount)s of %(what)s is won"),
    DisputeState.LOST: gettext_lazy("The dispute about %(amount)s of %(what)s is lost"),
}


@subscribe(DisputeChanged, name="payments.alert_disputed")
def on_disputed(event: DisputeChanged, envelope: Envelope) -> None:
    """Tell who sees the payment, of each state once: an answer that is late is a dispute lost."""
    text = event.reason
    if event.state == DisputeState.NEEDS_RESPONSE and event.answer_by:
        until = _("Answer until %(day)s.") % {"day": f"{event.answer_by:%d.%m.%Y %H:%M} UTC"}
        text = f"{text}. {until}" if text else until
    notify_members(
        Actor.system("payments", event.business_id, envelope.request_id),
        kind=DISPUTED,
        title=str(_DISPUTE_WORDS[DisputeState(event.state)])
        % {"amount": format_money(event.amount, event.currency, "en"), "what": event.reference},
        text=text,
        link=f"/admin/payments/payment/{event.payment_id}/",
        dedupe_key=f"disputed:{event.dispute_id}:{event.state}",
        about=Payment.objects.filter(pk=event.payment_id).first(),
        happened_at=envelope.occurred_at,
    )


@subscribe(ReservationEnding, name="payments.alert_reservation_ending")
def on_reservation_ending(event: ReservationEnding, envelope: Envelope) -> None:
    """Tell who sees the payment: whoever sends the goods later gets no money for them."""
    amount = format_money(event.amount, event.currency, "en")
    notify_members(
        Actor.system("payments", event.business_id, envelope.request_id),
        kind=RESERVATION_ENDING,
        title=_("%(amount)s for %(what)s is reserved until %(day)s only")
        % {"amount": amount, "what": event.reference, "day": f"{event.lapses_at:%d.%m.%Y}"},
        text=_("Send the goods or take the money before."),
        link=f"/admin/payments/payment/{event.payment_id}/",
        dedupe_key=f"reservation-ending:{envelope.id}",
        about=Payment.objects.filter(pk=event.payment_id).first(),
        happened_at=envelope.occurred_at,
    )


@subscribe(PaymentRefundFailed, name="payments.alert_refund_failed")
def on_refund_failed(event: PaymentRefundFailed, envelope: Envelope) -> None:
    """Tell who sees the refund: the buyer waits for the money until somebody sends it again."""
    amount = format_money(event.amount, event.currency, "en")
    notify_members(
        Actor.system("payments", event.business_id, envelope.request_id),
        kind=REFUND_FAILED,
        title=_("A refund of %(amount)s was refused") % {"amount": amount},
        text=event.reason,
        link=f"/admin/payments/refund/{event.refund_id}/",
        dedupe_key=f"refund-failed:{envelope.id}",
        about=Refund.objects.filter(pk=event.refund_id).first(),
        happened_at=envelope.occurred_at,
    )
