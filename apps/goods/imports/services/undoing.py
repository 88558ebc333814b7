"""Taking back what a batch did: exactly that. What others did since is left and named.

A portion is one transaction and notes what became of each change, so an undo that is killed goes on where it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.goods.catalog.bulk import ProductChange
from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Brand, Category, Pack, Product, Variant
from apps.goods.catalog.services import (
    change_products,
    delete_products,
    delete_unused,
    forget_remembered,
    set_packs,
    withdraw_variants,
)
from apps.goods.imports.beside import write_beside
from apps.goods.imports.events import BatchUndone
from apps.goods.imports.kinds import find_kind, registered_steps
from apps.goods.imports.models import Batch, BatchChange, ImportedQuantity
from apps.goods.imports.restoring import (
    as_changes,
    beside_to_give_back,
    field_label,
    is_beside,
    packs_of,
    rights_of,
    value_of,
)
from apps.goods.imports.selectors import SILENT_AFTER, apps_that_go_along
from apps.goods.imports.wake import wake_importer
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import AdjustReason, StockBalance
from apps.goods.inventory.services import adjust_stock
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import bind, require_business_id
from apps.kernel.use_cases import use_case

PORTION = 200
# So many are undone while the person waits; more are left to the worker.
AT_ONCE = 300
_K, _O = BatchChange.Kind, BatchChange.Outcome
Rows = list[BatchChange]


def undo_batch(actor: Actor, *, batch_id: UUID, key: str | None = None) -> Batch:
    """Take a batch back: at once when it is small, else by the worker. Raises `WrongState` when it is undone, and
    `PermissionRefused` for who may not do by hand what the batch did.
    """
    batch = start_undo(actor, batch_id=batch_id, key=key)
    if batch.change_count <= AT_ONCE and not _is_long(batch):
        return undo_through(batch.pk, require_id(actor)) or batch
    return batch


def _is_long(batch: Batch) -> bool:
    """A change of another kind stands for thousands of rows: nobody waits for that."""
    return any(find_kind(kind) for kind in batch.jobs.values_list("kind", flat=True))


def require_id(actor: Actor) -> UUID:
    """The actor's business."""
    assert actor.business_id is not None  # noqa: S101  (the service before has bound it)
    return actor.business_id


@use_case(
    permission="imports.undo",
    idempotent=True,
    unaudited="the end of the undo is entered, with what it did",
)
def start_undo(actor: Actor, *, batch_id: UUID, key: str | None = None) -> Batch:
    """Note that a batch is to be taken back, and by whom."""
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    if batch.state != Batch.State.DONE:
        raise WrongState(_("This was undone already, or is being undone."))
    # It is carried out as the product's own work, so the person's rights are asked for here: an undo gives former
    # prices and quantities back, and must not be a way around them.
    for permission in rights_of(batch):
        actor.require(permission)
    if batch.jobs.filter(state="running").exists():
        raise WrongState(_("The import is still running. Stop it first, then undo it."))
    batch.state = Batch.State.UNDOING
    batch.undone_by_id, batch.undone_by_label = actor.id, actor.label[:200]
    batch.undo_started_at = None
    batch.save()
    transaction.on_commit(wake_importer)
    return batch


def undo_through(batch_id: UUID, business_id: UUID) -> Batch | None:
    """Undo to the end. None when another worker does it."""
    batch = claim_undo(Actor.system("import", business_id), batch_id=batch_id)
    if batch is None:
        return None
    actor = Actor("system", batch.undone_by_id, batch.undone_by_label or "import", business_id, role="import")
    with bind(business_id):
        for step in _order():
            kinds, _take_back, portion = _steps()[step]
            while ids := waiting_ids(batch.pk, kinds, portion):
                _undo(actor, batch.pk, ids, step)
    return end_undo(actor, batch_id=batch.pk)


