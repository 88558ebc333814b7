"""Sign-ins of people through programs; keys are a business's own."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, Kept, impersonal, personal

personal(
    "access.tokenfamily", "ip", "user_agent", "password_digest",
    title=_("Sign-ins through programs"),
    of={"user": lambda person: Q(user_id=person.id)},
    erasure=Deleted(),
    hidden=("password_digest", "current_jti"),
)  # fmt: skip
personal(
    "access.apikey", "revoked_because",
    title=_("Why keys ended"),
    erasure=Kept(_("Who did what is part of the business's record.")),
)  # fmt: skip
impersonal("access.tokenfamily", "revoked_because", because="a fixed sentence")
impersonal("access.apikey", "name", "permissions", "networks", "last_used_ip", because="a program")
impersonal("access.apikeysecret", "lookup", "digest", because="digests of a program's secret")
