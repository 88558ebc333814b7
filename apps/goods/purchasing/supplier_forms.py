"""Forms about suppliers. They read what was typed; the services decide about it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.goods.catalog.forms import AmountField
from apps.goods.purchasing.drafts import ItemDraft
from apps.goods.purchasing.models import Supplier, SupplierAddress, SupplierNote
from apps.goods.purchasing.selectors import find_variants
from apps.platform.businesses.forms import PercentField, currency_choices

MOST_LINES = 1000


def split_lines(text: str) -> list[list[str]]:
    """The parts of each line that says something, between commas, semicolons or tabs."""
    typed = [line for line in text.splitlines() if line.strip()]
    if len(typed) > MOST_LINES:
        raise forms.ValidationError(_now("Enter at most %(most)s lines at once.") % {"most": MOST_LINES})
    return [[part.strip() for part in line.replace("\t", ",").replace(";", ",").split(",")] for line in typed]


def whole_number(text: str, least: int = 1) -> int:
    """A number of pieces or days as people type it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and int(text) >= least):
        words = _now("“%(text)s” is not a whole number from %(least)s to 9999999.")
        raise forms.ValidationError(words % {"text": text[:20], "least": least})
    return int(text)


def decimal_number(text: str) -> Decimal:
    """A cost as people type it: with a point."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > 20:
        raise forms.ValidationError(_now("“%(text)s” is not a number such as 8.50.") % {"text": text[:20]})
    return value


def read_each(parts: list[list[str]], read: Any) -> list[Any]:
    """Every line read; what is wrong is said line by line, all at once."""
    errors, found = [], []
    for number, part in enumerate(parts, start=1):
        try:
            found.append(read(part))
        except forms.ValidationError as error:
            why = " ".join(error.messages)
            errors.append(_now("Line %(number)s: %(why)s") % {"number": number, "why": why})
    if errors:
        raise forms.ValidationError(errors[:20])
    return found


def unknown_code(code: str) -> forms.ValidationError:
    """No item is called that."""
    return forms.ValidationError(_now("no item has the SKU or barcode “%(code)s”.") % {"code": code[:60]})


class SupplierForm(forms.Form):
    """What is known of a supplier."""

    name = forms.CharField(label=_("Name"), max_length=160)
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("In which the supplier asks for money."))
    lead_days = forms.IntegerField(
        label=_("Days until delivery"), min_value=0, max_value=3650, initial=7,
        help_text=_("From the order to the goods, as the supplier promises."),
    )  # fmt: skip
    payment_days = forms.IntegerField(label=_("Days until payment"), min_value=0, max_value=3650, initial=30)
    tax_rate = PercentField(label=_("Usual tax rate in %"), required=False, initial=0)
    minimum_order = AmountField(
        label=_("Minimum order"), required=False, help_text=_("In the supplier's currency, without tax.")
    )
    code = forms.CharField(
        label=_("Code"), max_length=20, required=False, help_text=_("Empty: a number is given.")
    )
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    website = forms.CharField(label=_("Website"), max_length=200, required=False)
    note = forms.CharField(
        label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        choices = currency_choices((get_language() or "en").replace("-", "_"))
        self.fields["currency"].choices = choices  # type: ignore[attr-defined]

    def typed(self) -> dict[str, Any]:
        """What was typed, by the names of `SupplierDraft`."""
        return {**self.cleaned_data, "tax_rate": self.cleaned_data["tax_rate"] or Decimal(0)}


class ContactForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    job = forms.CharField(label=_("Job"), max_length=80, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False)
    takes_orders = forms.BooleanField(
        label=_("Purchase orders are mailed to this person"), required=False, initial=True
    )


class AddressForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=SupplierAddress.Kind.choices)
    line1 = forms.CharField(label=_("Address"), max_length=120)
    line2 = forms.CharField(label=_("Address, second line"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=80)
    region = forms.CharField(label=_("Region"), max_length=80, required=False)
    country = forms.ChoiceField(label=_("Country"), choices=lambda: list(countries))


class NoteForm(forms.Form):
    channel = forms.ChoiceField(label=_("How"), choices=SupplierNote.Channel.choices)
    happened_on = forms.DateField(
        label=_("On"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: today."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("What was said"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )


class ChoiceOfOneForm(forms.Form):
    """One of the rows that belong to the supplier."""

    chosen = forms.ChoiceField(label=_("Which one"))

    def __init__(self, rows: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields["chosen"].choices = [(str(row.pk), str(row)) for row in rows]  # type: ignore[attr-defined]


class ItemsForm(forms.Form):
    """What the supplier sells, typed or pasted from a sheet."""

    lines = forms.CharField(
        label=_("Items"),
        widget=forms.Textarea(attrs={"rows": 12, "placeholder": "SH-S, 4.2550, ABC-77, 12, 24, 10"}),
        help_text=_(
            "One line for each item: SKU or barcode, cost, then if you like the supplier's SKU, pieces in a pack, "
            "least quantity, days until delivery. The cost of a pack is written with its size: 10.00/12."
        ),
    )
    is_preferred = forms.BooleanField(
        label=_("Buy these here first"),
        required=False,
        help_text=_("Reordering then proposes this supplier."),
    )

    def items(self) -> list[ItemDraft]:
        """The lines as items."""
        return list(self.cleaned_data["lines"])

    def clean_lines(self) -> list[ItemDraft]:
        parts = split_lines(self.cleaned_data["lines"])
        known = find_variants([part[0] for part in parts])
        is_preferred = self.data.get(self.add_prefix("is_preferred")) in {"on", "true", "1"}

        def read(part: list[str]) -> ItemDraft:
            variant = known.get(part[0].upper())
            if variant is None:
                raise unknown_code(part[0])
            if len(part) < 2 or not part[1]:
                raise forms.ValidationError(_now("write the cost after the SKU."))
            more = [*part[2:], "", "", "", ""]
            cost, of_pack, size = (text.strip() for text in part[1].partition("/"))
            if of_pack and more[1] and more[1] != size:
                raise forms.ValidationError(_now("the pack has two sizes."))
            size = size or more[1]
            return ItemDraft(
                variant_id=variant.pk,
                cost=None if of_pack else decimal_number(cost),
                pack_cost=decimal_number(cost) if of_pack else None,
                supplier_sku=more[0],
                pack_size=whole_number(size) if size or of_pack else 1,
                minimum_quantity=whole_number(more[2]) if more[2] else 1,
                lead_days=whole_number(more[3], least=0) if more[3] else None,
                is_preferred=is_preferred,
            )

        return read_each(parts, read)


class RemoveItemsForm(forms.Form):
    codes = forms.CharField(
        label=_("SKUs or barcodes"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One on each line."),
    )

    def __init__(self, supplier: Supplier, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supplier = supplier

    def clean_codes(self) -> list[Any]:
        parts = split_lines(self.cleaned_data["codes"])
        known = find_variants([part[0] for part in parts], self.supplier)

        def read(part: list[str]) -> Any:
            variant = known.get(part[0].upper())
            if variant is None:
                raise unknown_code(part[0])
            return variant.pk

        return read_each(parts, read)
