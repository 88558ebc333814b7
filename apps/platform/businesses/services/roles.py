"""What the members of a role may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.permissions import all_permissions, expand
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.policies import can_give_role, can_grant
from apps.platform.businesses.services.locking import lock_business
from apps.platform.businesses.shipped_roles import find_shipped, list_new


@use_case(permission="roles.change", idempotent=True, audits="roles.added")
def add_role(actor: Actor, *, name: str, permissions: Iterable[str] = (), key: str | None = None) -> Role:
    """Add a role with these `resource.action` codes, all of which the actor must have."""
    name = name.strip()
    code = slugify(name)[:40].replace("-", "_")
    if not code or Role.objects.filter(code=code).exists():
        raise InvalidInput(fields={"name": [_("Choose a name that no other role has.")]})
    codes = _checked(actor, permissions, had=frozenset())
    role = Role.objects.create(name=name, code=code, permissions=codes)
    audit.record(actor, "roles.added", role, after={"permissions": codes})
    return role


@use_case(permission="roles.change", idempotent=True, audits="roles.added")
def copy_role(actor: Actor, *, role_id: UUID, name: str, key: str | None = None) -> Role:
    """A new role that may do what another may now, as far as it may; patterns become the permissions of today.

    Raises `NotFound` for a foreign role, `PermissionRefused` when it may do more than the actor.
    """
    source = Role.objects.filter(pk=role_id).first()
    if source is None:
        raise NotFound()
    copied: Role = add_role(actor, name=name, permissions=expand(source.permissions))
    for copy in _copied_with:
        copy(actor, source, copied)
    return copied


_copied_with: list[Callable[[Actor, Role, Role], None]] = []


def copy_with_role(copy: Callable[[Actor, Role, Role], None]) -> Callable[[Actor, Role, Role], None]:
    """Have an upper app copy what it keeps of a role as well: `(actor, role, copy)`, in the same transaction."""
    _copied_with.append(copy)
    return copy


@use_case(permission="roles.change", audits="roles.changed")
def change_role(actor: Actor, *, role_id: UUID, permissions: Iterable[str], name: str | None = None) -> Role:
    """Set what a role may do. The owner's role cannot be changed; nobody grants what he does not have,
    and what he does not have he cannot take from a role either.

    A shipped role becomes the business's own with it; with exactly what the product ships it follows again.

    Raises `Conflict` for the owner's role, `PermissionRefused` for a grant beyond the actor's own.
    """
    role = lock_one(Rank.ROOT, Role.objects.filter(pk=role_id))
    if role.is_owner:
        raise Conflict(_("The owner's role always has every permission."), code="owner_role_is_fixed")
    had = expand(role.permissions)
    codes = _checked(actor, permissions, had=had)
    before = {"name": role.name, "permissions": sorted(had)}
    if set(codes) != had:
        _set_permissions(role, codes, had)
    role.name = (name or role.name).strip()
    role.save(update_fields=["permissions", "is_changed", "offered", "name", "updated_at"])
    after = {"name": role.name, "permissions": codes}
    if before != after:
        audit.record(
            actor,
            "roles.changed",
            role,
            before={"name": before["name"], "taken": sorted(had - set(codes))},
            after={"name": role.name, "given": sorted(set(codes) - had)},
        )
    return role


@use_case(permission="roles.change", audits="roles.reviewed")
def review_role(actor: Actor, *, role_id: UUID, given: Iterable[str]) -> Role:
    """Decide about what the product has added to a changed role: give these, leave the rest as it is.

    What the actor does not have himself stays to be decided by somebody who has. Raises `WrongState` when nothing
    is new, `InvalidInput` for a permission that is not.
    """
    role = lock_one(Rank.ROOT, Role.objects.filter(pk=role_id))
    decided = {code for code in list_new(role) if actor.may(code)}
    wanted = set(given)
    if not decided:
        raise WrongState(_("Nothing is new for this role."), remedy=_("Reload the page."))
    if wanted - decided:
        raise InvalidInput(fields={"given": [_("Choose from what is new for this role.")]})
    had = expand(role.permissions)
    _set_permissions(role, sorted(had | wanted), had | decided)
    role.save(update_fields=["permissions", "is_changed", "offered", "updated_at"])
    after = {"given": sorted(wanted), "left": sorted(decided - wanted)}
    audit.record(actor, "roles.reviewed", role, after=after)
    return role


@use_case(permission="roles.change", audits=("roles.deleted", "team.role_changed"))
def delete_role(actor: Actor, *, role_id: UUID, replacement_id: UUID | None = None) -> int:
    """Delete a role; its members get the replacement. Returns how many.

    Raises `Conflict` for the owner's role and, without a replacement, while somebody has the role;
    `PermissionRefused` when the role or its replacement may do more than the actor.
    """
    lock_business()
    role = lock_one(Rank.ROOT, Role.objects.filter(pk=role_id))
    if role.is_owner:
        raise Conflict(_("A business cannot be without the owner's role."), code="owner_role_is_fixed")
    if not can_grant(actor, role.permissions):
        raise PermissionRefused(_("This role may do more than yours."))
    moved = _move_members(actor, role, replacement_id)
    before = {"name": role.name, "permissions": role.permissions}
    audit.record(actor, "roles.deleted", role, before=before, after={"members moved": moved})
    role.delete()
    return moved


def _move_members(actor: Actor, role: Role, replacement_id: UUID | None) -> int:
    members = lock(Rank.ROOT, Membership.objects.filter(role=role).select_related("user"))
    if not members:
        return 0
    replacement = (
        Role.objects.filter(pk=replacement_id).exclude(pk=role.pk).first() if replacement_id else None
    )
    if replacement is None:
        raise Conflict(
            _("Somebody still has this role."),
            remedy=_("Choose which role these members get instead."),
            code="role_in_use",
        )
    if replacement.is_owner or not can_give_role(actor, replacement):
        raise PermissionRefused(
            _("You can only give roles that may do no more than yours."), code="grant_beyond_own"
        )
    for member in members:
        member.role = replacement
        member.save(update_fields=["role", "updated_at"])
        audit.record(
            actor, "team.role_changed", member, before={"role": role.code}, after={"role": replacement.code}
        )
    return len(members)


def _set_permissions(role: Role, codes: list[str], known: frozenset[str]) -> None:
    """What the business has decided about is never offered as new again."""
    shipped = find_shipped(role.code) if role.is_shipped else None
    role.permissions = codes
    if shipped is not None:
        role.offered = sorted({*role.offered, *known, *codes})
        role.is_changed = set(codes) != expand(shipped.permissions)
        if not role.is_changed:
            role.permissions = list(shipped.permissions)


def _checked(actor: Actor, permissions: Iterable[str], *, had: frozenset[str]) -> list[str]:
    wanted = set(permissions)
    if unknown := wanted - set(all_permissions()):
        raise InvalidInput(_("Unknown permissions: %(codes)s.") % {"codes": ", ".join(sorted(unknown))})
    beyond = sorted(code for code in wanted ^ had if not actor.may(code))
    if beyond:
        raise PermissionRefused(
            _("You can only give or take what you have yourself: %(codes)s.") % {"codes": ", ".join(beyond)},
            code="grant_beyond_own",
        )
    return sorted(wanted)
