"""Who holds a card: the name and address it was sent to; the ledger of it stays as the law asks."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Anonymised, Kept, impersonal, personal

personal(
    "credit.creditaccount", "recipient_name", "recipient_email", "blocked_because",
    title=_("Gift cards and store credit"),
    of={"customer": lambda person: Q(customer_id=person.id) | Q(recipient_email__in=person.emails)},
    erasure=Anonymised({"recipient_name": "", "recipient_email": "", "blocked_because": ""}),
)  # fmt: skip
personal(
    "credit.creditentry", "reason", "actor_label",
    title=_("What happened to gift cards and store credit"),
    of={"customer": lambda person: Q(account__customer_id=person.id)},
    erasure=Kept(_("Tax law asks for the records of money that came and went."), years=10),
)  # fmt: skip
impersonal(
    "credit.creditaccount", "kind", "currency", "code_digest", "last4", because="a card, not who holds it"
)
impersonal("credit.creditentry", "kind", "owner_type", "reference", because="names what it was spent on")
impersonal("credit.creditchoice", "owner_type", because="what a cart is to be paid with")
