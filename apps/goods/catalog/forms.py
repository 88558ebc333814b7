"""Forms of the catalogue's back office. They read what was typed; the services decide about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.drafts import LARGEST_PRICE, LARGEST_SIDE
from apps.goods.catalog.selectors import list_categories

MOST_COMBINATIONS = 200


class AmountField(forms.DecimalField):
    """An amount in the business's currency, up to four places."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {
            "min_value": Decimal(0),
            "max_value": LARGEST_PRICE,
            "max_digits": 19,
            "decimal_places": 4,
        }
        super().__init__(**{**defaults, **kwargs})


class TagsField(forms.CharField):
    """Words separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [tag.strip() for tag in super().clean(value).split(",") if tag.strip()]


class CategoryField(forms.TypedChoiceField):
    """A branch of the tree; the tree is small, so it is shown whole."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: _branches(), coerce=lambda value: value, empty_value=None, **kwargs)


class DescriptionForm(forms.Form):
    """What is said about a product."""

    title = forms.CharField(label=_("Title"), max_length=255)
    subtitle = forms.CharField(
        label=_("Subtitle"), max_length=255, required=False, help_text=_("One line below the title.")
    )
    description_html = forms.CharField(
        label=_("Description"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Plain text or simple HTML. Scripts and styles are taken out."),
    )
    category_id = CategoryField(label=_("Category"), required=False)
    vendor_name = forms.CharField(
        label=_("Brand"), max_length=255, required=False, help_text=_("A name that is new adds the brand.")
    )
    product_type = forms.CharField(label=_("Type"), max_length=255, required=False)
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Separated by commas."))


class EditProductForm(DescriptionForm):
    order_min = forms.IntegerField(
        label=_("Smallest quantity"),
        min_value=1,
        max_value=999,
        initial=1,
        help_text=_("Pieces in one order."),
    )
    order_step = forms.IntegerField(
        label=_("Sold in steps of"),
        min_value=1,
        max_value=999,
        initial=1,
        help_text=_("6 means 6, 12, 18 … pieces; 1 means any number."),
    )
    order_max = forms.IntegerField(
        label=_("Largest quantity"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("Empty: as many as there are."),
    )
    slug = forms.SlugField(
        label=_("Address"),
        max_length=255,
        help_text=_("The former address leads to the new one."),
    )
    seo_title = forms.CharField(label=_("Title for search engines"), max_length=255, required=False)
    seo_description = forms.CharField(
        label=_("Description for search engines"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SideField(forms.IntegerField):
    """One side of a thing; empty is not known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=0, max_value=LARGEST_SIDE, **kwargs)

    def clean(self, value: Any) -> int:
        return super().clean(value) or 0


class PriceForm(forms.Form):
    """What a variant costs and how it is known."""

    price = AmountField(label=_("Price"))
    compare_at_price = AmountField(
        label=_("Price before"), required=False, help_text=_("Shown struck through.")
    )
    cost = AmountField(label=_("Cost per item"), required=False, help_text=_("Never shown to customers."))
    sku = forms.CharField(label=_("SKU"), max_length=120, required=False)
    barcode = forms.CharField(label=_("Barcode"), max_length=120, required=False)
    weight_grams = forms.IntegerField(
        label=_("Weight in grams"), min_value=0, max_value=100_000_000, initial=0
    )
    length_mm = SideField(label=_("Length in mm"))
    width_mm = SideField(label=_("Width in mm"))
    height_mm = SideField(
        label=_("Height in mm"), help_text=_("As it is packed. By all three a parcel's package is proposed.")
    )
    track_stock = forms.BooleanField(label=_("Count stock"), required=False, initial=True)
    backorder_limit = forms.IntegerField(
        label=_("Backorder limit"),
        min_value=0,
        max_value=1_000_000,
        initial=0,
        help_text=_("How many may be promised beyond what is in stock."),
    )
    taxable = forms.BooleanField(label=_("Taxable"), required=False, initial=True)


class EditVariantForm(PriceForm):
    published = forms.BooleanField(label=_("Shown in the store"), required=False)


class NewProductForm(DescriptionForm):
    """A new product: few fields; with options each combination becomes a variant with the same price."""

    price = AmountField(label=_("Price"))
    compare_at_price = AmountField(
        label=_("Price before"), required=False, help_text=_("Shown struck through.")
    )
    cost = AmountField(label=_("Cost per item"), required=False, help_text=_("Never shown to customers."))
    sku = forms.CharField(
        label=_("SKU"),
        max_length=120,
        required=False,
        help_text=_("With options, their values are added to it."),
    )
    options = forms.CharField(
        label=_("Options"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "Size: S, M, L"}),
        help_text=_("One line for each option, up to three: its name, a colon, its values."),
    )

    def clean_options(self) -> list[tuple[str, list[str]]]:
        axes = []
        for line in self.cleaned_data["options"].splitlines():
            if not line.strip():
                continue
            name, colon, values = line.partition(":")
            wanted = list(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
            if not colon or not name.strip() or not wanted:
                raise forms.ValidationError(
                    _now("Write “%(line)s” as a name, a colon and values.") % {"line": line.strip()}
                )
            axes.append((name.strip(), wanted))
        count = 1
        for _name, wanted in axes:
            count *= len(wanted)
        if count > MOST_COMBINATIONS:
            raise forms.ValidationError(
                _now("That makes %(count)s variants; use at most 200.") % {"count": count}
            )
        return axes


class ShelfForm(forms.Form):
    """What the store and search engines are told of a page that lists products."""

    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown above the products in the store."),
    )
    seo_title = forms.CharField(
        label=_("Title for search engines"),
        max_length=255,
        required=False,
        help_text=_("Empty: the name."),
    )
    seo_description = forms.CharField(
        label=_("Description for search engines"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Empty: the description."),
    )


SHELF_WORDS = tuple(ShelfForm.base_fields)


def shelf_words(shelf: Any) -> dict[str, str]:
    """What is said of it now, for the form."""
    return {name: getattr(shelf, name) for name in SHELF_WORDS}


class CategoryForm(ShelfForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    parent_id = CategoryField(label=_("Below"), required=False)
    field_order = ("name", "parent_id", "slug", *SHELF_WORDS)


class ChangeCategoryForm(CategoryForm):
    slug = forms.SlugField(
        label=_("Address"), max_length=140, help_text=_("The former address leads to the new one.")
    )


class StepForm(forms.Form):
    """Which category is to go which way: the value of the button that was pressed."""

    move = forms.RegexField(r"^(up|down) [0-9a-f-]{36}$")

    def clean_move(self) -> dict[str, Any]:
        way, _blank, key = self.cleaned_data["move"].partition(" ")
        try:
            return {"category_id": UUID(key), "step": -1 if way == "up" else 1}
        except ValueError:
            raise forms.ValidationError(_("Choose one of the categories.")) from None


def _branches() -> list[tuple[str, str]]:
    tree = [(str(branch.pk), "\u2003" * branch.depth + branch.name) for branch in list_categories()]
    return [("", _now("None")), *tree]