@use_case(unaudited="a worker's step; the end of the undo is entered")
def claim_undo(actor: Actor, *, batch_id: UUID) -> Batch | None:
    """Take an undo that nobody works on."""
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    silent = batch.updated_at < clock.now() - SILENT_AFTER
    if batch.state != Batch.State.UNDOING or (batch.undo_started_at is not None and not silent):
        return None
    batch.undo_started_at = clock.now()
    batch.save(update_fields=["undo_started_at", "updated_at"])
    return batch


@use_case(
    audits=(
        "products.changed", "products.standing_set", "products.variant_changed", "products.deleted",
        "products.variant_deleted", "products.variant_retired", "products.brand_deleted", "products.brand_added",
        "products.category_deleted", "products.pictures_removed", "products.packs_set", "stock.adjusted",
    )
)  # fmt: skip
def undo_portion(actor: Actor, *, batch_id: UUID, change_ids: Sequence[UUID], step: int) -> None:
    """Undo these changes, which are of one step, and note what became of each; all, or none when one is refused.

    `step` is its place in the order in which things are taken back.
    """
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    rows = list(BatchChange.objects.filter(pk__in=change_ids, outcome=_O.WAITING).order_by("-id"))
    _kinds, take_back, _portion = _steps()[step]
    take_back(actor, batch, rows)
    for row in rows:
        row.outcome = row.outcome or _O.UNDONE
    _note(batch, rows)


@use_case(unaudited="the end of the undo is entered, with how many changes were left")
def leave_change(actor: Actor, *, batch_id: UUID, change_id: UUID, reason: str) -> None:
    """Note that a change could not be taken back, and why."""
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    row = BatchChange.objects.get(pk=change_id)
    _keep(row, reason)
    _note(batch, [row])


def _note(batch: Batch, rows: Rows) -> None:
    BatchChange.objects.bulk_update(rows, ["outcome", "reason"])
    batch.undone_count += sum(row.outcome == _O.UNDONE for row in rows)
    batch.kept_count += sum(row.outcome != _O.UNDONE for row in rows)
    batch.save(update_fields=["undone_count", "kept_count", "updated_at"])


def waiting_ids(batch_id: UUID, kinds: tuple[str, ...], portion: int = 0) -> list[UUID]:
    """The latest changes of these kinds that nobody has looked at."""
    rows = BatchChange.objects.filter(batch_id=batch_id, kind__in=kinds, outcome=_O.WAITING)
    return list(rows.order_by("-id").values_list("pk", flat=True)[: portion or PORTION])


def _undo(actor: Actor, batch_id: UUID, ids: Sequence[UUID], step: int) -> None:
    """All together; when that is refused, each half alone, down to the one that has to stay."""
    try:
        undo_portion(actor, batch_id=batch_id, change_ids=ids, step=step)
    except DomainError as error:
        if len(ids) == 1:
            leave_change(actor, batch_id=batch_id, change_id=ids[0], reason=str(error.message))
            return
        middle = len(ids) // 2
        _undo(actor, batch_id, ids[:middle], step)
        _undo(actor, batch_id, ids[middle:], step)


@use_case(audits="imports.undone")
def end_undo(actor: Actor, *, batch_id: UUID) -> Batch:
    """Close the undo: entered and told with what was taken back and what was left."""
    batch = locks.lock_one(Rank.ROOT, Batch.objects.filter(pk=batch_id))
    batch.state = Batch.State.UNDONE
    batch.undone_at = clock.now()
    batch.save()
    facts = {"undone": batch.undone_count, "kept": batch.kept_count}
    publish(BatchUndone(business_id=require_business_id(), batch_id=batch.pk, **facts))
    audit.record(actor, "imports.undone", batch, after=facts)
    return batch


def _keep(row: BatchChange, reason: str, outcome: str = _O.KEPT) -> None:
    row.outcome, row.reason = outcome, reason[:500]


