"""What a batch does, noted while it is done: enough to take back exactly that and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python

from apps.goods.catalog.bulk import Changed
from apps.goods.catalog.models import Product, Variant
from apps.goods.imports.models import Batch, BatchChange
from apps.goods.inventory.models import StockMovement
from apps.kernel.ids import new_id


class Journal:
    """Gathers changes and writes them in one statement. Without a batch nothing is kept."""

    def __init__(self, batch: Batch | None) -> None:
        self.batch = batch
        self.rows: list[BatchChange] = []

    def _note(self, kind: str, target_id: UUID, label: Any, **facts: Any) -> None:
        if self.batch is not None:
            row = BatchChange(
                id=new_id(), batch=self.batch, kind=kind, target_id=target_id, label=str(label)[:255], **facts
            )
            self.rows.append(row)

    def note(self, kind: str, target_id: UUID, label: Any) -> None:
        """What a registered kind of file added."""
        self._note(kind, target_id, label)

    def product_added(self, product: Product) -> None:
        self._note("product_added", product.pk, product.title, product_id=product.pk)

    def added(self, kind: str, thing: Any) -> None:
        self._note(kind, thing.pk, thing)

    def changed(self, result: Changed) -> None:
        product = result.product
        if result.after:
            self._note(
                "product", product.pk, product.title, product_id=product.pk,
                before=_plain(result.before), after=_plain(result.after),
            )  # fmt: skip
        for variant, before, after in result.variants:
            self._note(
                "variant", variant.pk, _name(product, variant), product_id=product.pk,
                before=_plain(before), after=_plain(after),
            )  # fmt: skip
        for variant in result.added:
            self._note("variant_added", variant.pk, _name(product, variant), product_id=product.pk)
        for picture_id in result.picture_ids:
            self._note("picture_added", picture_id, product.title, product_id=product.pk)

    def moved(self, movements: Iterable[StockMovement]) -> None:
        moved = list(movements) if self.batch is not None else []
        variants = Variant.objects.select_related("product").defer("product__search")
        names = {
            row.pk: _name(row.product, row) for row in variants.filter(pk__in=[m.variant_id for m in moved])
        }
        for movement in moved:
            self._note(
                "stock", movement.variant_id, names[movement.variant_id], location_id=movement.location_id,
                after={"delta": movement.on_hand_delta},
            )  # fmt: skip

    def packed(self, variant: Variant, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
        """The packs of a variant, if they changed. That prices did is marked: taking it back needs that right."""
        if before == after:
            return
        priced = [
            {row["name"]: (row["price"], row["quantity"]) for row in rows if row["price"]}
            for rows in (before, after)
        ]
        mark = {"price": True} if priced[0] != priced[1] else {}
        self._note(
            "packs", variant.pk, _name(variant.product, variant), product_id=variant.product_id,
            before={"packs": before, **mark}, after={"packs": after},
        )  # fmt: skip

    def said_beside(self, variant: Variant, before: dict[str, str], after: dict[str, str]) -> None:
        """What an app above says of a variant that was there before."""
        self._note(
            "variant", variant.pk, _name(variant.product, variant), product_id=variant.product_id,
            before=before, after=after,
        )  # fmt: skip

    def write(self) -> None:
        BatchChange.objects.bulk_create(self.rows, batch_size=2000)


def _name(product: Product, variant: Any) -> str:
    return f"{product.title} – {variant.title}" if variant.title else product.title


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return dict(to_jsonable_python(values, fallback=str))
