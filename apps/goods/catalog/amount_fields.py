"""Number fields for goods: pieces of what is counted, and what is measured in the unit in which it is sold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.goods.catalog.sold import Counting

# Stock units; more is a slip of the finger.
MOST = 1_000_000


class MeasuredField(forms.DecimalField):
    """So much of what is measured: typed as 0.5 m, given on as 50 of the centimetres in which its stock is kept.

    `initial` and the limits are stock units.
    """

    def __init__(self, counting: Counting, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        self.counting = counting
        super().__init__(min_value=counting.shown(min_value), max_value=counting.shown(max_value), **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs: dict[str, Any] = super().widget_attrs(widget)
        return {**attrs, "inputmode": "decimal", "step": self.counting.plain(1)}

    def prepare_value(self, value: Any) -> Any:
        return self.counting.plain(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        amount: Decimal | None = super().clean(value)
        if amount is None:
            return None
        quantity = self.counting.typed(amount)
        if quantity is None:
            raise forms.ValidationError(
                _("Enter a multiple of %(least)s.") % {"least": self.counting.words(1)}, code="too_fine"
            )
        return quantity


def quantity_field(
    counting: Counting,
    *,
    label: Any,
    initial: int,
    most: int | None = None,
    least: int = 0,
    attrs: dict[str, Any] | None = None,
) -> forms.Field:
    """A field for a quantity whose value is stock units; `unit` and `most_words` are what stands beside it.

    `most` None: nothing is said of it.
    """
    facts: dict[str, Any] = {"label": label, "required": False, "initial": initial}
    facts |= {"min_value": least, "max_value": MOST if most is None else most}
    field: Any
    if counting.unit:
        field = MeasuredField(counting, widget=forms.NumberInput(attrs=attrs), **facts)
    else:
        field = forms.IntegerField(
            widget=forms.NumberInput(attrs={"inputmode": "numeric", **(attrs or {})}), **facts
        )
    field.unit, field.most_words = counting.sign, "" if most is None else counting.words(most)
    return field  # type: ignore[no-any-return]
