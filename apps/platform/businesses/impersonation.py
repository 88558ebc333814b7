"""A platform administrator works as a member for a while: seen by everybody, limited, never for money or rights.

The administrator stays who is signed in; only the actor of back-office requests is the member's, with both names.
All of it stands in the administrator's session; a page costs one more query, for the member's name.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Membership
from apps.platform.businesses.selectors import Identity, find_identity
from apps.platform.businesses.services.impersonating import note_impersonation_end

SESSION_KEY = "impersonation"
CHOICES_MINUTES = (15, 30, 60)
# Money that leaves, rights, keys and secrets: nobody does these in another's name. A test reads the whole register.
FORBIDDEN = (
    "keys.*",
    "*.refund*",
    "*.pay*out*",
    "*.pay",
    "payments.*",
    "ledger.*",
    "team.*",
    "roles.*",
    "business.*",
    "api_keys.*",
    "keys.*",
    "vault.*",
    "secrets.*",
    "audit.export",
    "privacy.*",
    "platform.*",
    "banking.*",
    "*.erase*",
    "*.export*",
    "payables.*",
    "payouts.*",
)


@dataclass(frozen=True, slots=True)
class Worn:
    """Whose place is taken, by whom, until when."""

    admin_id: UUID
    admin_name: str
    membership_id: UUID
    user_id: UUID
    business_id: UUID
    person: str
    business: str
    reason: str
    until: dt.datetime

    @property
    def minutes_left(self) -> int:
        """Whole minutes, at least one."""
        return max(1, int((self.until - clock.now()).total_seconds() // 60))


def is_forbidden(permission: str) -> bool:
    """Whether a permission is taken away while somebody works in another's name; reading is not."""
    return not permission.endswith(".read") and any(fnmatchcase(permission, pattern) for pattern in FORBIDDEN)


def wear(request: HttpRequest, member: Membership, *, reason: str, until: dt.datetime) -> None:
    """Remember in the session what `start_impersonation` has allowed and announced."""
    request.session[SESSION_KEY] = {
        "admin_id": str(request.user.pk),
        "admin_name": request.user.name,  # type: ignore[union-attr]
        "membership_id": str(member.pk),
        "user_id": str(member.user_id),
        "business_id": str(member.business_id),
        "person": member.user.name,
        "business": member.business.name,
        "reason": reason,
        "until": until.isoformat(),
    }


def worn(request: HttpRequest) -> Worn | None:
    """What the session wears; None when nothing, or when its time is over."""
    kept = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    if not kept or kept["admin_id"] != str(request.user.pk):
        return None
    return Worn(
        admin_id=UUID(kept["admin_id"]),
        admin_name=kept["admin_name"],
        membership_id=UUID(kept["membership_id"]),
        user_id=UUID(kept["user_id"]),
        business_id=UUID(kept["business_id"]),
        person=kept["person"],
        business=kept["business"],
        reason=kept["reason"],
        until=dt.datetime.fromisoformat(kept["until"]),
    )


def take_off(request: HttpRequest, *, how: str) -> None:
    """End it: forget it in the session and enter the end on the business's chain."""
    kept = worn(request)
    request.session.pop(SESSION_KEY, None)
    request.__dict__.pop("_identity", None)
    if kept is not None:
        note_impersonation_end(_admin(request, kept), membership_id=kept.membership_id, how=how)


def find_worn_identity(request: HttpRequest) -> Identity | None:
    """Who acts: the member, with both names and without the forbidden permissions; None when it is over."""
    kept = worn(request)
    if kept is None or kept.until <= clock.now() or not getattr(request.user, "is_platform_admin", False):
        take_off(request, how="time is over")
        return None
    person = User.objects.filter(pk=kept.user_id, is_active=True).first()
    identity = find_identity(person, kept.business_id, request) if person is not None else None
    if identity is None:
        take_off(request, how="the membership ended")
        return None
    actor = replace(
        identity.actor,
        label=f"{identity.actor.label} ({kept.admin_name}, MoniDesk)",
        permissions=frozenset(code for code in identity.actor.permissions if not is_forbidden(code)),
        is_worn=True,
    )
    return Identity(actor=actor, business=identity.business, membership=identity.membership)


def banner(request: HttpRequest) -> dict[str, Any] | None:
    """What every page says while it lasts."""
    kept = worn(request)
    return None if kept is None else {"person": kept.person, "business": kept.business, "worn": kept}


def _admin(request: HttpRequest, kept: Worn) -> Actor:
    caller = caller_of(request)
    return Actor(
        "user",
        kept.admin_id,
        f"{kept.admin_name} (MoniDesk)",
        kept.business_id,
        role="platform",
        request_id=caller.request_id,
        ip=caller.ip,
    )
