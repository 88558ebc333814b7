"""One payment as a tale, newest first."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.detail import Step
from apps.selling.payments.models import Payment
from apps.selling.payments.states import AttemptState, RefundState


def payment_timeline(payment: Payment) -> list[Step]:
    """Everything that happened to a payment."""
    steps = [
        Step(
            payment.created_at,
            _("%(amount)s was asked for.") % {"amount": format_amount(payment.amount, payment.currency)},
        )
    ]
    steps += _attempts(payment) + _captures(payment) + _refunds(payment) + _receipts(payment)
    for moment, text in (
        (payment.cancelled_at, _("It was cancelled.")),
        (payment.expired_at, _("The time to pay was over.")),
    ):
        if moment:
            steps.append(Step(moment, text, tone="warn"))
    steps += [
        Step(found.created_at, _("Does not fit: %(what)s.") % {"what": found.get_kind_display()}, tone="bad")
        for found in payment.discrepancies.all()
    ]
    steps += [
        Step(
            dispute.said_at,
            _("Dispute %(ref)s: %(state)s.")
            % {"ref": dispute.provider_ref, "state": dispute.get_state_display()},
            tone="good" if dispute.state == dispute.State.WON else "bad",
        )
        for dispute in payment.disputes.all()
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def _attempts(payment: Payment) -> list[Step]:
    steps = []
    for attempt in payment.attempts.all():
        steps.append(Step(attempt.created_at, _("The payer was sent to the payment page.")))
        if attempt.state == AttemptState.FAILED:
            text = _("The attempt failed. %(why)s") % {"why": attempt.error}
            steps.append(Step(attempt.updated_at, text.strip(), tone="bad"))
        elif attempt.state == AttemptState.UNKNOWN:
            steps.append(Step(attempt.updated_at, _("The company did not answer."), tone="warn"))
    return steps


def _captures(payment: Payment) -> list[Step]:
    how = {"webhook": _("The company sent a message."), "asked": _("We found out by asking.")}
    return [
        Step(
            capture.captured_at,
            _("%(amount)s came in. %(how)s")
            % {
                "amount": format_amount(capture.amount, payment.currency),
                "how": how.get(capture.learned_from, ""),
            },
            tone="good",
        )
        for capture in payment.captures.all()
    ]


def _refunds(payment: Payment) -> list[Step]:
    steps = []
    for refund in payment.refunds.all():
        amount = {"amount": format_amount(refund.amount, payment.currency), "why": refund.error}
        steps.append(
            Step(refund.created_at, _("A refund of %(amount)s was requested.") % amount, refund.requested_by)
        )
        if refund.settled_at and refund.state == RefundState.SUCCEEDED:
            steps.append(Step(refund.settled_at, _("%(amount)s went back.") % amount, tone="good"))
        elif refund.settled_at:
            text = _("The refund of %(amount)s was refused. %(why)s") % amount
            steps.append(Step(refund.settled_at, text.strip(), tone="bad"))
    return steps


def _receipts(payment: Payment) -> list[Step]:
    """Only messages that came again: what they changed is told above."""
    return [
        Step(
            receipt.updated_at,
            ngettext(
                "The message %(kind)s came %(times)s time and counted once.",
                "The message %(kind)s came %(times)s times and counted once.",
                receipt.times_received,
            )
            % {"kind": receipt.kind, "times": receipt.times_received},
            tone="info",
        )
        for receipt in payment.receipts.all()[:50]
        if receipt.times_received > 1
    ]
