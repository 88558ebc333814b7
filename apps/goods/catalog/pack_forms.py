"""Forms of a variant's unit, quantities and packs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.forms import AmountField
from apps.goods.catalog.models import Pack
from apps.goods.catalog.services.packs import LARGEST_PACK, MOST_PACKS
from apps.goods.catalog.units import choices

EMPTY_ROWS = 2
COLUMNS = ("name", "quantity", "barcode", "sku", "price", "sold", "for_purchasing")


class MeasuresForm(forms.Form):
    """In which unit a variant is kept and shown, what is in it, and how many may be bought."""

    unit = forms.ChoiceField(
        label=_("Stock is kept in"),
        choices=choices,
        help_text=_(
            "Always whole numbers: keep cloth in centimetres, loose tea in grams. The price is for one."
        ),
    )
    shown_unit = forms.ChoiceField(
        label=_("Shown in"),
        required=False,
        choices=lambda: choices(empty=_("the same")),
        help_text=_("1,500 grams can be shown as 1.5 kg, their price by the kilogram."),
    )
    content_amount = forms.DecimalField(
        label=_("Contents"),
        required=False,
        min_value=Decimal("0.001"),
        max_digits=11,
        decimal_places=3,
        help_text=_("What is in one, for the price by measure that the law asks for: 400 g, 0.75 l."),
    )
    content_unit = forms.ChoiceField(
        label=_("Contents in"), required=False, choices=lambda: choices(empty=_("not said"))
    )
    order_min = forms.IntegerField(
        label=_("Smallest quantity"),
        required=False,
        min_value=1,
        max_value=999,
        help_text=_("Of this variant in one order. All three empty: as the product says."),
    )
    order_step = forms.IntegerField(label=_("Sold in steps of"), required=False, min_value=1, max_value=999)
    order_max = forms.IntegerField(
        label=_("Largest quantity"), required=False, min_value=1, max_value=1_000_000
    )


class PacksForm(forms.Form):
    """A part for each pack, and empty ones for new packs. Emptying the name takes a pack off."""

    def __init__(self, packs: list[Pack], *, unit: str, with_prices: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.packs: list[Pack | None] = [*packs, *([None] * min(EMPTY_ROWS, MOST_PACKS - len(packs)))]
        self.columns = [name for name in COLUMNS if with_prices or name != "price"]
        for number, pack in enumerate(self.packs):
            for name, field in _row(unit).items():
                if name not in self.columns:
                    continue
                field.initial = getattr(pack, name) if pack else field.initial
                if name == "price" and pack is not None and pack.price is not None:
                    field.initial = _plain(pack.price)
                self.fields[f"{name}_{number}"] = field

    def rows(self) -> list[tuple[Any, list[Any]]]:
        """A heading and the fields of each row."""
        return [
            (
                pack.name if pack else _now("New pack"),
                [self[f"{name}_{number}"] for name in self.columns],
            )
            for number, pack in enumerate(self.packs)
        ]

    def clean(self) -> dict[str, Any]:
        """A row that says something must say name and number."""
        data = super().clean() or {}
        for number in range(len(self.packs)):
            row = {name: data.get(f"{name}_{number}") for name in self.columns}
            if not row["name"] and self.packs[number] is None and any(row.values()):
                self.add_error(f"name_{number}", _("Give the pack a name, such as “Case of 12”."))
            if row["name"] and row["quantity"] is None and f"quantity_{number}" not in self.errors:
                self.add_error(f"quantity_{number}", _("How much is in it?"))
        return data

    def drafts(self) -> list[PackDraft]:
        """The packs that are wanted."""
        found = []
        for number, pack in enumerate(self.packs):
            row: dict[str, Any] = {name: self.cleaned_data.get(f"{name}_{number}") for name in self.columns}
            if not row["name"]:
                continue
            if "price" not in row:
                row["price"] = pack.price if pack else None
            found.append(PackDraft(pack_id=pack.pk if pack else None, **row))
        return found

    def field_of(self, path: str) -> str:
        """`packs.1.barcode`, as the service names it, by the name of the form: rows without a pack are not counted."""
        _packs, number, name = path.split(".")
        used = [n for n in range(len(self.packs)) if self.cleaned_data.get(f"name_{n}")]
        return f"{name}_{used[int(number)]}"


def _row(unit: str) -> dict[str, forms.Field]:
    return {
        "name": forms.CharField(
            label=_("Name"),
            required=False,
            max_length=80,
            widget=forms.TextInput(attrs={"placeholder": _now("Case of 12")}),
        ),
        "quantity": forms.IntegerField(
            label=_now("Holds (%(unit)s)") % {"unit": unit},
            required=False,
            min_value=2,
            max_value=LARGEST_PACK,
            error_messages={"min_value": _("A pack holds 2 or more.")},
        ),
        "barcode": forms.CharField(label=_("Barcode"), required=False, max_length=120),
        "sku": forms.CharField(label=_("SKU"), required=False, max_length=120),
        "price": AmountField(label=_("Price of the pack"), required=False),
        "sold": forms.BooleanField(label=_("Sold in the store"), required=False),
        "for_purchasing": forms.BooleanField(label=_("Ordered from suppliers"), required=False),
    }


def _plain(amount: Decimal) -> str:
    """`12.5000` → `12.50`: two places unless more are used."""
    text = f"{amount:.4f}"
    return text[:-2] if text.endswith("00") else text
