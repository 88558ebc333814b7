"""Every write about approvals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Model
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, RateLimited
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.money import format_money, minor_digits, round_money
from apps.kernel.use_cases import use_case
from apps.platform.approvals.caps import find_cap, list_caps
from apps.platform.approvals.models import ApprovalPin, PinTries, RoleCap
from apps.platform.approvals.selectors import cap_of, caps_of_role, may_approve, person_of
from apps.platform.businesses.models import Business, Membership, Role
from apps.platform.businesses.policies import can_grant
from apps.platform.businesses.selectors import actor_for

TRIES = 5
# Several hands that guess together are stopped together.
TRIES_OF_ALL = 20
LOCKED_FOR = dt.timedelta(minutes=15)


@use_case(permission="roles.change", audits="approvals.caps_set")
def set_caps(actor: Actor, *, role_id: UUID, caps: dict[str, Decimal | None]) -> dict[str, Decimal]:
    """Set how far a role goes alone: an amount in the business's currency for each named act, None for no bound.

    Acts that are not named stay. Nobody widens beyond his own cap. Returns all caps of the role. Raises `Conflict` for
    the owner's role, `InvalidInput` for an unknown act or a negative amount, `PermissionRefused`, `NotFound`.
    """
    role = lock_one(Rank.ROOT, Role.objects.filter(pk=role_id))
    if role.is_owner:
        raise Conflict(_("The owner's role has no limits."), code="owner_role_is_fixed")
    if not can_grant(actor, role.permissions):
        raise PermissionRefused(_("This role may do more than yours."))
    before = caps_of_role(role)
    currency = Business.objects.values_list("currency", flat=True).get(pk=tenancy.require_business_id())
    wanted = dict(before)
    for act, most in caps.items():
        if find_cap(act) is None or (most is not None and most < 0):
            raise InvalidInput(fields={act: [_("Enter an amount of zero or more.")]})
        own = cap_of(actor, act)
        if before.get(act) != most and own is not None and (most is None or most > own):
            raise PermissionRefused(
                _("You can only give limits up to your own."), code="grant_beyond_own", fields={act: []}
            )
        wanted.pop(act, None)
        if most is not None:
            wanted[act] = round_money(most, currency)
    if wanted != before:
        RoleCap.objects.filter(role=role).delete()
        RoleCap.objects.bulk_create([RoleCap(role=role, act=act, most=most) for act, most in wanted.items()])
        audit.record(actor, "approvals.caps_set", role, before=before, after=wanted)
    return wanted


@use_case(permission="roles.change", audits="approvals.caps_set")
def copy_caps(actor: Actor, *, role: Role, copy: Role) -> None:
    """Give a role's copy its caps. Raises `PermissionRefused`."""
    caps = caps_of_role(role)
    if caps:
        RoleCap.objects.bulk_create([RoleCap(role=copy, act=act, most=most) for act, most in caps.items()])
        audit.record(actor, "approvals.caps_set", copy, before={}, after=caps)


@use_case(audits="approvals.caps_set")
def start_with_caps(actor: Actor, *, currency: str) -> None:
    """Give the roles of a new business the caps they come with; does nothing for a role that has one."""
    scale = Decimal(1) if minor_digits(currency) else Decimal(100)
    for role in lock(Rank.ROOT, Role.objects.filter(is_shipped=True)):
        had = caps_of_role(role)
        new = {
            cap.act: cap.shipped[role.code] * scale
            for cap in list_caps()
            if role.code in cap.shipped and cap.act not in had
        }
        if new:
            RoleCap.objects.bulk_create([RoleCap(role=role, act=act, most=most) for act, most in new.items()])
            audit.record(actor, "approvals.caps_set", role, before=had, after=had | new)


@use_case(audits="approvals.pin_set")
def set_pin(actor: Actor, *, pin: str) -> None:
    """Give the actor a PIN for this business, or another one; ends a lock.

    Raises `InvalidInput` unless it is four to eight digits that nobody guesses at once, `PermissionRefused` for
    whoever works in another's name or does not belong to the business.
    """
    member = _own_membership(actor)
    _check_worth(pin)
    ApprovalPin.objects.filter(membership=member).delete()
    row = ApprovalPin.objects.create(membership=member, pin_hash=make_password(pin))
    audit.record(actor, "approvals.pin_set", row)


@use_case(audits="approvals.pin_removed")
def remove_pin(actor: Actor) -> None:
    """Take the actor's PIN away; he approves nothing any more. Does nothing without one."""
    member = _own_membership(actor)
    if ApprovalPin.objects.filter(membership=member).delete()[0]:
        audit.record(actor, "approvals.pin_removed", member)


