"""What companies owe: no person's, but for what was sent to whom."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, impersonal, personal

impersonal("receivables.receivable", "currency", because="a currency")
impersonal("receivables.cadence", "days", because="numbers of days")
impersonal(
    "receivables.settlement", "currency", "kind", "way", "reference", "reason",
    because="what a company's bank and the books say of its payment",
)  # fmt: skip
personal(
    "receivables.reminder", "sent_to",
    title=_("Reminders of invoices"),
    of={"customer": lambda person: Q(sent_to__in=person.emails)},
    erasure=Deleted(),
)  # fmt: skip
