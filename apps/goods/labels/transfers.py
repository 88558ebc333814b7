"""Labels for what was moved: as many of each item as were sent, or are asked for until it is sent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now

from apps.goods.catalog.models import Variant
from apps.goods.labels.forms import LabelsForm
from apps.goods.labels.printing import MOST_LABELS
from apps.goods.labels.verbs import MOST_AT_ONCE, PrintLabels
from apps.goods.warehouse.models import Transfer
from apps.kernel.actors import Actor


def moved_in(transfer: Transfer) -> dict[Any, int]:
    """How many pieces of each variant are moved, in the order of the transfer."""
    lines = transfer.lines(manager="objects").order_by("position")[:MOST_AT_ONCE]
    return {line.variant_id: line.sent_quantity or line.requested_quantity for line in lines}


class PrintTransferLabels(PrintLabels):
    """The same page, with the transfer's numbers filled in."""

    def is_available(self, actor: Actor, obj: Transfer) -> bool:
        return obj.state not in (Transfer.State.CANCELLED,)

    def explain(self, actor: Actor, obj: Transfer) -> list[Any]:
        return [_now("One label for each piece of %(transfer)s.") % {"transfer": obj.number}]

    def get_form(self, actor: Actor, obj: Transfer, **kwargs: Any) -> Any:
        moved = moved_in(obj)
        rows = {row.pk: row for row in Variant.objects.filter(pk__in=list(moved)).select_related("product")}
        first = {f"copies_{pk}": min(count, MOST_LABELS) for pk, count in moved.items()}
        initial = {**first, **kwargs.pop("initial", {})}
        variants = [rows[pk] for pk in moved if pk in rows]
        self.form = LabelsForm(variants, with_pieces=actor.may("stock.read"), initial=initial, **kwargs)
        return self.form
