"""An owner sees the back office as somebody else does: the same pages, rows and figures, and nothing can be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpRequest

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.selectors import Identity, effective_permissions, find_identity

SESSION_KEY = "preview"
END_PATH = "/admin/preview/end/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Preview:
    """Whose eyes an owner borrows: `identity` acts in place of the owner's own, for reading only."""

    identity: Identity
    label: str

    def allows(self, request: HttpRequest) -> bool:
        """Reading, and ending the preview."""
        return request.method in _SAFE or request.path_info == END_PATH


def begin_preview(request: HttpRequest, thing: Role | Membership) -> None:
    """See as a role without limits, or exactly as a member. The caller has checked that the actor is an owner."""
    kind = "member" if isinstance(thing, Membership) else "role"
    request.session[SESSION_KEY] = {"kind": kind, "id": str(thing.pk), "business": str(thing.business_id)}


def end_preview(request: HttpRequest) -> None:
    """See with one's own eyes again."""
    request.session.pop(SESSION_KEY, None)


def find_preview(request: HttpRequest, identity: Identity | None) -> Preview | None:
    """The preview of this session; only an owner of the same business has one. One more query while it lasts."""
    chosen = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    if not chosen or identity is None or not identity.actor.may("business.own"):
        return None
    if chosen.get("business") != str(identity.business.pk):
        return None
    wanted = UUID(chosen["id"])
    with tenancy.bind(identity.business.pk):
        return _as_member(identity, wanted) if chosen["kind"] == "member" else _as_role(identity, wanted)


def _as_role(own: Identity, role_id: UUID) -> Preview | None:
    role = Role.objects.filter(pk=role_id).first()
    if role is None:
        return None
    actor = replace(
        own.actor,
        role=role.code,
        permissions=effective_permissions(role.permissions, is_limited=False),
        location_ids=None,
        own_customers_only=False,
    )
    return Preview(replace(own, actor=_reader(own, actor)), role.name)


def _as_member(own: Identity, membership_id: UUID) -> Preview | None:
    member = Membership.objects.filter(pk=membership_id).select_related("user").first()
    seen = find_identity(member.user, own.business.pk) if member is not None else None
    if member is None or seen is None:
        return None
    return Preview(replace(seen, actor=_reader(own, seen.actor)), member.user.name)


def _reader(own: Identity, actor: Actor) -> Actor:
    label = f"{own.actor.label} (as {actor.role})"
    return replace(actor, label=label, request_id=own.actor.request_id, ip=own.actor.ip)
