"""Bulk edits: a preview is kept as a batch that waits, applied in one transaction, undone like an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic_core import to_jsonable_python

from apps.goods.catalog.bulk import ProductChange, VariantChange
from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import change_products
from apps.goods.imports.editing import MOST_VARIANTS, Edit
from apps.goods.imports.models import Batch, BatchChange
from apps.goods.imports.restoring import MONEY, STANDING, field_label, values_of
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import AdjustReason, StockBalance
from apps.goods.inventory.services import adjust_stock
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_default_location

_K, _O = BatchChange.Kind, BatchChange.Outcome


@use_case(permission="imports.edit", unaudited="a preview: nothing of the catalogue is written")
def preview_edit(actor: Actor, *, edits: Sequence[Edit], label: str) -> Batch:
    """Keep what is to change, to be looked at and applied. Earlier previews of the same person go.

    Raises `InvalidInput` when nothing changes or too much at once, `PermissionRefused` for fields the actor may
    not change.
    """
    if not edits:
        raise InvalidInput(_("Nothing would change: type into a cell, or choose a rule and rows."))
    if len(edits) > MOST_VARIANTS * 2:
        raise InvalidInput(_("Choose at most %(most)s variants at once.") % {"most": f"{MOST_VARIANTS:,}"})
    _check_permissions(actor, {name for edit in edits for name in edit.after})
    Batch.objects.filter(state=Batch.State.PREVIEW, actor_user_id=actor.id).delete()
    batch = Batch.objects.create(
        kind=Batch.Kind.EDIT, state=Batch.State.PREVIEW, label=label[:255], actor_user_id=actor.id,
        actor_label=actor.label[:200],
    )  # fmt: skip
    place = get_default_location()
    rows = [row for edit in edits for row in _rows(batch, edit, place.pk)]
    BatchChange.objects.bulk_create(rows, batch_size=2000)
    batch.change_count = len(rows)
    batch.save(update_fields=["change_count", "updated_at"])
    return batch


def _rows(batch: Batch, edit: Edit, place_id: UUID) -> list[BatchChange]:
    before, after = dict(edit.before), dict(edit.after)
    facts = {
        "batch": batch,
        "target_id": edit.target_id,
        "product_id": edit.product.pk,
        "label": edit.label[:255],
    }
    rows = []
    if "stock" in after:
        was, now = before.pop("stock"), after.pop("stock")
        stock = {"delta": now - was, "was": was}
        rows.append(BatchChange(id=new_id(), kind=_K.STOCK, location_id=place_id, after=stock, **facts))
    if after:
        values = {"before": _plain(before), "after": _plain(after)}
        rows.append(BatchChange(id=new_id(), kind=edit.kind, **values, **facts))
    return rows


def _check_permissions(actor: Actor, names: set[str]) -> None:
    needed = {"products.change": names - {"stock"}, "products.price": names & MONEY,
              "products.publish": names & STANDING, "stock.adjust": names & {"stock"}}  # fmt: skip
    for permission, fields in needed.items():
        if fields:
            actor.require(permission)


@use_case(
    permission="imports.edit",
    audits=(
        "imports.edited", "products.changed", "products.standing_set", "products.variant_changed",
        "products.brand_added", "stock.adjusted",
    ),
)  # fmt: skip
def apply_edit(actor: Actor, *, batch_id: UUID) -> Batch:
    """Do what the preview shows, in one transaction. What somebody changed since the preview is left and named.

    Raises `WrongState` when it was done already, and what the called services raise: then nothing is done.
    """
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    if batch.state != Batch.State.PREVIEW:
        raise WrongState(_("This was applied already."))
    rows = list(BatchChange.objects.filter(batch=batch).order_by("id"))
    stock = [row for row in rows if row.kind == _K.STOCK]
    values = [row for row in rows if row.kind != _K.STOCK]
    _check_permissions(
        actor, {name for row in values for name in row.after} | ({"stock"} if stock else set())
    )
    _change(actor, values)
    _adjust(actor, batch, stock)
    BatchChange.objects.bulk_update(rows, ["before", "after", "outcome", "reason"], batch_size=1000)
    batch.state = Batch.State.DONE
    batch.kept_count = sum(row.outcome == _O.KEPT for row in rows)
    batch.save(update_fields=["state", "kept_count", "updated_at"])
    facts = {"changes": len(rows) - batch.kept_count, "left": batch.kept_count}
    audit.record(actor, "imports.edited", batch, after=facts)
    return batch


def _change(actor: Actor, rows: list[BatchChange]) -> None:
    there = set(Product.objects.filter(pk__in=[row.product_id for row in rows]).values_list("pk", flat=True))
    active = set(Variant.objects.filter(product_id__in=there, active=True).values_list("pk", flat=True))
    changes: dict[UUID, ProductChange] = {}
    for row in rows:
        if row.product_id not in there or (row.kind == _K.VARIANT and row.target_id not in active):
            _leave(row, _("It is not there any more."))
            continue
        change = changes.setdefault(row.product_id, ProductChange(row.product_id))
        before, after = values_of(row.before), values_of(row.after)
        if row.kind == _K.PRODUCT:
            change.fields, change.expected = after, before
        else:
            change.variants.append(VariantChange(row.target_id, after, before))
    results = change_products(actor, changes=list(changes.values())) if changes else []
    kept: dict[UUID, list[str]] = defaultdict(list)
    done: dict[UUID, tuple[dict[str, Any], dict[str, Any]]] = {}
    for result in results:
        done[result.product.pk] = (result.before, result.after)
        done |= {variant.pk: (before, after) for variant, before, after in result.variants}
        for one in result.kept:
            kept[(one.variant or one.product).pk].append(one.field)
    for row in rows:
        if row.outcome:
            continue
        # What was really changed: an undo takes back that.
        before, after = done.get(row.target_id, ({}, {}))
        row.before, row.after = _plain(before), _plain(after)
        fields = ", ".join(field_label(name) for name in kept[row.target_id])
        if fields:
            row.reason = _("Somebody changed this since the preview, so it stays: %(fields)s") % {
                "fields": fields
            }
        if not row.after:
            _leave(row, row.reason or _("It is so already."))


def _adjust(actor: Actor, batch: Batch, rows: list[BatchChange]) -> None:
    if not rows:
        return
    place = get_default_location()
    ids = [row.target_id for row in rows]
    balances = locks.lock(Rank.STOCK, StockBalance.objects.filter(variant_id__in=ids, location=place))
    on_hand = {balance.variant_id: balance.on_hand for balance in balances}
    counted = set(
        Variant.objects.filter(pk__in=ids, track_stock=True, active=True).values_list("pk", flat=True)
    )
    wanted = []
    for row in rows:
        now = on_hand.get(row.target_id, 0)
        if row.target_id not in counted or row.location_id != place.pk:
            _leave(row, _("Its stock is not counted here any more."))
        elif now != row.after["was"]:
            _leave(row, _("Stock moved since the preview: now there are %(now)s.") % {"now": now})
        else:
            wanted.append(AdjustLine(row.target_id, delta=row.after["delta"]))
    if wanted:
        adjust_stock(
            actor,
            location_id=place.pk,
            lines=wanted,
            reason_code=AdjustReason.CORRECTION,
            note=batch.label[:500],
        )


def _leave(row: BatchChange, reason: str) -> None:
    row.outcome, row.reason = _O.KEPT, reason[:500]


@use_case(permission="imports.edit", unaudited="a preview that was never applied")
def discard_edit(actor: Actor, *, batch_id: UUID) -> None:
    """Forget a preview. Raises `WrongState` for what was applied."""
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    if batch.state != Batch.State.PREVIEW:
        raise WrongState(_("This was applied already."))
    batch.delete()


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return dict(to_jsonable_python(values, fallback=str))
