"""The form of label printing: the paper, what is on it, and a number for each item."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.labels.papers import PAPERS
from apps.goods.labels.printing import CARE, MOST_LABELS, Wish
from apps.goods.labels.symbols import Kind

EACH, ON_HAND = "each", "on_hand"


class LabelsForm(forms.Form):
    """How many labels of each item, on which paper."""

    paper = forms.ChoiceField(
        label=_("Paper"), choices=[(paper.code, paper.name) for paper in PAPERS.values()]
    )
    layout = forms.ChoiceField(
        label=_("What it says"),
        choices=[
            ("shelf", _("Name, price and code")),
            (CARE, _("Size, composition and care symbols")),
        ],
        initial="shelf",
        required=False,
        help_text=_("Composition and care are those of the garment."),
    )
    kind = forms.ChoiceField(label=_("Code"), choices=Kind.choices)
    first = forms.IntegerField(
        label=_("First free label"),
        initial=1,
        min_value=1,
        max_value=max(paper.per_page for paper in PAPERS.values()),
        help_text=_("On a sheet that was begun: count from the left, row by row."),
    )
    with_price = forms.BooleanField(label=_("Print the price"), required=False, initial=True)
    with_sku = forms.BooleanField(label=_("Print the SKU"), required=False, initial=True)
    lot = forms.CharField(
        label=_("Lot"), required=False, max_length=20, help_text=_("For GS1 DataMatrix; may stay empty.")
    )
    best_before = forms.DateField(
        label=_("Best before"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("For GS1 DataMatrix; may stay empty."),
    )
    how_many = forms.ChoiceField(
        label=_("How many"),
        choices=[(EACH, _("As many as entered below")), (ON_HAND, _("One for each piece that is here"))],
        widget=forms.RadioSelect,
        initial=EACH,
    )

    def __init__(self, variants: Iterable[Variant], *, with_pieces: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.variants = list(variants)
        if not with_pieces:
            # Who may not see stock has no pieces to count: the choice would lead nowhere.
            self.fields["how_many"].choices = [(EACH, _("As many as entered below"))]  # type: ignore[attr-defined]
        for variant in self.variants:
            label = _("Labels for %(variant)s") % {"variant": variant}
            field = forms.IntegerField(
                label=label, required=False, initial=1, min_value=0, max_value=MOST_LABELS
            )
            # The column says what it is; whoever cannot see the column hears it with the field.
            field.widget.attrs["aria-label"] = label
            self.fields[f"copies_{variant.pk}"] = field

    def clean(self) -> dict[str, Any]:
        """A sheet has only so many places."""
        data = super().clean() or {}
        paper = PAPERS.get(data.get("paper", ""))
        if paper and paper.is_sheet and (data.get("first") or 1) > paper.per_page:
            self.add_error("first", _("This sheet has %(count)s labels.") % {"count": paper.per_page})
        return data

    def wish(self) -> Wish:
        """What was chosen; only GS1 says lot and date, and only a sheet can have been begun."""
        data, is_gs1 = self.cleaned_data, self.cleaned_data["kind"] == Kind.GS1_DATAMATRIX
        return Wish(
            paper=data["paper"],
            kind=data["kind"],
            layout=data["layout"] or "shelf",
            first=data["first"] if PAPERS[data["paper"]].is_sheet else 1,
            with_price=data["with_price"],
            with_sku=data["with_sku"],
            lot=data["lot"] if is_gs1 else "",
            best_before=data["best_before"] if is_gs1 else None,
        )