def _undo_stock(actor: Actor, batch: Batch, rows: Rows) -> None:
    """Counter-adjustments, one for each location; what was sold since cannot be taken off."""
    places: dict[UUID, Rows] = defaultdict(list)
    for row in rows:
        assert row.location_id is not None  # noqa: S101
        places[row.location_id].append(row)
    for location_id, own in sorted(places.items()):
        balances = StockBalance.objects.filter(
            location_id=location_id, variant_id__in=[r.target_id for r in own]
        )
        free = {balance.variant_id: balance.on_hand - balance.reserved for balance in balances}
        wanted = []
        for row in own:
            left = free.get(row.target_id, 0)
            if left < row.after["delta"]:
                _keep(row, _("%(left)s of %(all)s are left: the others were sold, promised or moved.") % {
                    "left": max(0, left), "all": row.after["delta"]
                })  # fmt: skip
                continue
            free[row.target_id] = left - row.after["delta"]
            wanted.append(row)
        _adjust(actor, batch, location_id, wanted)
    undone = [row.target_id for row in rows if not row.outcome]
    ImportedQuantity.objects.filter(variant_id__in=undone).delete()


def _adjust(actor: Actor, batch: Batch, location_id: UUID, rows: Rows) -> None:
    if not rows:
        return
    lines = [AdjustLine(row.target_id, delta=-row.after["delta"]) for row in rows]
    note = _("Undone: %(what)s") % {"what": batch.label}
    adjust_stock(
        actor, location_id=location_id, lines=lines, reason_code=AdjustReason.IMPORT, note=note[:500]
    )


def _undo_pictures(actor: Actor, batch: Batch, rows: Rows) -> None:
    forget_remembered(actor, image_ids=[row.target_id for row in rows])


def _undo_values(actor: Actor, batch: Batch, rows: Rows) -> None:
    """Give products and variants their former values and packs, where they still have the batch's."""
    _undo_packs(actor, [row for row in rows if row.kind == _K.PACKS])
    _undo_beside(actor, [row for row in rows if is_beside(row)])
    rows = [row for row in rows if row.kind != _K.PACKS and not is_beside(row)]
    changes = _there(as_changes(rows), rows)
    results = change_products(actor, changes=changes) if changes else []
    by_target = {row.target_id: row for row in rows}
    left: dict[UUID, list[str]] = defaultdict(list)
    for result in results:
        for kept in result.kept:
            thing = kept.variant or kept.product
            left[thing.pk].append(f"{field_label(kept.field)}: {kept.now}")
    for target_id, fields in left.items():
        _keep(
            by_target[target_id], _("Changed since, so it stays: %(fields)s") % {"fields": "; ".join(fields)}
        )


def _there(changes: Iterable[ProductChange], rows: Rows) -> list[ProductChange]:
    """Those whose products are still there; the others are noted."""
    changes = list(changes)
    known = set(Product.objects.filter(pk__in=[c.product_id for c in changes]).values_list("pk", flat=True))
    variants = set(
        Variant.objects.filter(product_id__in=known).values_list("pk", flat=True)
        if any(c.variants for c in changes)
        else ()
    )
    for row in rows:
        gone = row.product_id not in known or (row.kind == _K.VARIANT and row.target_id not in variants)
        if gone:
            _keep(row, _("It is not there any more."))
    for change in changes:
        change.variants = [part for part in change.variants if part.variant_id in variants]
    return [change for change in changes if change.product_id in known]


def _undo_beside(actor: Actor, rows: Rows) -> None:
    back, stay = beside_to_give_back(rows) if rows else ({}, [])
    write_beside(actor, back)
    for row, reason in stay:
        _keep(row, reason)


def _undo_packs(actor: Actor, rows: Rows) -> None:
    now = packs_of([row.target_id for row in rows])
    there = Variant.objects.in_bulk(list(now))
    ids = {
        (pack.variant_id, pack.name): pack.pk for pack in Pack.objects.filter(variant__in=there, active=True)
    }
    for row in rows:
        if row.target_id not in there:
            _keep(row, _("It is not there any more."))
        elif now[row.target_id] != row.after["packs"]:
            _keep(row, _("Its packs were changed since, so they stay."))
        else:
            before = [
                PackDraft(
                    **{**facts, "price": value_of("price", facts["price"])},
                    pack_id=ids.get((row.target_id, facts["name"])),
                )
                for facts in row.before["packs"]
            ]
            set_packs(actor, variant_id=row.target_id, packs=before)


