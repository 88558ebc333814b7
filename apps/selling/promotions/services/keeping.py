"""Making, changing and ending promotions. Orders that were placed keep what they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.promotions import policies
from apps.selling.promotions.drafts import OF_GOODS, SCOPES, PromotionDraft, draft_of
from apps.selling.promotions.models import AppliedPromotion, Promotion, State
from apps.selling.promotions.services.codes import put_code
from apps.selling.promotions.services.trying import refuse_tested


@use_case(permission=policies.MANAGE, idempotent=True, audits="promotions.added")
def add_promotion(
    actor: Actor, *, draft: PromotionDraft, code: str = "", key: str | None = None
) -> Promotion:
    """Make a promotion, with a shared `code` if one is given (it then needs a code). It runs from its beginning on.

    Raises `InvalidInput` at the parts at fault, also for a code that is taken.
    """
    values = draft.cleaned()
    values["needs_code"] = values["needs_code"] or bool(code.strip())
    promotion: Promotion = Promotion.objects.create(**values)
    if code.strip():
        put_code(promotion, code)
    audit.record(actor, "promotions.added", promotion, after=_entered(values))
    return promotion


@use_case(permission=policies.MANAGE, idempotent=True, audits="promotions.changed")
def change_promotion(
    actor: Actor, *, promotion_id: UUID, changes: Mapping[str, Any], key: str | None = None
) -> Promotion:
    """Change a promotion that has not been ended; quotes that people hold are worked out anew when they submit.

    `changes` are new values by the names of `PromotionDraft`; what is left out stays as it stands under the lock, so
    that nobody who renames one takes back an end or a limit that was set meanwhile.
    Raises as `add_promotion`, `WrongState` for one that was ended or is in a running test, `NotFound`.
    """
    promotion = lock_one(Rank.COUPON, Promotion.objects.filter(pk=promotion_id))
    _refuse_ended(promotion)
    refuse_tested([promotion.pk])
    values = replace(draft_of(promotion), **changes).cleaned()
    _count_uses(promotion, values)
    before = {name: getattr(promotion, name) for name in values}
    for name, value in values.items():
        setattr(promotion, name, value)
    promotion.save()
    changed = {name: value for name, value in values.items() if before[name] != value}
    audit.record(
        actor, "promotions.changed", promotion,
        before=_entered({name: before[name] for name in changed}), after=_entered(changed),
    )  # fmt: skip
    return promotion


def _count_uses(promotion: Promotion, values: dict[str, Any]) -> None:
    """Uses are counted only while there is a limit: one that gets a limit is counted now, under its lock."""
    if values["use_limit"] is None:
        return
    if promotion.use_limit is None:
        live = AppliedPromotion.objects.filter(promotion=promotion, released_at=None)
        promotion.used = live.update(counted=True)
    if values["use_limit"] < promotion.used:
        message = _("It has been used %(used)s times already.") % {"used": promotion.used}
        raise InvalidInput(message, fields={"use_limit": [message]})


def _refuse_ended(promotion: Promotion) -> None:
    if promotion.ended_at is not None:
        raise WrongState(_("This promotion has been ended."), remedy=_("Copy it to offer it again."))


@use_case(permission=policies.MANAGE, audits="promotions.paused")
def pause_promotion(actor: Actor, *, promotion_id: UUID) -> Promotion:
    """Stop a promotion for a while; pressed twice it stays paused. Raises `WrongState` for an ended or tested one."""
    promotion = lock_one(Rank.COUPON, Promotion.objects.filter(pk=promotion_id))
    _refuse_ended(promotion)
    refuse_tested([promotion.pk])
    if promotion.paused_at is None:
        promotion.paused_at = clock.now()
        promotion.save(update_fields=["paused_at", "updated_at"])
        audit.record(actor, "promotions.paused", promotion, after={"paused": True})
    return promotion


@use_case(permission=policies.MANAGE, audits="promotions.resumed")
def resume_promotion(actor: Actor, *, promotion_id: UUID) -> Promotion:
    """Let a paused promotion count again. Raises `WrongState` for an ended one."""
    promotion = lock_one(Rank.COUPON, Promotion.objects.filter(pk=promotion_id))
    _refuse_ended(promotion)
    if promotion.paused_at is not None:
        promotion.paused_at = None
        promotion.save(update_fields=["paused_at", "updated_at"])
        audit.record(actor, "promotions.resumed", promotion, after={"paused": False})
    return promotion


@use_case(permission=policies.MANAGE, audits="promotions.ended")
def end_promotion(actor: Actor, *, promotion_id: UUID) -> Promotion:
    """End a promotion for good; its figures stay. Pressed twice it is ended once."""
    promotion = lock_one(Rank.COUPON, Promotion.objects.filter(pk=promotion_id))
    if promotion.ended_at is None:
        refuse_tested([promotion.pk])
        promotion.ended_at = clock.now()
        promotion.save(update_fields=["ended_at", "updated_at"])
        audit.record(actor, "promotions.ended", promotion, after={"state": State.ENDED.value})
    return promotion


@use_case(permission=policies.MANAGE, idempotent=True, audits="promotions.added")
def duplicate_promotion(
    actor: Actor, *, promotion_id: UUID, name: str, code: str = "", key: str | None = None
) -> Promotion:
    """The same promotion once more, under another name and code, paused and without dates.

    Goods that are gone are left out of it. Raises as `add_promotion`, `NotFound`.
    """
    source = lock_one(Rank.COUPON, Promotion.objects.filter(pk=promotion_id))
    draft = draft_of(source)
    values: dict[str, Any] = {field: getattr(draft, field) for field in PromotionDraft.__dataclass_fields__}
    values |= {"name": name, "starts_at": None, "ends_at": None}
    for scope in SCOPES:
        values[scope] = _still_there(scope, values[scope])
    if source.has_scope and not any(values[scope] for scope in OF_GOODS):
        # Without its goods it would be for the whole order.
        raise WrongState(
            _("None of the goods it was for is there any more."), remedy=_("Make a new promotion.")
        )
    copy: Promotion = add_promotion(actor, draft=PromotionDraft(**values), code=code)
    copy.paused_at = clock.now()
    copy.save(update_fields=["paused_at", "updated_at"])
    return copy


def _still_there(scope: str, keys: list[UUID]) -> list[UUID]:
    if not keys:
        return []
    found = set(SCOPES[scope].objects.filter(pk__in=keys).values_list("pk", flat=True))
    return [pk for pk in keys if pk in found]


def _entered(values: dict[str, Any]) -> dict[str, Any]:
    """What was said, without what was left empty."""
    return {name: value for name, value in values.items() if value not in (None, [], "", False)}
