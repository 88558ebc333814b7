"""A count comes to its end: finished, looked at, posted as one adjustment, or dropped."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import CountedLine
from apps.goods.inventory.policies import get_stock_rules
from apps.goods.inventory.services import post_count
from apps.goods.warehouse.events import CountFinished, CountPosted
from apps.goods.warehouse.models import CountLine, StockCount
from apps.goods.warehouse.policies import is_second_pair
from apps.goods.warehouse.scope import MOST_LINES, list_uncounted
from apps.goods.warehouse.services.counting import lock_count
from apps.goods.warehouse.states import COUNT_MOVES, check_move
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case


@use_case(permission="stock.count", idempotent=True, audits="stock.count_finished")
def finish_count(
    actor: Actor, *, count_id: UUID, rest_is_gone: bool = False, key: str | None = None
) -> StockCount:
    """End the counting, so that the differences can be looked at. Nothing moves yet.

    What nobody counted is left as it is, or, with `rest_is_gone`, counts as none found, compared with the ledger now.
    """
    count = lock_count(actor, count_id)
    state = check_move(COUNT_MOVES, count, "finish")
    if rest_is_gone:
        _count_none(count)
    if not CountLine.objects.filter(count=count, counted_quantity__isnull=False).exists():
        raise InvalidInput(_("Nothing was counted yet."), remedy=_("Count something, or drop the session."))
    count.state, count.finished_at = str(state), clock.now()
    count.finished_by_id, count.finished_by_label = actor.id, actor.label[:200]
    count.save(update_fields=["state", "finished_at", "finished_by_id", "finished_by_label", "updated_at"])
    publish(
        CountFinished(
            business_id=require_business_id(),
            count_id=count.pk,
            number=count.number,
            location_id=count.location_id,
        )
    )
    audit.record(actor, "stock.count_finished", count, after={"rest_is_gone": rest_is_gone})
    return count


@use_case(permission="stock.count", idempotent=True, audits="stock.count_reopened")
def reopen_count(actor: Actor, *, count_id: UUID, key: str | None = None) -> StockCount:
    """Go on counting: something was forgotten, or is to be counted again."""
    count = lock_count(actor, count_id)
    count.state = str(check_move(COUNT_MOVES, count, "reopen"))
    count.finished_at, count.finished_by_id, count.finished_by_label = None, None, ""
    count.save(update_fields=["state", "finished_at", "finished_by_id", "finished_by_label", "updated_at"])
    audit.record(actor, "stock.count_reopened", count)
    return count


@use_case(permission="stock.count", idempotent=True, audits=("stock.adjusted", "stock.count_posted"))
def approve_count(actor: Actor, *, count_id: UUID, key: str | None = None) -> StockCount:
    """Write the differences as one adjustment that names the session, and when its goods were counted.

    Differences up to the business's limit may be posted by whoever counts; above it by somebody with
    `stock.approve_count` who did not finish the count himself, or by the owner: else `Conflict`
    (`approval_needed`). Goods that somebody put right after they were counted are left alone and marked.
    """
    count = lock_count(actor, count_id)
    state = check_move(COUNT_MOVES, count, "post")
    lines = list(CountLine.objects.filter(count=count, counted_quantity__isnull=False).order_by("pk"))
    most: Decimal | None = None if is_second_pair(actor, count) else get_stock_rules().count_approval_above
    posted = post_count(
        actor,
        count_id=count.pk,
        location_id=count.location_id,
        lines=[
            CountedLine(line.variant_id, line.variance or 0, line.counted_at, line.corrections)
            for line in lines
            if line.counted_at is not None
        ],
        note=count.number,
        most=most,
    )
    outdated = set(posted.outdated)
    for line in lines:
        line.is_outdated = line.variant_id in outdated
        line.posted_delta = None if line.is_outdated else posted.deltas.get(line.variant_id, 0)
    CountLine.objects.bulk_update(lines, ["is_outdated", "posted_delta", "updated_at"], batch_size=1000)
    count.state, count.closed_at = str(state), clock.now()
    count.decided_by_label, count.value_delta = actor.label[:200], posted.value_delta
    count.save(update_fields=["state", "closed_at", "decided_by_label", "value_delta", "updated_at"])
    publish(
        CountPosted(
            business_id=require_business_id(),
            count_id=count.pk,
            number=count.number,
            location_id=count.location_id,
            lines=len(posted.deltas),
            value_delta=posted.value_delta,
        )
    )
    facts = {"lines": len(posted.deltas), "value": posted.value_delta, "outdated": len(outdated)}
    audit.record(actor, "stock.count_posted", count, after=facts)
    return count


@use_case(permission="stock.count", idempotent=True, audits="stock.count_cancelled")
def cancel_count(actor: Actor, *, count_id: UUID, reason: str = "", key: str | None = None) -> StockCount:
    """Drop a session: what was counted stays to be read, and changes nothing."""
    count = lock_count(actor, count_id)
    count.state, count.closed_at = str(check_move(COUNT_MOVES, count, "cancel")), clock.now()
    count.save(update_fields=["state", "closed_at", "updated_at"])
    audit.record(actor, "stock.count_cancelled", count, reason=reason)
    return count


def _count_none(count: StockCount) -> None:
    rows = list(list_uncounted(count)[: MOST_LINES + 1])
    if len(rows) > MOST_LINES:
        raise InvalidInput(
            _("Too much was not counted to call it gone."), remedy=_("Count a category at a time.")
        )
    now = clock.now()
    CountLine.objects.bulk_create(
        [
            CountLine(
                count=count,
                variant_id=row.variant_id,
                counted_quantity=0,
                expected_quantity=row.on_hand,
                counted_at=now,
                corrections=row.corrections,
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["count", "variant"],
        update_fields=["counted_quantity", "expected_quantity", "counted_at", "corrections", "updated_at"],
    )
