"""Forms of transfers: where from, where to, which goods; and numbers for each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.codes import find_goods
from apps.goods.inventory.page_parts import full_name
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.models import TransferLine
from apps.kernel.actors import Actor
from apps.platform.businesses.selectors import list_locations

MOST_LINES = 500


class TransferForm(forms.Form):
    """A new transfer, typed or scanned."""

    source_id = forms.TypedChoiceField(label=_("From"), coerce=UUID)
    destination_id = forms.TypedChoiceField(label=_("To"), coerce=UUID)
    lines = forms.CharField(
        label=_("Goods"),
        widget=forms.Textarea(attrs={"rows": 10, "placeholder": "SH-S, 12\nSH-M, 6"}),
        help_text=_("One line for each item: SKU or barcode, quantity. Without a quantity it is one."),
    )
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, actor: Actor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # All places of the business: who works at one of them asks for goods of another.
        places = list(list_locations())
        for name in ("source_id", "destination_id"):
            self.fields[name].choices = [(str(place.pk), place.name) for place in places]  # type: ignore[attr-defined]
        own = [place for place in places if actor.location_ids is None or place.pk in actor.location_ids]
        if own and len(places) > 1:
            self.fields["source_id"].initial = str(next(p for p in places if p != own[0]).pk)
            self.fields["destination_id"].initial = str(own[0].pk)

    def clean_lines(self) -> list[WantedLine]:
        return read_lines(self.cleaned_data["lines"])


def read_lines(text: str) -> list[WantedLine]:
    """`SKU or barcode, quantity` line by line, by a pack's code so many packs.

    Raises `ValidationError` that names the lines at fault.
    """
    typed = [line for line in text.splitlines() if line.strip()]
    if len(typed) > MOST_LINES:
        raise forms.ValidationError(_now("At most %(most)s lines at once.") % {"most": MOST_LINES})
    parts = [
        [part.strip() for part in line.replace("\t", ",").replace(";", ",").split(",")] for line in typed
    ]
    known = find_goods(part[0] for part in parts)
    errors, lines = [], []
    for number, part in enumerate(parts, start=1):
        goods = known.get(part[0].upper())
        quantity = part[1] if len(part) > 1 and part[1] else "1"
        if goods is None:
            why = _now("no item has the SKU or barcode “%(code)s”.") % {"code": part[0][:60]}
        elif not (quantity.isascii() and quantity.isdigit() and len(quantity) <= 8 and int(quantity)):
            why = _now("write a whole number after the SKU.")
        else:
            lines.append(WantedLine(goods.variant.pk, int(quantity) * goods.pieces))
            continue
        errors.append(_now("Line %(number)s: %(why)s") % {"number": number, "why": why})
    if errors:
        raise forms.ValidationError(errors[:20])
    return lines


class LinesForm(forms.Form):
    """Numbers for each line of a transfer: `parts` are (name, label with %(item)s)."""

    parts: Sequence[tuple[str, Any]] = ()

    def __init__(self, lines: Iterable[TransferLine], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines = list(lines)
        for line in self.lines:
            for name, label in self.parts:
                field = forms.IntegerField(
                    label=label % {"item": full_name(line.variant)},
                    required=False,
                    min_value=0,
                    max_value=LARGEST_QUANTITY,
                    initial=self.suggested(line, name),
                )
                # The column says what it is; whoever cannot see the column hears it with the field.
                field.widget.attrs["aria-label"] = field.label
                field.widget.attrs["inputmode"] = "numeric"
                self.fields[f"{name}_{line.pk}"] = field

    def suggested(self, line: TransferLine, name: str) -> int | None:
        """What the field starts with."""
        return None

    def number(self, line: TransferLine, name: str) -> int:
        """What was entered; nothing is zero."""
        return self.cleaned_data[f"{name}_{line.pk}"] or 0

    def rows(self) -> list[dict[str, Any]]:
        """For the template's table."""
        return [
            {
                "name": full_name(line.variant),
                "sku": line.variant.sku,
                "count": self.most(line),
                "fields": [
                    (self[f"{name}_{line.pk}"], head)
                    for (name, _label), head in zip(self.parts, self.heads(), strict=True)
                ],
            }
            for line in self.lines
        ]

    def heads(self) -> list[Any]:
        """The headings of the fields' columns."""
        return []

    def most(self, line: TransferLine) -> int:
        """The number that the fields share out."""
        return line.requested_quantity


class ShipTransferForm(LinesForm):
    parts = (("send", _("%(item)s: pieces to send")),)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def suggested(self, line: TransferLine, name: str) -> int:
        return line.requested_quantity

    def heads(self) -> list[Any]:
        return [_("Pieces to send")]

    def quantities(self) -> dict[UUID, int]:
        """Units to send by line."""
        return {line.pk: self.number(line, "send") for line in self.lines}


class ReceiveTransferForm(LinesForm):
    parts = (
        ("arrived", _("%(item)s: arrived")),
        ("damaged", _("%(item)s: damaged")),
        ("missing", _("%(item)s: missing")),
    )
    reason = forms.CharField(
        label=_("What happened"),
        max_length=300,
        required=False,
        help_text=_("Needed when pieces are damaged or missing."),
    )

    def suggested(self, line: TransferLine, name: str) -> int | None:
        return line.open_quantity if name == "arrived" else None

    def heads(self) -> list[Any]:
        return [_("Arrived"), _("Damaged"), _("Missing")]

    def most(self, line: TransferLine) -> int:
        return line.open_quantity

    def landed(self) -> list[LandedLine]:
        """What was entered, line by line."""
        return [
            LandedLine(line.pk, *(self.number(line, name) for name, _label in self.parts))
            for line in self.lines
        ]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)
