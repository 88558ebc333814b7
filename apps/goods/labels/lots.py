"""Labels for the pieces of a lot: the GS1 code says goods, lot and last day, so that a scanner finds it again."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now

from apps.goods.inventory.models import Lot, LotBalance
from apps.goods.labels.forms import LabelsForm
from apps.goods.labels.printing import MOST_LABELS
from apps.goods.labels.symbols import Kind
from apps.goods.labels.verbs import PrintLabels
from apps.kernel.actors import Actor

# A GS1 code holds so many characters of a lot.
LONGEST_LOT = 20


class PrintLotLabels(PrintLabels):
    """The same page, with the lot, its last day and its pieces filled in."""

    def is_available(self, actor: Actor, obj: Lot) -> bool:
        return bool(obj.variant.active) and not obj.is_serial and len(obj.code) <= LONGEST_LOT

    def explain(self, actor: Actor, obj: Lot) -> list[Any]:
        return [_now("One label for each piece of lot %(lot)s that is here.") % {"lot": obj.code}]

    def get_form(self, actor: Actor, obj: Lot, **kwargs: Any) -> Any:
        here = sum(LotBalance.objects.filter(lot=obj).values_list("on_hand", flat=True))
        first = {
            "kind": Kind.GS1_DATAMATRIX if obj.variant.barcode else Kind.CODE128,
            "lot": obj.code,
            "best_before": obj.expires_on or obj.best_before,
            f"copies_{obj.variant_id}": min(here, MOST_LABELS),
        }
        initial = {**first, **kwargs.pop("initial", {})}
        may_count = actor.may("stock.read")
        self.form = LabelsForm([obj.variant], with_pieces=may_count, initial=initial, **kwargs)
        return self.form
