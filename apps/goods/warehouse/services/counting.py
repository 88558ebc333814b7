"""People say what they found. Each scan is compared with the ledger at its own moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Category, Variant
from apps.goods.inventory.codes import Goods, find_goods
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.policies import check_work_at
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.goods.warehouse.models import CountLine, CountScan, StockCount
from apps.goods.warehouse.scope import MOST_LINES, in_scope, stale_variant_ids
from apps.goods.warehouse.states import COUNT_MOVES, check_move
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.ids import new_id
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank
from apps.kernel.series import next_number
from apps.kernel.use_cases import use_case

_Scope = StockCount.Scope


@use_case(permission="stock.count", idempotent=True, audits="stock.count_opened")
def open_count(
    actor: Actor,
    *,
    location_id: UUID | None = None,
    scope: str = _Scope.ALL,
    category_id: UUID | None = None,
    variant_ids: Sequence[UUID] = (),
    stale_days: int | None = None,
    is_blind: bool = True,
    note: str = "",
    key: str | None = None,
) -> StockCount:
    """Open a session at a location: everything there, a category, chosen goods, or what was not counted for so long.

    Selling goes on meanwhile. Raises `InvalidInput` when the scope misses what it needs or holds nothing.
    """
    location, _currency = get_place(actor, location_id)
    if scope not in _Scope.values:
        raise InvalidInput(fields={"scope": [_("Choose what is counted.")]})
    if scope == _Scope.CATEGORY and not _is_category(category_id):
        raise InvalidInput(fields={"category_id": [_("Choose a category.")]})
    if scope == _Scope.STALE and not 1 <= (stale_days or 0) <= 3650:
        raise InvalidInput(fields={"stale_days": [_("Enter a number of days from 1 to 3650.")]})
    listed: list[UUID] = []
    if scope == _Scope.CHOSEN:
        listed = list(dict.fromkeys(variant_ids))
        known = Variant.objects.filter(pk__in=listed, track_stock=True).count()
        if not listed or known != len(listed):
            raise InvalidInput(fields={"variant_ids": [_("Choose goods whose stock is counted.")]})
    elif scope == _Scope.STALE:
        listed = stale_variant_ids(location.pk, clock.now() - dt.timedelta(days=stale_days or 0))
        if not listed:
            raise InvalidInput(
                _("Everything here was counted in that time."),
                remedy=_("Choose fewer days, or another scope."),
            )
    if len(listed) > MOST_LINES:
        raise InvalidInput(_("Count at most %(most)s items in one session.") % {"most": MOST_LINES})
    count = StockCount(
        location=location,
        scope=scope,
        category_id=category_id if scope == _Scope.CATEGORY else None,
        stale_days=stale_days if scope == _Scope.STALE else None,
        is_blind=is_blind,
        note=note.strip()[:500],
        opened_by_label=actor.label[:200],
        number=f"C-{next_number('stock_count'):05d}",
    )
    count.save(force_insert=True)
    CountLine.objects.bulk_create(CountLine(count=count, variant_id=variant_id) for variant_id in listed)
    facts = {"scope": scope, "blind": is_blind, "listed": len(listed)}
    audit.record(actor, "stock.count_opened", count, after=facts, reason=note)
    return count


@use_case(
    permission="stock.count", idempotent=True, unaudited="each scan is a row with who and when, never changed"
)
def record_scan(
    actor: Actor,
    *,
    count_id: UUID,
    code: str = "",
    variant_id: UUID | None = None,
    quantity: int = 1,
    is_total: bool = False,
    key: str | None = None,
) -> CountScan:
    """Say that so many more were found (or, with `is_total`, how many there are), by SKU, barcode or variant. By the
    code of a pack the quantity counts packs.

    The line is compared with what the ledger says at this moment. When that differs from what it said at the line's
    scan before, goods moved in between and nobody knows on which side of the count: the line is marked. `key` is
    the device's: the same scan sent again is the same row, whoever else scans. A negative quantity takes back.
    Raises `NotFound` for a code nobody sells, `InvalidInput` for goods that this session does not count.
    """
    count = lock_count(actor, count_id)
    key = key or new_id().hex
    known = CountScan.objects.filter(count=count, key=key).first()
    if known is not None:
        return known
    check_move(COUNT_MOVES, count, "scan")
    goods = _find(code, variant_id)
    variant, quantity = goods.variant, quantity * goods.pieces
    line = CountLine.objects.filter(count=count, variant=variant).first()
    if line is None:
        line = _new_line(count, variant)
    shelf = StockBalance.objects.filter(variant=variant, location_id=count.location_id).first()
    expected, corrections = (shelf.on_hand, shelf.corrections) if shelf else (0, 0)
    before = line.counted_quantity
    after = quantity if is_total else (before or 0) + quantity
    if not 0 <= after <= LARGEST_QUANTITY:
        raise InvalidInput(
            fields={"quantity": [_("That would make %(count)s of it.") % {"count": after}]},
            counted=before or 0,
        )
    if before is None or is_total:
        line.is_moved = False
    elif line.expected_quantity != expected:
        line.is_moved = True
    line.counted_quantity, line.expected_quantity = after, expected
    line.corrections, line.counted_at = corrections, clock.now()
    line.save()
    return CountScan.objects.create(
        count=count,
        line=line,
        key=key,
        quantity=quantity,
        is_total=is_total,
        counted_after=after,
        actor_label=actor.label[:200],
    )


def lock_count(actor: Actor, count_id: UUID) -> StockCount:
    """The session, locked, so that two who scan the same goods count both; `NotFound` when it is not the actor's."""
    count = locks.lock_one(Rank.ROOT, StockCount.objects.filter(pk=count_id))
    if not is_visible(count, actor.limit):
        raise NotFound()
    check_work_at(actor, count.location_id)
    return count


def _is_category(category_id: UUID | None) -> bool:
    return category_id is not None and Category.objects.filter(pk=category_id).exists()


def _find(code: str, variant_id: UUID | None) -> Goods:
    if variant_id is not None:
        variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
        goods = Goods(variant) if variant is not None else None
    else:
        goods = find_goods([code]).get(code.strip().upper())
    if goods is None:
        raise NotFound(
            _("No item has the SKU or barcode “%(code)s”.") % {"code": code.strip()[:60]},
            remedy=_("Scan it again, or type the SKU."),
            code="unknown_code",
        )
    if not goods.variant.track_stock:
        raise InvalidInput(_("Stock of this item is not counted."), code="stock_not_counted")
    return goods


def _new_line(count: StockCount, variant: Variant) -> CountLine:
    if not in_scope(count, variant):
        raise InvalidInput(
            _("“%(item)s” is not part of this count.")
            % {"item": " – ".join(filter(None, (variant.product.title, variant.title)))},
            code="not_in_scope",
            remedy=_("Put it aside, or count it in a session of its own."),
        )
    if CountLine.objects.filter(count=count).count() >= MOST_LINES:
        raise InvalidInput(_("Count at most %(most)s items in one session.") % {"most": MOST_LINES})
    return CountLine(count=count, variant=variant)