def _undo_variants(actor: Actor, batch: Batch, rows: Rows) -> None:
    gone, retired = withdraw_variants(
        actor, variant_ids=[row.target_id for row in rows], unless=apps_that_go_along()
    )
    for row in rows:
        if row.target_id in retired:
            _keep(
                row,
                _("It was sold, received or counted: it is no longer sold, and its papers stay."),
                _O.ARCHIVED,
            )
        elif row.target_id not in gone:
            _keep(row, _("It is the last one of its product, or was taken off before."))


def _undo_products(actor: Actor, batch: Batch, rows: Rows) -> None:
    """Delete what nothing refers to; put the rest away, because orders and the stock ledger name it."""
    ids = [row.target_id for row in rows]
    there = set(Product.objects.filter(pk__in=ids).values_list("pk", flat=True))
    gone = set(delete_products(actor, product_ids=sorted(there), unless=apps_that_go_along()))
    if stay := list(Product.objects.filter(pk__in=there - gone).order_by("pk")):
        change_products(actor, changes=_put_away(batch, stay))
    for row in rows:
        if row.target_id in there - gone:
            _keep(row, _("Stock, orders or files name it: it was archived instead of deleted."), _O.ARCHIVED)


def _put_away(batch: Batch, products: Sequence[Product]) -> list[ProductChange]:
    """Archived; and where all of their stock went back, out of the brands and categories that the batch added: those
    would have to stay for goods that nobody ever saw."""
    frames = set(
        batch.changes.filter(kind__in=(_K.BRAND_ADDED, _K.CATEGORY_ADDED)).values_list("target_id", flat=True)
    )
    sold = batch.changes.filter(kind=_K.STOCK, outcome=_O.KEPT).values("target_id")
    traded = set(Variant.objects.filter(pk__in=sold).values_list("product_id", flat=True))
    changes = []
    for product in products:
        fields: dict[str, Any] = {"status": Product.Status.ARCHIVED, "published": False}
        if product.pk not in traded and product.brand_id in frames:
            fields["vendor_name"] = ""
        if product.pk not in traded and product.category_id in frames:
            fields["category_id"] = None
        changes.append(ProductChange(product.pk, fields=fields))
    return changes


def _undo_frames(actor: Actor, batch: Batch, rows: Rows) -> None:
    brands = [row.target_id for row in rows if row.kind == _K.BRAND_ADDED]
    categories = [row.target_id for row in rows if row.kind == _K.CATEGORY_ADDED]
    delete_unused(actor, brand_ids=brands, category_ids=categories)
    left = {
        *Brand.objects.filter(pk__in=brands).values_list("pk", flat=True),
        *Category.objects.filter(pk__in=categories).values_list("pk", flat=True),
    }
    for row in rows:
        if row.target_id in left:
            _keep(row, _("Products have it."))


_STEPS: tuple[tuple[tuple[str, ...], Callable[[Actor, Batch, Rows], None]], ...] = (
    ((_K.STOCK,), _undo_stock),
    ((_K.PICTURE_ADDED,), _undo_pictures),
    ((_K.PRODUCT, _K.VARIANT, _K.PACKS), _undo_values),
    ((_K.VARIANT_ADDED,), _undo_variants),
    ((_K.PRODUCT_ADDED,), _undo_products),
    ((_K.BRAND_ADDED, _K.CATEGORY_ADDED), _undo_frames),
)


def _steps() -> list[tuple[tuple[str, ...], Callable[[Actor, Batch, Rows], None], int]]:
    """All steps by their place; those of registered kinds stand behind our own."""
    others = [(step.kinds, step.take_back, step.portion) for step in registered_steps()]
    return [*((kinds, take_back, PORTION) for kinds, take_back in _STEPS), *others]


def _order() -> list[int]:
    """What registered kinds added goes first: it names products."""
    return [*range(len(_STEPS), len(_steps())), *range(len(_STEPS))]
