"""The end of an account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User

CLOSED_DOMAIN = "closed.invalid"


@use_case(audits="accounts.closed")
def empty_account(actor: Actor, *, user_id: UUID) -> bool:
    """Take everything out of an account that tells whose it was; nobody can sign in with it. Repeating changes nothing.

    The row stays: what the person did names it by its id.
    """
    user = lock_one(Rank.ROOT, User.objects.filter(pk=user_id))
    if user.email.endswith(f"@{CLOSED_DOMAIN}"):
        return False
    picture = user.avatar.name
    user.email, user.display_name, user.avatar = f"{user.pk}@{CLOSED_DOMAIN}", "", ""
    user.status, user.time_zone, user.is_platform_admin = User.Status.INACTIVE, "", False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    if picture:
        # The account is closed whether or not its picture's storage answers just now.
        transaction.on_commit(lambda: _storage_of(picture).delete(picture), robust=True)
    audit.record(actor, "accounts.closed", user)
    return True


def _storage_of(picture: str) -> Any:
    # Pictures of people are kept privately; those of former times lie among the public files.
    return storages["files"] if picture.startswith("people/") else User._meta.get_field("avatar").storage
