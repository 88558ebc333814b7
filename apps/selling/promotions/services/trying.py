"""Tests of promotions: begun, counted, ended by choosing. Lock order: coupon."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.promotions import policies
from apps.selling.promotions.models import Promotion, PromotionTest, State, TestArm
from apps.selling.promotions.trials import bounds_of
from apps.selling.promotions.values import Trial

MOST_ARMS = 5

NOTE_BUYER = """
    INSERT INTO promotions_testbuyer (id, created_at, business_id, test_id, arm_id, unit)
    VALUES (%(id)s, %(now)s, %(business)s, %(test)s, %(arm)s, %(unit)s)
    ON CONFLICT (test_id, unit) DO NOTHING
"""
# The row that stands is what counts: an order belongs to the arm its buyer was first seen in.
NOTE_ORDER = """
    WITH added AS (
        INSERT INTO promotions_testbuyer (id, created_at, business_id, test_id, arm_id, unit)
        VALUES (%(id)s, %(now)s, %(business)s, %(test)s, %(arm)s, %(unit)s)
        ON CONFLICT (test_id, unit) DO NOTHING RETURNING id, arm_id
    ), buyer AS (
        SELECT id, arm_id FROM added UNION ALL
        SELECT id, arm_id FROM promotions_testbuyer
         WHERE business_id = %(business)s AND test_id = %(test)s AND unit = %(unit)s
         LIMIT 1
    )
    INSERT INTO promotions_testorder (id, created_at, business_id, buyer_id, arm_id, order_id, revenue, discount)
    SELECT %(order_row)s, %(now)s, %(business)s, id, arm_id, %(order)s, %(revenue)s, %(discount)s FROM buyer
    ON CONFLICT (buyer_id, order_id) DO NOTHING
"""


@use_case(permission=policies.MANAGE, idempotent=True, audits="promotions.test_started")
def start_test(
    actor: Actor,
    *,
    name: str,
    promotion_ids: Sequence[UUID],
    with_nothing: bool = False,
    key: str | None = None,
) -> PromotionTest:
    """Divide buyers among these promotions, in equal parts, and a part that gets nothing if wanted.

    Only promotions that apply by themselves and run can be tested, two versions at least. Raises `InvalidInput`,
    `NotFound`, `WrongState` for one that is in a running test already.
    """
    label = clean_note(name).strip()
    if not 1 <= len(label) <= 80:
        raise InvalidInput(fields={"name": [_("Give it a name of up to 80 characters.")]})
    wanted = list(dict.fromkeys(promotion_ids))
    count = len(wanted) + with_nothing
    if not wanted or not 2 <= count <= MOST_ARMS:
        message = _("Choose two to %(most)s versions.") % {"most": MOST_ARMS}
        raise InvalidInput(fields={"promotions": [message]})
    found: dict[UUID, Promotion] = {
        one.pk: one for one in lock(Rank.COUPON, Promotion.objects.filter(pk__in=wanted))
    }
    if len(found) != len(wanted):
        raise NotFound()
    for one in found.values():
        if one.needs_code or one.state != State.RUNNING:
            message = _("“%(name)s” needs a code or does not run: only what applies by itself can be tested.")
            raise InvalidInput(fields={"promotions": [message % {"name": one.name}]})
    refuse_tested(list(found))
    test: PromotionTest = PromotionTest.objects.create(name=label)
    arms = [*(found[pk] for pk in wanted), *([None] if with_nothing else [])]
    TestArm.objects.bulk_create(
        TestArm(
            business_id=test.business_id,
            test=test,
            promotion=promotion,
            position=position,
            first=first,
            last=last,
        )
        for position, (promotion, (first, last)) in enumerate(
            zip(arms, bounds_of(count), strict=True), start=1
        )
    )
    after = {"name": label, "versions": [str(one) if one else "" for one in arms]}
    audit.record(actor, "promotions.test_started", test, after=after)
    return test


@use_case(permission=policies.MANAGE, audits=("promotions.test_ended", "promotions.ended"))
def end_test(actor: Actor, *, test_id: UUID, arm_id: UUID) -> PromotionTest:
    """End a test by choosing a version: its promotion goes on for everybody, the others are ended for good.

    Ended before, it stays as it was. Raises `NotFound` for an arm of another test.
    """
    test: PromotionTest = lock_one(Rank.ROOT, PromotionTest.objects.filter(pk=test_id))
    arms = list(TestArm.objects.filter(test=test).select_related("promotion"))
    chosen = next((arm for arm in arms if arm.pk == arm_id), None)
    if chosen is None:
        raise NotFound()
    if test.ended_at is not None:
        return test
    now = clock.now()
    others = [arm.promotion_id for arm in arms if arm.promotion_id and arm.pk != chosen.pk]
    for promotion in lock(Rank.COUPON, Promotion.objects.filter(pk__in=others, ended_at=None)):
        promotion.ended_at = now
        promotion.save(update_fields=["ended_at", "updated_at"])
        audit.record(actor, "promotions.ended", promotion, after={"state": State.ENDED.value})
    TestArm.objects.filter(test=test).update(live=False)
    TestArm.objects.filter(pk=chosen.pk).update(chosen=True)
    test.ended_at = now
    test.save(update_fields=["ended_at", "updated_at"])
    audit.record(actor, "promotions.test_ended", test, after={"chosen": str(chosen)})
    return test


def refuse_tested(promotion_ids: Sequence[UUID]) -> None:
    """What a running test compares stays as it is, or its figures would mean nothing."""
    arm = (
        TestArm.objects.filter(promotion__in=promotion_ids, live=True)
        .select_related("test", "promotion")
        .first()
    )
    if arm is not None:
        message = _("“%(name)s” is part of the test “%(test)s”.")
        raise WrongState(
            message % {"name": arm.promotion, "test": arm.test},
            code="promotion_tested",
            remedy=_("End the test first."),
        )


@use_case(unaudited="a count: nobody decides anything")
def note_buyers(actor: Actor, *, trials: Sequence[Trial]) -> None:
    """Count a buyer who was quoted in these tests, once; one statement for each."""
    _check(actor)
    with connection.cursor() as cursor:
        for trial in trials:
            cursor.execute(NOTE_BUYER, _facts(trial))


@use_case(unaudited="part of an order, which is entered")
def note_orders(
    actor: Actor, *, trials: Sequence[Trial], order_id: UUID, revenue: Decimal, discount: Decimal
) -> None:
    """Count an order in these tests, once, for the arm its buyer was first seen in; one statement for each."""
    _check(actor)
    with connection.cursor() as cursor:
        for trial in trials:
            facts = {"order_row": new_id(), "order": order_id, "revenue": revenue, "discount": discount}
            cursor.execute(NOTE_ORDER, _facts(trial) | facts)


def _check(actor: Actor) -> None:
    if not actor.may("orders.place") and actor.kind not in {"guest", "customer"}:
        raise PermissionRefused()


def _facts(trial: Trial) -> dict[str, Any]:
    return {
        "id": new_id(),
        "now": clock.now(),
        "business": require_business_id(),
        "test": trial.test_id,
        "arm": trial.arm_id,
        "unit": trial.unit,
    }
