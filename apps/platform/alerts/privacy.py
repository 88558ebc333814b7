"""What members are told, and what they want to be told."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, Person, impersonal, personal


def _hers(person: Person) -> Q:
    return Q(user_id=person.id)


personal(
    "alerts.alert", "title", "text", "link", "dedupe_key",
    title=_("Alerts"), of={"user": _hers}, erasure=Deleted(), hidden=("dedupe_key",),
)  # fmt: skip
impersonal("alerts.alert", "kind", because="which kind of news")
personal("alerts.preference", "kind", title=_("What is told of"), of={"user": _hers}, erasure=Deleted())
