"""Forms of counts: what is counted, and one scan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Category
from apps.goods.inventory.codes import find_variants
from apps.goods.inventory.forms import PlaceForm
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.goods.warehouse.models import StockCount
from apps.kernel.actors import Actor


class OpenCountForm(PlaceForm):
    """A new session."""

    scope = forms.ChoiceField(label=_("What is counted"), choices=StockCount.Scope.choices)
    category_id = forms.TypedChoiceField(
        label=_("Category"), coerce=UUID, required=False, empty_value=None, help_text=_("For a category.")
    )
    codes = forms.CharField(
        label=_("Items"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For chosen items: SKUs or barcodes, one in each line."),
    )
    stale_days = forms.IntegerField(
        label=_("Days"), required=False, min_value=1, max_value=3650,
        help_text=_("For what was not counted for so many days."),
    )  # fmt: skip
    is_blind = forms.BooleanField(
        label=_("Blind: who counts does not see how many there should be"), required=False, initial=True
    )

    def __init__(self, actor: Actor, **kwargs: Any) -> None:
        super().__init__(actor, **kwargs)
        branches = Category.objects.order_by("place", "path").values_list("pk", "depth", "name")[:500]
        choices = [("", "—"), *((str(key), "\u2003" * depth + name) for key, depth, name in branches)]
        self.fields["category_id"].choices = choices  # type: ignore[attr-defined]
        self.order_fields(["location_id", "scope", "category_id", "stale_days", "codes", "is_blind", "note"])

    def clean_codes(self) -> list[UUID]:
        typed = [line.strip() for line in self.cleaned_data["codes"].splitlines() if line.strip()]
        known = find_variants(typed)
        unknown = [code for code in typed if code.upper() not in known]
        if unknown:
            raise forms.ValidationError(
                [_now("No item has the SKU or barcode “%(code)s”.") % {"code": c[:60]} for c in unknown[:20]]
            )
        return [known[code.upper()].pk for code in typed]


class ScannedInput(forms.TextInput):
    """Comes back empty after a refusal: a scanner would type the next code behind the one that was refused."""

    def format_value(self, value: Any) -> None:
        """Nothing, whatever was sent; the message above names it."""
        return None


class ScanForm(forms.Form):
    """What a scanner types, and Enter: one more of it."""

    code = forms.CharField(
        label=_("SKU or barcode"),
        max_length=120,
        widget=ScannedInput(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "enterkeyhint": "done",
                "spellcheck": "false",
            }
        ),
    )
    quantity = forms.IntegerField(
        label=_("How many"),
        initial=1,
        min_value=-LARGEST_QUANTITY,
        max_value=LARGEST_QUANTITY,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("A scan adds one. A number below zero takes back."),
    )
    is_total = forms.BooleanField(label=_("This is all there is of it"), required=False)


class FinishForm(forms.Form):
    rest_is_gone = forms.BooleanField(
        label=_("What nobody counted is not there"),
        required=False,
        help_text=_("Without this, what nobody counted is left as it is."),
    )
