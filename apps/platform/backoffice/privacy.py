"""Views that members keep of lists."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, Person, personal


def _hers(person: Person) -> Q:
    return Q(user_id=person.id)


personal(
    "backoffice.savedview", "list", "name", "query",
    title=_("Saved views of lists"), of={"user": _hers}, erasure=Deleted(),
)  # fmt: skip
