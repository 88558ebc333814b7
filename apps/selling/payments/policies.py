"""Who may do what with payments."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import declare

from .models import Discrepancy, Refund, WebhookReceipt
from .providers import get_provider
from .states import PENDING_REFUNDS, RefundState

READ = declare("payments.read", _("See payments"))
REFUND = declare("payments.refund", _("Send a failed refund again"))
PAY_OUT = declare("payments.pay_out", _("Record refunds paid out in cash or by transfer"))
RECONCILE = declare("payments.reconcile", _("Settle unreconciled money"), whole_business=True)
MANAGE = declare("payments.manage", _("Change payment methods and their secrets"), whole_business=True)


def can_retry_refund(actor: Actor, refund: Refund) -> bool:
    """Only a refund the company has refused may be sent again; one without an answer is still on its way."""
    return actor.may(REFUND) and refund.state == RefundState.FAILED


def can_pay_out(actor: Actor, refund: Refund) -> bool:
    """Only what no company pays, and has not been paid, is paid out by people."""
    return (
        actor.may(PAY_OUT)
        and refund.state in PENDING_REFUNDS
        and get_provider(refund.payment.provider).is_manual
    )


def can_replay(actor: Actor, receipt: WebhookReceipt) -> bool:
    """Messages that came before their words were kept cannot be applied again."""
    return actor.may(RECONCILE) and bool(receipt.fact)


def can_resolve(actor: Actor, discrepancy: Discrepancy) -> bool:
    """What is settled stays settled."""
    return actor.may(RECONCILE) and discrepancy.resolved_at is None
