"""Web addresses: what one may look like, and what something was called before."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import FormerAddress
from apps.goods.catalog.text import ADDRESS, address_of, clean_text
from apps.kernel.errors import Conflict, InvalidInput


def checked_slug(slug: str) -> str:
    """`slug` when it may be an address; raises `InvalidInput`."""
    text = clean_text(slug, "slug", 255)
    if not ADDRESS.fullmatch(text):
        raise InvalidInput(fields={"slug": [_("Use small letters, digits and hyphens only.")]})
    return text


def free_address(name: str, fallback: str, taken: set[str]) -> str:
    """The address for a name: its own, or with the next number that is not in `taken`."""
    base = address_of(name, fallback)[:130]
    if base not in taken:
        return base
    return next(f"{base}-{n}" for n in range(2, len(taken) + 3) if f"{base}-{n}" not in taken)


def address_taken(slug: str) -> Conflict:
    """The refusal of an address that something else of the same kind has."""
    message = _("The address “%(slug)s” is taken.") % {"slug": slug}
    return Conflict(message, code="slug_taken", fields={"slug": [message]})


def remember_address(kind: FormerAddress.Kind, target_id: UUID, old: str, new: str) -> None:
    """From now on `old` leads to what has the address `new`. For services, inside their use case."""
    FormerAddress.objects.filter(kind=kind, slug=new).delete()
    FormerAddress.objects.update_or_create(kind=kind, slug=old, defaults={"target_id": target_id})


def forget_addresses(kind: FormerAddress.Kind, target_id: UUID) -> None:
    """What is deleted leaves no link behind."""
    FormerAddress.objects.filter(kind=kind, target_id=target_id).delete()
