"""Disputes as a table: on the payment, on what it paid for, and among what payment operations look after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.platform.backoffice.columns import format_amount, format_moment, format_state
from apps.platform.backoffice.detail import Section
from apps.selling.payments.models import Dispute
from apps.selling.payments.providers import find_provider


def disputes_section(disputes: Iterable[Dispute], *, links: bool = False, url: str = "") -> Section:
    """State, reason, deadline and amounts of each; answers are given at the company. `links` lead to the payments."""
    return Section(
        gettext_lazy("Disputes"),
        columns=[
            _("Begun"),
            _("State"),
            _("Reason"),
            _("Answer until"),
            _("Disputed"),
            _("Taken, fee included"),
        ],
        rows=[_row(dispute, links) for dispute in disputes],
        align={4: "end", 5: "end"},
        url=url,
        empty=_("Nobody disputes a payment."),
    )


def _row(dispute: Dispute, links: bool) -> list[Any]:
    currency = dispute.payment.currency
    begun: Any = format_moment(dispute.opened_at)
    if links:
        url = reverse("admin:payments_payment_change", args=[dispute.payment_id])
        begun = format_html('{}<br><a href="{}">{}</a>', begun, url, dispute.payment.reference)
    company = find_provider(dispute.provider)
    words = format_html(
        "{}<br><span class='mdk-soft'>{} {}</span>",
        dispute.reason,
        company.name if company else dispute.provider,
        dispute.provider_ref,
    )
    return [
        begun,
        format_state(dispute.state, dispute.get_state_display()),
        words,
        format_moment(dispute.answer_by) if dispute.is_open else "",
        format_amount(dispute.amount, currency),
        format_amount(dispute.taken + dispute.fee, currency) if dispute.state == Dispute.State.LOST else "",
    ]
