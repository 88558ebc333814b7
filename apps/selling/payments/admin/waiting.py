"""What payments have to say on the Today page and to Ctrl-K."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import search, today
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.verbs import verb_url
from apps.selling.payments import policies, selectors
from apps.selling.payments.models import Payment

_MOST = 5


@today.register_waiting(permission=policies.REFUND, order=20)
def refused_refunds(actor: Actor) -> list[today.Waiting]:
    """Refunds that a company refused."""
    return [
        today.Waiting(
            text=_("The refund of %(amount)s for %(reference)s was refused:")
            % {
                "amount": format_amount(refund.amount, refund.payment.currency),
                "reference": refund.payment.reference,
            },
            verb=_("Send again"),
            url=verb_url(refund, "retry"),
            tone="bad",
        )
        for refund in selectors.list_failed_refunds()[:_MOST]
    ]


@today.register_waiting(permission=policies.RECONCILE, order=30)
def strange_money(actor: Actor) -> list[today.Waiting]:
    """Money that does not fit."""
    return [
        today.Waiting(
            text=_("%(what)s (%(ref)s):")
            % {
                "what": found.get_kind_display(),
                "ref": found.payment.reference if found.payment else found.provider_ref,
            },
            verb=_("Settle"),
            url=verb_url(found, "settle"),
            tone="warn",
        )
        for found in selectors.list_open_discrepancies()[:_MOST]
    ]


@today.register_check(permission=policies.READ)
def reconciled(actor: Actor) -> list[today.Check]:
    """Whether every payment fits."""
    waiting = selectors.count_unreconciled(most=100)
    url = reverse("admin:payments_discrepancy_changelist")
    if not waiting:
        return [today.Check(text=_("All payments are reconciled."), is_right=True, url=url)]
    shown = "99+" if waiting > 99 else waiting
    text = _("Payments that are not reconciled: %(count)s.") % {"count": shown}
    return [today.Check(text=text, is_right=False, url=url)]


@search.register(permission=policies.READ)
def find_payments(actor: Actor, term: str) -> list[search.Hit]:
    """By reference."""
    return [
        search.Hit(
            title=_("Payment for %(reference)s") % {"reference": payment.reference},
            description=format_amount(payment.amount, payment.currency),
            url=reverse("admin:payments_payment_change", args=[payment.pk]),
            icon="payments",
        )
        for payment in Payment.objects.filter(reference__istartswith=term)[: search.MOST_PER_SOURCE]
    ]
