"""Every write about flags. Only who runs the platform switches them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, trace
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case

from .models import Choice, Rollout
from .registry import get_flag


@use_case(audits="flag.rolled_out")
def set_rollout(actor: Actor, *, admin: Any, name: str, percent: int) -> None:
    """Switch a flag on for `percent` in a hundred businesses (0: nobody, 100: all) without a choice of their own.

    The entry stands in the platform's audit chain. Raises `PermissionRefused`, `UnknownFlag`, `InvalidInput`.
    """
    _require_admin(admin)
    flag = get_flag(name)
    if not 0 <= percent <= 100:
        raise InvalidInput(fields={"percent": [_("From 0 to 100.")]})
    # A first decision changes what the code said, and the trail must show from what.
    start = 100 if flag.is_on_by_default else 0
    Rollout.objects.bulk_create([Rollout(name=name, percent=start)], ignore_conflicts=True)
    (row,) = lock(Rank.ROOT, Rollout.objects.filter(name=name))
    before = row.percent
    row.percent = percent
    row.save(update_fields=["percent", "updated_at"])
    audit.record(actor, "flag.rolled_out", row, before={"percent": before}, after={"percent": percent})
    _forget()


@use_case(audits="flag.chosen")
def choose_for_business(actor: Actor, *, admin: Any, name: str, is_on: bool | None) -> None:
    """Decide a flag for the actor's business, or with None leave it to the rollout again.

    The entry stands in the business's own audit chain. Raises `PermissionRefused`, `UnknownFlag`.
    """
    _require_admin(admin)
    get_flag(name)
    rows = lock(Rank.ROOT, Choice.objects.filter(name=name))
    before = rows[0].is_on if rows else None
    if is_on is None:
        Choice.objects.filter(name=name).delete()
    else:
        Choice.objects.bulk_create(
            [Choice(name=name, is_on=is_on)],
            update_conflicts=True,
            unique_fields=["business", "name"],
            update_fields=["is_on", "updated_at"],
        )
    audit.record(actor, "flag.chosen", before={name: before}, after={name: is_on})
    _forget()


def _require_admin(admin: Any) -> None:
    if not (getattr(admin, "is_platform_admin", False) and admin.is_active):
        raise PermissionRefused(_("Only who runs the platform may do this."))


def _forget() -> None:
    """Whoever asks again in the same request sees what was decided."""
    going_on = trace.current()
    if going_on is not None:
        going_on.known.clear()
