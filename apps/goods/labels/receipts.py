"""Labels for what came: as many of each item as were accepted."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now

from apps.goods.catalog.models import Variant
from apps.goods.labels.forms import LabelsForm
from apps.goods.labels.printing import MOST_LABELS
from apps.goods.labels.verbs import MOST_AT_ONCE, PrintLabels
from apps.goods.purchasing.models import GoodsReceipt
from apps.kernel.actors import Actor


def accepted_of(receipt: GoodsReceipt) -> dict[Any, int]:
    """How many pieces of each variant were accepted, in the order of the receipt."""
    lines = receipt.lines(manager="objects").filter(accepted__gt=0).order_by("id")
    return dict(lines.values_list("variant_id", "accepted")[:MOST_AT_ONCE])


class PrintReceiptLabels(PrintLabels):
    """The same page, with the receipt's numbers filled in."""

    def is_available(self, actor: Actor, obj: GoodsReceipt) -> bool:
        return bool(accepted_of(obj))

    def explain(self, actor: Actor, obj: GoodsReceipt) -> list[Any]:
        return [_now("One label for each accepted piece of %(receipt)s.") % {"receipt": obj.number}]

    def get_form(self, actor: Actor, obj: GoodsReceipt, **kwargs: Any) -> Any:
        accepted = accepted_of(obj)
        rows = {
            row.pk: row for row in Variant.objects.filter(pk__in=list(accepted)).select_related("product")
        }
        first = {f"copies_{pk}": min(count, MOST_LABELS) for pk, count in accepted.items()}
        initial = {**first, **kwargs.pop("initial", {})}
        variants = [rows[pk] for pk in accepted if pk in rows]
        self.form = LabelsForm(variants, with_pieces=actor.may("stock.read"), initial=initial, **kwargs)
        return self.form
