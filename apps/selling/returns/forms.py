"""Forms of returns. They read what was typed; the services decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.amount_fields import quantity_field
from apps.goods.catalog.forms import TagsField
from apps.goods.catalog.models import Variant
from apps.selling.orders.sold import counting_of_line

from .models import NOT_FOR_SALE, Reason, ReturnLine, Wish
from .selectors import Returnable
from .services.asking import WishedLine
from .services.receiving import ReceivedLine


class WordsForm(forms.Form):
    """What the buyer reads."""

    words = forms.CharField(
        label=_("What the buyer reads"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("How to send it, or why not."),
    )


class WishForm(forms.Form):
    """Pieces of each line, why, and what is wanted for them; for staff and for buyers."""

    wish = forms.ChoiceField(label=_("What is wanted for it"), choices=Wish.choices, initial=Wish.REFUND)
    note = forms.CharField(
        label=_("Anything to add"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self,
        lines: Sequence[Returnable],
        choices: dict[UUID, list[Variant]],
        wishes: Sequence[str] = Wish.values,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lines = list(lines)
        wish: Any = self.fields["wish"]
        wish.choices = [(value, label) for value, label in Wish.choices if value in wishes]
        for one in self.lines:
            if one.most:
                self._add(one, choices.get(one.line.pk, []) if Wish.EXCHANGE in wishes else [])

    def _add(self, one: Returnable, variants: Sequence[Variant]) -> None:
        pk, title = one.line.pk, one.line.title
        counting = counting_of_line(one.line)
        self.fields[f"line_{pk}"] = quantity_field(
            counting,
            label=_now("How much (%(unit)s)") % {"unit": counting.sign}
            if counting.unit
            else _now("How many"),
            most=one.most,
            initial=0,
            attrs={"aria-label": f"{title}: {counting.sign or _now('how many')}"},
        )
        self.fields[f"reason_{pk}"] = forms.ChoiceField(
            label=_now("Why it comes back"),
            widget=forms.Select(attrs={"aria-label": f"{title}: {_now('why it comes back')}"}),
            choices=[("", _now("Choose a reason")), *Reason.choices],
            required=False,
        )
        if variants:
            named = [(str(variant.pk), variant.title or variant.product.title) for variant in variants]
            self.fields[f"exchange_{pk}"] = forms.ChoiceField(
                label=_now("Exchange for"),
                widget=forms.Select(attrs={"aria-label": f"{title}: {_now('exchange for')}"}),
                choices=[("", _now("No exchange")), *named],
                required=False,
            )

    def rows(self) -> list[dict[str, Any]]:
        """The lines with their fields, for a table."""
        prefixes = ("line", "reason", "exchange")
        return [
            {
                "line": one.line,
                "why_not": one.why_not,
                "most": one.most,
                "fields": [
                    self[name] if (name := f"{prefix}_{one.line.pk}") in self.fields else None
                    for prefix in prefixes
                ],
            }
            for one in self.lines
        ]

    def wished(self) -> list[WishedLine]:
        """What was chosen; lines left at nought are not meant."""
        data = self.cleaned_data
        found = []
        for one in self.lines:
            pk = one.line.pk
            if count := data.get(f"line_{pk}") or 0:
                instead = data.get(f"exchange_{pk}") or ""
                reason = data.get(f"reason_{pk}") or ""
                found.append(WishedLine(pk, count, reason, UUID(instead) if instead else None))
        return found


class ReceiveForm(forms.Form):
    """What arrived of each line, and how; it begins with what the buyer's reason lets expect."""

    def __init__(self, lines: Sequence[ReturnLine], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines = [line for line in lines if line.open_quantity]
        for line in self.lines:
            likely = "damaged" if line.reason in NOT_FOR_SALE else "sellable"
            for name, label in (
                ("sellable", _now("can be sold")),
                ("damaged", _now("damaged")),
                ("missing", _now("did not arrive")),
            ):
                self.fields[f"{name}_{line.pk}"] = quantity_field(
                    counting_of_line(line.order_line),
                    label=f"{line.order_line.title}: {label}",
                    most=line.open_quantity,
                    initial=line.open_quantity if name == likely else 0,
                )

    def rows(self) -> list[dict[str, Any]]:
        """The lines with their fields, for a table."""
        return [
            {
                "line": line.order_line,
                "fields": [self[f"{name}_{line.pk}"] for name in ("sellable", "damaged", "missing")],
            }
            for line in self.lines
        ]

    def received(self) -> list[ReceivedLine]:
        """What was entered."""
        data = self.cleaned_data
        return [
            ReceivedLine(
                line.pk,
                *(data.get(f"{name}_{line.pk}") or 0 for name in ("sellable", "damaged", "missing")),
            )
            for line in self.lines
        ]


class SettleForm(forms.Form):
    """How it is paid back."""

    how = forms.ChoiceField(label=_("How it is paid back"), choices=Wish.choices)


class RulesForm(forms.Form):
    """What the shop takes back."""

    accepts = forms.BooleanField(label=_("Buyers may ask for returns on their order's page"), required=False)
    window_days = forms.IntegerField(
        label=_("Days after arrival"),
        min_value=0,
        max_value=3650,
        help_text=_("Staff may agree to later ones."),
    )
    offers_exchange = forms.BooleanField(label=_("Offer an exchange"), required=False)
    offers_credit = forms.BooleanField(label=_("Offer store credit"), required=False)
    excluded_tags = TagsField(
        label=_("Not taken back: goods with these tags"),
        required=False,
        help_text=_("For example: made to measure, final sale."),
    )
    instructions = forms.CharField(
        label=_("How to send it back"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Buyers read it when their return is approved: the address, what to put in the parcel."),
    )
