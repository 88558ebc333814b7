"""What staff do with lots: each verb calls one service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.forms import PlaceForm
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import AdjustReason, Lot, Tracking
from apps.goods.inventory.selectors import tracking_of
from apps.goods.inventory.services import (
    block_lot,
    change_lot,
    choose_tracking,
    open_lot,
    propose_adjustment,
    recall_lot,
)
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

_S = Lot.State


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("Colleagues read this on the lot's page.")
    )


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class LotForm(forms.Form):
    expires_on = _day_field(_("Expires on"))
    best_before = _day_field(_("Best before"))
    supplier = forms.CharField(label=_("Supplier"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class LotCountForm(PlaceForm):
    counted = forms.IntegerField(label=_("Now on hand of this lot"), min_value=0, max_value=LARGEST_QUANTITY)
    reason_code = forms.ChoiceField(
        label=_("Cause"), choices=[c for c in AdjustReason.choices if c[0] != AdjustReason.IMPORT]
    )


class TrackingForm(forms.Form):
    mode = forms.ChoiceField(
        label=_("Pieces are told apart"),
        required=False,
        choices=[("", _("Not at all")), *Tracking.Mode.choices],
        widget=forms.RadioSelect,
    )


class ChooseTracking(Verb):
    name = "tracking"
    label = _("Lots and serial numbers")
    permission = "stock.rules"
    form_class = TrackingForm
    submit_label = _("Save")
    writes_back = True

    def is_available(self, actor: Actor, obj: Variant) -> bool:
        return obj.track_stock and obj.active and actor.location_ids is None

    def initial(self, actor: Actor, obj: Variant) -> dict[str, Any]:
        return {"mode": tracking_of([obj.pk]).get(obj.pk, "")}

    def explain(self, actor: Actor, obj: Variant) -> list[Any]:
        return [
            _now(
                "From now on each delivery of this item names its lots or serial numbers, and so does what leaves."
            ),
            _now(
                "What lies there already is put into one lot called UNMARKED; numbers and value stay as they are."
            ),
        ]

    def perform(self, actor: Actor, obj: Variant, data: dict[str, Any], key: str) -> Any:
        return choose_tracking(actor, variant_id=obj.pk, mode=data["mode"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Saved.")


class ChangeLot(Verb):
    name = "edit"
    label = _("Change")
    permission = "stock.lots"
    form_class = LotForm
    submit_label = _("Save the lot")
    writes_back = True

    def initial(self, actor: Actor, obj: Lot) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in ("expires_on", "best_before", "supplier", "note")}

    def explain(self, actor: Actor, obj: Lot) -> list[Any]:
        return [_now("A last day that is over keeps the pieces from being sold, at once.")]

    def perform(self, actor: Actor, obj: Lot, data: dict[str, Any], key: str) -> Any:
        return change_lot(actor, lot_id=obj.pk, **data, key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The lot was saved.")


class CountLot(Verb):
    name = "count"
    label = _("Count")
    permission = "stock.adjust"

    def get_form(self, actor: Actor, obj: Lot, **kwargs: Any) -> Any:
        form = LotCountForm(actor, **kwargs)
        form.order_fields(["location_id", "counted", "reason_code", "note"])
        return form

    def explain(self, actor: Actor, obj: Lot) -> list[Any]:
        return [_now("Enter what is really there of this lot. Other lots of the item stay as they are.")]

    def perform(self, actor: Actor, obj: Lot, data: dict[str, Any], key: str) -> Any:
        return propose_adjustment(
            actor,
            location_id=data["location_id"],
            lines=[AdjustLine(obj.variant_id, counted=data["counted"], lot_id=obj.pk)],
            reason_code=data["reason_code"],
            note=data["note"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        if result.waiting is not None:
            return _now("Adjustment %(number)s waits for somebody's approval; nothing was changed yet.") % {
                "number": result.waiting.number
            }
        if not result.movements:
            return _now("The number was right already; nothing was changed.")
        return _now("The lot was adjusted by %(delta)s.") % {
            "delta": f"{sum(row.on_hand_delta for row in result.movements):+d}"
        }


class _Decide(Verb):
    permission = "stock.lots"
    form_class = ReasonForm


class BlockLot(_Decide):
    name = "block"
    label = _("Block")
    submit_label = _("Block the lot")

    def is_available(self, actor: Actor, obj: Lot) -> bool:
        return bool(obj.state == _S.OPEN)

    def explain(self, actor: Actor, obj: Lot) -> list[Any]:
        return [
            _now("Its pieces stay where they are; none is sold or sent until the lot is opened again."),
            _now("Orders that were promised pieces of it get pieces of other lots, as far as there are any."),
        ]

    def perform(self, actor: Actor, obj: Lot, data: dict[str, Any], key: str) -> Any:
        return block_lot(actor, lot_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Lot) -> Any:
        return _now("Lot %(lot)s is blocked.") % {"lot": result.code}


class OpenLot(_Decide):
    name = "open"
    label = _("Open again")
    submit_label = _("Open the lot")

    def is_available(self, actor: Actor, obj: Lot) -> bool:
        return bool(obj.state != _S.OPEN)

    def explain(self, actor: Actor, obj: Lot) -> list[Any]:
        return [_now("Its pieces may be sold and sent again, unless their last day is over.")]

    def perform(self, actor: Actor, obj: Lot, data: dict[str, Any], key: str) -> Any:
        return open_lot(actor, lot_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Lot) -> Any:
        return _now("Lot %(lot)s may be sold again.") % {"lot": result.code}


class RecallLot(_Decide):
    name = "recall"
    label = _("Recall")
    dangerous = True
    submit_label = _("Recall the lot")

    def is_available(self, actor: Actor, obj: Lot) -> bool:
        return bool(obj.state != _S.RECALLED)

    def explain(self, actor: Actor, obj: Lot) -> list[Any]:
        return [
            _now("No piece of it leaves any more, and everybody who works with stock is told."),
            _now("The lot's page lists whom it reached, also as a file. Nobody is written to yet."),
        ]

    def perform(self, actor: Actor, obj: Lot, data: dict[str, Any], key: str) -> Any:
        return recall_lot(actor, lot_id=obj.pk, reason=data["reason"], key=key)

    def success(self, obj: Any, result: Lot) -> Any:
        return _now("Lot %(lot)s is recalled. Whom it reached is listed below.") % {"lot": result.code}
