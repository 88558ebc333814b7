"""What staff type when they send, refund or note something."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.amount_fields import quantity_field
from apps.goods.inventory.lines import LotPick
from apps.goods.inventory.lot_text import read_picks
from apps.goods.inventory.models import LotBalance
from apps.goods.inventory.selectors import lots_to_choose, tracking_of
from apps.kernel.errors import DomainError

from .drafts import RefundLine
from .models import Order, OrderLine, Tender
from .sold import counting_of_line


class PiecesForm(forms.Form):
    """A number of pieces, or so much of what is measured, for each line, which was read with its variant.

    Bounds are the service's business; the form only reads numbers.
    """

    def __init__(self, order: Order, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.order = order
        self.lines = list(lines)

    def add_pieces(self, prefix: str, line: OrderLine, most: int, initial: int, label: Any) -> None:
        """A field for some pieces of a line; a line without any has none."""
        if most:
            self.fields[f"{prefix}_{line.pk}"] = quantity_field(
                counting_of_line(line), label=f"{line.title}: {label}", most=most, initial=initial
            )

    def pieces(self, prefix: str) -> list[tuple[UUID, int]]:
        """What was entered, line by line; nothing for the lines left at nought."""
        entered = [(line.pk, self.cleaned_data.get(f"{prefix}_{line.pk}") or 0) for line in self.lines]
        return [(line_id, count) for line_id, count in entered if count]

    def rows(self, *prefixes: str) -> list[dict[str, Any]]:
        """The lines with their fields, for a table."""
        return [
            {
                "line": line,
                "waiting": counting_of_line(line).words(line.waiting_quantity),
                "fields": [
                    self[name] if (name := f"{prefix}_{line.pk}") in self.fields else None
                    for prefix in prefixes
                ],
            }
            for line in self.lines
        ]


class LotPicksField(forms.CharField):
    """Which lots leave. Empty: the first to expire; what lies there is offered while typing."""

    def __init__(self, line: OrderLine, offered: Sequence[LotBalance], **kwargs: Any) -> None:
        super().__init__(label=f"{line.title}: {_('lots')}", required=False, max_length=2000, **kwargs)
        first = offered[0].lot.code if offered else ""
        self.widget = forms.TextInput(attrs={"placeholder": first, "autocapitalize": "characters"})
        self.said = ", ".join(_said(row) for row in offered[:6])


def _said(row: LotBalance) -> str:
    last = f" · {formats.date_format(row.lot.expires_on)}" if row.lot.expires_on else ""
    return f"{row.lot.code} × {row.on_hand - row.withheld}{last}"


class ShipForm(PiecesForm):
    """A parcel: all that waits, unless numbers are changed."""

    carrier = forms.CharField(label=_("Carrier"), max_length=80, required=False)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=80, required=False)
    tracking_url = forms.URLField(
        label=_("Tracking link"), max_length=500, required=False, assume_scheme="https"
    )

    def __init__(self, order: Order, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(order, [line for line in lines if line.waiting_quantity], **kwargs)
        for line in self.lines:
            self.add_pieces("line", line, line.waiting_quantity, line.waiting_quantity, _("pieces to send"))
        self.modes = tracking_of(line.variant_id for line in self.lines if line.variant_id)
        offered = lots_to_choose(self.modes) if self.modes else {}
        for line in self.lines:
            if line.variant_id in self.modes:
                self.fields[f"lots_{line.pk}"] = LotPicksField(line, offered.get(line.variant_id, []))

    def clean(self) -> dict[str, Any]:
        """Read the lots that were chosen, now that the pieces of each line are known."""
        data = super().clean() or self.cleaned_data
        self.lots: dict[UUID, list[LotPick]] = {}
        for line in self.lines:
            text, count = data.get(f"lots_{line.pk}") or "", data.get(f"line_{line.pk}") or 0
            if text and count:
                try:
                    self.lots[line.pk] = read_picks(text, count)
                except DomainError as error:
                    self.add_error(f"lots_{line.pk}", str(error.message))
        return data


class RefundForm(PiecesForm):
    """Pieces that were sent, pieces that were not, delivery, or just an amount."""

    shipping = forms.DecimalField(label=_("Of the delivery charge"), min_value=0, required=False)
    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal(0),
        required=False,
        help_text=_(
            "Leave empty to refund the pieces at their price. Without pieces it is given out of goodwill."
        ),
    )
    to_credit = forms.BooleanField(
        label=_("As store credit instead of money"),
        required=False,
        help_text=_("What a gift card paid goes back on the card in any case."),
    )
    restock = forms.BooleanField(label=_("Put pieces that came back into stock"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, order: Order, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(
            order, [line for line in lines if line.waiting_quantity or line.returnable_quantity], **kwargs
        )
        for line in self.lines:
            self.add_pieces("unsent", line, line.waiting_quantity, 0, _("not sent"))
            self.add_pieces("sent", line, line.returnable_quantity, 0, _("sent back or kept"))

    def wanted(self) -> list[RefundLine]:
        """The pieces to refund, saying of each whether it had left."""
        return [RefundLine(line_id, count, sent=False) for line_id, count in self.pieces("unsent")] + [
            RefundLine(line_id, count, sent=True) for line_id, count in self.pieces("sent")
        ]


class CancelForm(forms.Form):
    """Why an order is cancelled; the buyer reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("The buyer sees it on the order's page."),
    )


class MoneyForm(forms.Form):
    """Money that people received."""

    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal(0))
    tender = forms.ChoiceField(
        label=_("Paid by"), choices=[(one.value, one.label) for one in (Tender.BANK, Tender.CASH)]
    )
    received_on = forms.DateField(
        label=_("Received on"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Empty: today. The books take this day."),
    )  # fmt: skip
    reference = forms.CharField(
        label=_("Reference"),
        max_length=120,
        required=False,
        help_text=_("What the bank statement or the till slip says."),
    )


class NoteForm(forms.Form):
    """A note that only staff see."""

    text = forms.CharField(label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
