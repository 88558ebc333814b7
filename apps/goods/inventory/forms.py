"""Forms of stock work: numbers for the variants of a product, or a list read from a scanner."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import AmountField
from apps.goods.catalog.models import Variant
from apps.goods.inventory.codes import find_variants
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.models import AdjustReason
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.kernel.actors import Actor
from apps.platform.businesses.selectors import list_locations

MOST_LINES = 1000


class PlaceForm(forms.Form):
    """Where, and why."""

    location_id = forms.TypedChoiceField(label=_("Location"), coerce=UUID)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, actor: Actor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        places = [p for p in list_locations() if actor.location_ids is None or p.pk in actor.location_ids]
        field = self.fields["location_id"]
        field.choices = [(str(place.pk), place.name) for place in places]  # type: ignore[attr-defined]
        if places:
            field.initial = str(next((p for p in places if p.is_default), places[0]).pk)


class VariantNumbersForm(PlaceForm):
    """One number for each variant; `rows` are for the template's table."""

    def __init__(self, actor: Actor, variants: Iterable[Variant], **kwargs: Any) -> None:
        super().__init__(actor, **kwargs)
        self.variants = list(variants)
        for variant in self.variants:
            self._add_fields(variant)

    def _add_fields(self, variant: Variant) -> None:
        raise NotImplementedError

    def _number(self, variant: Variant, name: str, label: str, least: int) -> None:
        field = forms.IntegerField(
            label=label % {"variant": variant}, required=False, min_value=least, max_value=LARGEST_QUANTITY
        )
        # The column says what it is; whoever cannot see the column hears it with the field.
        field.widget.attrs["aria-label"] = field.label
        self.fields[f"{name}_{variant.pk}"] = field


class ReceiveForm(VariantNumbersForm):
    """How many of each variant came in, and what one cost."""

    def _add_fields(self, variant: Variant) -> None:
        self._number(variant, "quantity", _now("%(variant)s: how many"), 0)
        cost = AmountField(label=_now("%(variant)s: unit cost") % {"variant": variant}, required=False)
        cost.widget.attrs["aria-label"] = cost.label
        self.fields[f"cost_{variant.pk}"] = cost

    def lines(self) -> list[StockLine]:
        """The lines with a quantity."""
        return [
            StockLine(variant.pk, quantity, self.cleaned_data[f"cost_{variant.pk}"])
            for variant in self.variants
            if (quantity := self.cleaned_data[f"quantity_{variant.pk}"])
        ]


class CountForm(VariantNumbersForm):
    """How many of each variant were counted, and why that differs."""

    reason_code = forms.ChoiceField(
        label=_("Cause"), choices=[c for c in AdjustReason.choices if c[0] != AdjustReason.IMPORT]
    )

    def _add_fields(self, variant: Variant) -> None:
        self._number(variant, "counted", _now("%(variant)s: now on hand"), 0)


class DeliveryForm(PlaceForm):
    """A whole delivery, typed or scanned."""

    lines = forms.CharField(
        label=_("Lines"),
        widget=forms.Textarea(attrs={"rows": 12, "placeholder": "SH-S, 12, 8.50\nSH-M, 6"}),
        help_text=_("One line for each item: SKU or barcode, quantity, unit cost. The cost may be left out."),
    )

    def clean_lines(self) -> list[StockLine]:
        typed = [line for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        if len(typed) > MOST_LINES:
            raise forms.ValidationError(
                _now("Receive at most %(most)s lines at once.") % {"most": MOST_LINES}
            )
        parts = [
            [part.strip() for part in line.replace("\t", ",").replace(";", ",").split(",")] for line in typed
        ]
        known = find_variants(part[0] for part in parts)
        errors, lines = [], []
        for number, part in enumerate(parts, start=1):
            try:
                lines.append(_line(part, known))
            except forms.ValidationError as error:
                errors.append(
                    _now("Line %(number)s: %(why)s") % {"number": number, "why": " ".join(error.messages)}
                )
        if errors:
            raise forms.ValidationError(errors[:20])
        return lines


def _line(part: list[str], known: dict[str, Variant]) -> StockLine:
    variant = known.get(part[0].upper())
    if variant is None:
        raise forms.ValidationError(_now("no item has the SKU or barcode “%(code)s”.") % {"code": part[0]})
    if (
        len(part) < 2
        or not part[1].isascii()
        or not part[1].isdigit()
        or len(part[1]) > 8
        or not int(part[1])
    ):
        raise forms.ValidationError(_now("write a whole number after the SKU."))
    cost = None
    if len(part) > 2 and part[2]:
        try:
            cost = Decimal(part[2])
        except InvalidOperation:
            raise forms.ValidationError(_now("write the unit cost as a number such as 8.50.")) from None
    return StockLine(variant.pk, int(part[1]), cost)


class WarningForm(forms.Form):
    threshold = forms.IntegerField(
        label=_("Warn at"),
        required=False,
        min_value=0,
        max_value=LARGEST_QUANTITY,
        help_text=_("Warn when this many or fewer can be sold. Empty: the usual level."),
    )
