"""The form of a delivery: how many of each line came, how many were turned away and why, what it cost to get here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import AmountField
from apps.goods.inventory.forms import LotsField, pieces_of
from apps.goods.inventory.selectors import tracking_of
from apps.goods.purchasing.drafts import ArrivalDraft
from apps.goods.purchasing.landing import Charge
from apps.goods.purchasing.models import ChargeBasis, ChargeKind, PurchaseOrder, RejectReason
from apps.goods.purchasing.order_forms import PlaceField
from apps.goods.purchasing.services.checking import LARGEST_QUANTITY
from apps.kernel.actors import Actor


class ReceiptForm(forms.Form):
    """A row of numbers for each line of the order; the costs to get it here below."""

    location_id = PlaceField(label=_("Location"))
    delivery_note = forms.CharField(label=_("Number of the delivery note"), max_length=60, required=False)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, actor: Actor, order: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        place = self.fields["location_id"]
        place.offer(actor)  # type: ignore[attr-defined]
        place.initial = str(order.location_id)
        self.lines = list(order.lines(manager="objects").order_by("position"))
        self.modes = tracking_of(line.variant_id for line in self.lines)
        for line in self.lines:
            self._number(f"accepted_{line.pk}", _now("%(item)s: accepted"), line.title)
            if line.pack_quantity > 1:
                label = _now("%(item)s: packs accepted (%(pack)s)") % {
                    "item": "%(item)s",
                    "pack": line.pack_name,
                }
                self._number(f"packs_{line.pk}", label, line.title)
            self._number(f"rejected_{line.pk}", _now("%(item)s: rejected"), line.title)
            label = _now("%(item)s: why rejected") % {"item": line.title}
            reason = forms.ChoiceField(
                label=label, required=False, choices=[("", "–"), *RejectReason.choices]
            )
            reason.widget.attrs["aria-label"] = label
            self.fields[f"reason_{line.pk}"] = reason
            if line.variant_id in self.modes:
                self.fields[f"lots_{line.pk}"] = LotsField(self.modes[line.variant_id], line.title)
        for kind, name in ChargeKind.choices:
            self.fields[f"charge_{kind}"] = AmountField(label=name, required=False)
            label = _now("%(charge)s: spread") % {"charge": name}
            basis = forms.ChoiceField(label=label, choices=ChargeBasis.choices, required=False)
            basis.widget.attrs["aria-label"] = label
            self.fields[f"basis_{kind}"] = basis

    def _number(self, name: str, label: str, title: str) -> None:
        field = forms.IntegerField(
            label=label % {"item": title}, required=False, min_value=0, max_value=LARGEST_QUANTITY
        )
        # The column says what it is; whoever cannot see the column hears it with the field.
        field.widget.attrs |= {"aria-label": field.label, "inputmode": "numeric"}
        self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        """A missing reason is said beside its line: a long delivery note leaves no clue which one is meant."""
        data = super().clean() or {}
        for line in self.lines:
            if data.get(f"rejected_{line.pk}") and not data.get(f"reason_{line.pk}"):
                self.add_error(f"reason_{line.pk}", _("Say why pieces were rejected."))
        return data

    def arrivals(self) -> list[ArrivalDraft]:
        """The lines of which something came."""
        data = self.cleaned_data
        return [
            ArrivalDraft(
                line_id=line.pk,
                accepted=data[f"accepted_{line.pk}"]
                or (0 if data.get(f"packs_{line.pk}") else pieces_of(data.get(f"lots_{line.pk}", ()))),
                accepted_packs=data.get(f"packs_{line.pk}") or 0,
                rejected=data[f"rejected_{line.pk}"] or 0,
                reason=data[f"reason_{line.pk}"],
                lots=data.get(f"lots_{line.pk}", ()),
            )
            for line in self.lines
            if data[f"accepted_{line.pk}"]
            or data.get(f"packs_{line.pk}")
            or data[f"rejected_{line.pk}"]
            or data.get(f"lots_{line.pk}")
        ]

    def charges(self) -> list[Charge]:
        """The costs that were entered."""
        data = self.cleaned_data
        return [
            Charge(kind, data[f"charge_{kind}"], data[f"basis_{kind}"] or ChargeBasis.VALUE)
            for kind in ChargeKind.values
            if data[f"charge_{kind}"]
        ]
