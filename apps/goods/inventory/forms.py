"""Forms of stock work: numbers for the variants of a product, or a list read from a scanner."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.drafts import LARGEST_PRICE
from apps.goods.catalog.forms import AmountField
from apps.goods.catalog.models import Variant
from apps.goods.inventory.codes import Goods, find_goods
from apps.goods.inventory.lines import LotDraft, StockLine
from apps.goods.inventory.lot_text import barcodes_of, read_day, read_lots, read_serials, scan_gs1
from apps.goods.inventory.models import AdjustReason, Tracking, Valuation
from apps.goods.inventory.selectors import tracking_of
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.money import round_money
from apps.platform.businesses.selectors import get_current_business, list_locations

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


class LotsField(forms.CharField):
    """Lots or serial numbers that come in, typed or scanned."""

    def __init__(self, mode: str, item: str, **kwargs: Any) -> None:
        self.mode = mode
        is_serial = mode == Tracking.Mode.SERIAL
        shown = {
            Tracking.Mode.SERIAL: "SN-1 SN-2",
            Tracking.Mode.EXPIRY: "L-17, 12, 2027-03-01",
            Tracking.Mode.LOT: "L-17, 12",
        }[Tracking.Mode(mode)]
        words = _now("%(item)s: serial numbers") if is_serial else _now("%(item)s: lots")
        super().__init__(label=words % {"item": item}, required=False, max_length=4000, **kwargs)
        self.widget = forms.Textarea(
            attrs={"rows": 2, "placeholder": shown, "aria-label": self.label, "autocapitalize": "characters"}
        )

    def clean(self, value: Any) -> list[LotDraft]:
        text = super().clean(value)
        try:
            return read_serials(text) if self.mode == Tracking.Mode.SERIAL else read_lots(text)
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None


def pieces_of(lots: Iterable[LotDraft]) -> int:
    """The pieces that lots have together, where each says how many."""
    counts = [lot.quantity for lot in lots]
    return 0 if None in counts else sum(count or 0 for count in counts)


class VariantNumbersForm(PlaceForm):
    """One number for each variant; `rows` are for the template's table."""

    names_lots = False

    def __init__(self, actor: Actor, variants: Iterable[Variant], **kwargs: Any) -> None:
        super().__init__(actor, **kwargs)
        self.variants = list(variants)
        self.modes = tracking_of(variant.pk for variant in self.variants) if self.names_lots else {}
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
    """How many of each variant came in, what one cost, and of which lot."""

    names_lots = True

    def _add_fields(self, variant: Variant) -> None:
        self._number(variant, "quantity", _now("%(variant)s: how many"), 0)
        cost = AmountField(label=_now("%(variant)s: unit cost") % {"variant": variant}, required=False)
        cost.widget.attrs["aria-label"] = cost.label
        self.fields[f"cost_{variant.pk}"] = cost
        if variant.pk in self.modes:
            self.fields[f"lots_{variant.pk}"] = LotsField(self.modes[variant.pk], str(variant))

    def lines(self) -> list[StockLine]:
        """The lines with a quantity; without one, lots and serial numbers say it themselves."""
        found = []
        for variant in self.variants:
            lots = self.cleaned_data.get(f"lots_{variant.pk}", ())
            quantity = self.cleaned_data[f"quantity_{variant.pk}"] or pieces_of(lots)
            if quantity:
                cost = self.cleaned_data[f"cost_{variant.pk}"]
                found.append(StockLine(variant.pk, quantity, cost, lots=lots))
        return found


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
        help_text=_(
            "One line for each item: SKU or barcode, quantity, unit cost, lot, last day. Serial numbers stand in the "
            "lot's place with blanks between them. Cost, lot and day may be left out. A GS1 code names all three. "
            "By the code of a pack, quantity and cost are the pack's."
        ),
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
        parts = [_scanned(line) or part for line, part in zip(typed, parts, strict=True)]
        known = find_goods(code for part in parts for code in (part[0], *barcodes_of(part[0])))
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


def _scanned(line: str) -> list[str] | None:
    """A GS1 code, perhaps with a quantity behind a comma, as the parts of a typed line."""
    code, _comma, count = line.partition(",")
    scanned = scan_gs1(code)
    if scanned is None:
        return None
    day = scanned.expires_on or scanned.best_before
    quantity = count.strip() or str(scanned.count or 1)
    return [scanned.code, quantity, "", scanned.serial or scanned.lot, day.isoformat() if day else ""]


def _lots(part: list[str]) -> list[LotDraft]:
    codes = part[3].split() if len(part) > 3 else []
    try:
        day = read_day(part[4]) if len(part) > 4 and part[4] else None
    except DomainError as error:
        raise forms.ValidationError(str(error.message)) from None
    if len(codes) == 1:
        return [LotDraft(codes[0], None if int(part[1]) > 1 else 1, day)]
    return [LotDraft(code, 1, day) for code in codes]


def _line(part: list[str], known: dict[str, Goods]) -> StockLine:
    goods = next(
        (known[code.upper()] for code in (part[0], *barcodes_of(part[0])) if code.upper() in known), None
    )
    if goods is None:
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
            cost = Decimal("NaN")
        if not cost.is_finite() or not 0 <= cost <= LARGEST_PRICE:
            # Refused here: what a pack's pieces cost is rounded below, and no infinite number can be.
            raise forms.ValidationError(_now("write the unit cost as a number such as 8.50."))
    if goods.pack is None:
        return StockLine(goods.variant.pk, int(part[1]), cost, lots=_lots(part))
    # By the code of a pack, number and cost are the pack's.
    pieces = int(part[1]) * goods.pieces
    value = None if cost is None else round_money(cost * int(part[1]), get_current_business().currency)
    each = None if cost is None else (cost / goods.pieces).quantize(Decimal("0.0001"))
    return StockLine(goods.variant.pk, pieces, each, value=value, lots=_lots(part))


class ValuationForm(forms.Form):
    method = forms.ChoiceField(label=_("Goods leave at"), choices=Valuation.choices, widget=forms.RadioSelect)


class WarningForm(forms.Form):
    threshold = forms.IntegerField(
        label=_("Warn at"),
        required=False,
        min_value=0,
        max_value=LARGEST_QUANTITY,
        help_text=_("Warn when this many or fewer can be sold. Empty: the usual level."),
    )
