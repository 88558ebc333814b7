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
from .events import PaymentRefundFailed
from .models import Refund

REFUND_FAILED = declare_kind(
    "refund_failed", gettext_lazy("A refund was refused"), permission=policies.READ, icon="money_off"
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
