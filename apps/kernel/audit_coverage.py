"""What must never happen without an audit entry: the sensitive subjects and the actions that enter them.

Each service names its own entries at `@use_case(audits=...)`; tests/kernel/test_audit_coverage.py holds every service
to that, every action below to a service, and every action that sounds like one of these subjects to this list. The
timeline offers the subjects as a filter. A privacy or money action that is missing here is a finding of an audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of sensitive action: its name for people, and the actions, whole or as `resource.*`."""

    label: Any
    actions: tuple[str, ...]


SENSITIVE: dict[str, Subject] = {
    "prices": Subject(
        _("Prices"),
        (
            "products.variant_added",
            "products.variant_changed",
            "shipping.rate_*",
            "orders.placed",
            "pricing.*",
            "promotions.*",
        ),
    ),
    "products": Subject(_("Products"), ("products.*", "imports.*", "media.*", "garments.*", "fields.*")),
    "inventory": Subject(_("Stock"), ("stock.*",)),
    "purchasing": Subject(_("Purchasing"), ("suppliers.*", "purchasing.*")),
    "orders": Subject(_("Orders"), ("orders.*", "quotes.*", "checkout.*")),
    "refunds": Subject(
        _("Refunds"),
        ("orders.refunded", "payments.refund_*", "payments.refunded", "approvals.given", "returns.*"),
    ),
    "payments": Subject(_("Payments"), ("payments.*", "credit.*", "payouts.*", "receivables.*")),
    "books": Subject(_("Books and documents"), ("ledger.*", "documents.*")),
    "rights": Subject(_("Roles and people"), ("roles.*", "team.*", "platform.*", "flag.*", "approvals.*")),
    "settings": Subject(_("Settings"), ("business.*", "identity.*", "locations.*", "shipping.*")),
    "keys": Subject(_("Secrets and API keys"), ("vault.*", "keys.*", "access.*")),
    "sign_in": Subject(_("Sign-ins"), ("accounts.*", "access.*")),
    "impersonation": Subject(_("Seeing as somebody else"), ("impersonation.*",)),
    "customers": Subject(_("Customers and privacy"), ("customers.*", "privacy.*", "notifications.*")),
    "exports": Subject(_("Exports"), ("audit.exported", "privacy.exported")),
    "records": Subject(_("The trail itself"), ("audit.*",)),
}