def with_approver(actor: Actor, *, approver_id: UUID, pin: str) -> Actor:
    """The actor for one call, with the member `approver_id` at his side, who has entered his PIN.

    Checks the number only; whether that member may approve the act is decided where it is done. A wrong number is
    counted in a transaction of its own, so that the refusal does not undo the count. Raises `InvalidInput` for a wrong
    one or a member without one, `RateLimited` while it is locked.
    """
    if not _is_pin_right(actor, approver_id=approver_id, pin=pin):
        raise InvalidInput(
            fields={"pin": [_("This PIN is not right.")]},
            kept=_("Nothing was changed."),
            remedy=_("Try again, or set a new PIN under My account."),
            code="wrong_pin",
        )
    return replace(actor, approver_id=approver_id)


@use_case(audits="approvals.pin_refused")
def _is_pin_right(actor: Actor, *, approver_id: UUID, pin: str) -> bool:
    asker = actor.id if actor.kind == "user" else None
    rows = lock(
        Rank.ROOT,
        ApprovalPin.objects.filter(
            membership_id=approver_id, membership__status=Membership.Status.ACTIVE
        ).exclude(membership__user_id=person_of(actor)),
    )
    if not rows:
        check_password(pin, make_password(None))  # as long as a wrong one takes
        return False
    row = rows[0]
    tries = PinTries.objects.filter(pin=row, tried_by=asker).first() or PinTries(pin=row, tried_by_id=asker)
    if row.is_locked or tries.is_locked:
        raise RateLimited(
            _("Too many wrong PINs were entered for this person."),
            remedy=_("Wait fifteen minutes, or ask somebody else."),
            code="pin_locked",
        )
    is_right = check_password(pin, row.pin_hash)
    if not is_right:
        _count(tries, TRIES)
        _count(row, TRIES_OF_ALL)
        locked = {"locked": tries.is_locked, "locked for all": row.is_locked}
        audit.record(actor, "approvals.pin_refused", row, after=locked)
        return False
    if tries.failures or tries.locked_until:
        tries.delete()
    if row.failures or row.locked_until:
        row.failures, row.locked_until = 0, None
        row.save(update_fields=["failures", "locked_until", "updated_at"])
    return True


def _count(row: ApprovalPin | PinTries, most: int) -> None:
    row.failures += 1
    if row.failures >= most:
        row.failures, row.locked_until = 0, clock.now() + LOCKED_FOR
    row.save()


def keep_within_cap(
    actor: Actor, act: str, amount: Decimal, *, currency: str, thing: Model, alone: bool = True
) -> None:
    """Refuse the actor who goes beyond his cap without an approver who may; enters who approved.

    Not `alone`: whose role has a cap at all needs the approver also within it, as for what he did himself.

    Inside a use case only, which declares `approvals.given` among its audit entries. `amount` is in `currency`, the
    business's. Raises `PermissionRefused` (`beyond_role_limit`, `approver_may_not`).
    """
    most = cap_of(actor, act)
    if most is None or (alone and amount <= most):
        return
    locale = get_language() or "en"
    facts = {"most": format_money(most, currency, locale), "amount": format_money(amount, currency, locale)}
    if actor.approver_id is None:
        if not alone and amount <= most:
            raise PermissionRefused(
                _now("Somebody else has to say yes to what you did yourself."),
                remedy=_("Ask somebody who may to choose their name and enter their PIN."),
                code="own_act_alone",
                act=act,
            )
        raise PermissionRefused(
            _now("Your role may do this up to %(most)s; this would be %(amount)s.") % facts,
            kept=_("Nothing was changed; what you typed is still here."),
            remedy=_("Ask somebody who may do more to choose their name and enter their PIN."),
            code="beyond_role_limit",
            act=act,
        )
    approver = (
        Membership.objects.select_related("role", "user")
        .filter(pk=actor.approver_id)
        .exclude(user_id=person_of(actor))
        .first()
    )
    if approver is None or not may_approve(approver, act, amount) or not _reaches(approver, thing):
        raise PermissionRefused(
            _now("This person may not approve %(amount)s either.") % facts,
            kept=_("Nothing was changed; what you typed is still here."),
            remedy=_("Ask somebody else."),
            code="approver_may_not",
        )
    after = {"act": act, "amount": amount, "alone up to": most, "approved by": approver.user.name}
    audit.record(actor, "approvals.given", thing, after=after)


def _reaches(approver: Membership, thing: Model) -> bool:
    """Whoever is limited to a part of the business approves nothing of another part."""
    return is_visible(thing, actor_for(approver.user, tenancy.require_business_id()).limit)


def _own_membership(actor: Actor) -> Membership:
    if actor.kind != "user" or actor.is_worn:
        raise PermissionRefused(_("Only the person may do this, signed in as himself."))
    found = Membership.objects.filter(user_id=person_of(actor), status=Membership.Status.ACTIVE).first()
    if found is None:
        raise NotFound()
    return lock_one(Rank.ROOT, Membership.objects.filter(pk=found.pk))


def _check_worth(pin: str) -> None:
    is_short = not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8)
    steps = {int(b) - int(a) for a, b in pairwise(pin)} if not is_short else set()
    if is_short or (len(steps) == 1 and steps <= {-1, 0, 1}):
        raise InvalidInput(
            fields={"pin": [_("Use four to eight digits, not a row such as 1234 or 0000.")]}, code="weak_pin"
        )
