"""Changing a placed order in the back office: the form, what it would come to, and the versions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.amount_fields import quantity_field
from apps.goods.inventory.codes import find_goods
from apps.kernel.actors import Actor, say_who
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence as refusal_sentence
from apps.platform.backoffice.columns import format_amount, format_moment
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.verbs import Verb

from .amendments import AmendmentDraft, plan_amendment
from .drafts import LineDraft
from .forms import PiecesForm
from .models import Order, OrderLine, OrderVersion
from .policies import can_amend
from .selectors import get_order
from .services import amend_order
from .sold import counting_of_line
from .typed_lines import read_lines
from .versions import changes_of, list_versions, say_change
from .ways import ways_of


class AmendForm(PiecesForm):
    """How many of each line there shall be, what comes on top, and why."""

    added = forms.CharField(
        label=_("Add items"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "SH-S, 2\nSH-M, 1, 8.50"}),
        help_text=_(
            "One line each: SKU or barcode, quantity, price. Without a price the buyer's price is taken. What is "
            "measured is typed as it is sold: LINEN, 0.5 m, 19.00 for a metre."
        ),
    )
    shipping = forms.DecimalField(
        label=_("Delivery charge"), min_value=0, max_digits=19, decimal_places=4, required=False,
        help_text=_("Leave empty to keep it."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("The buyer reads it in the mail.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, order: Order, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(order, lines, **kwargs)
        for line in self.lines:
            least = line.fulfilled_quantity + line.cancelled_quantity
            counting = counting_of_line(line)
            field: Any = quantity_field(
                counting,
                label=f"{line.title}: {_now('pieces')}",
                least=least,
                initial=line.quantity,
            )
            if least:
                field.said = _now("at least %(count)s") % {"count": counting.words(least)}
            self.fields[f"line_{line.pk}"] = field
        self.fields["version"].initial = order.version

    def clean_added(self) -> list[LineDraft]:
        return read_lines(self.cleaned_data["added"], find_goods)

    def draft(self) -> AmendmentDraft:
        """What was typed, for the service: an empty field leaves its line as it is."""
        data = self.cleaned_data
        typed = {line.pk: data.get(f"line_{line.pk}") for line in self.lines}
        return AmendmentDraft(
            quantities={pk: count for pk, count in typed.items() if count is not None},
            added=data["added"],
            shipping=data["shipping"],
        )


class AmendOrder(Verb):
    name = "amend"
    act = "orders.refund"
    label = _("Change order")
    submit_label = _("Make the next version")
    permission = "orders.amend"
    icon = "edit"
    template_name = "orders/pieces.html"

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return can_amend(actor, obj)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Change order %(number)s") % {"number": obj.number}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        sentences = [
            _now("0 takes a line off. Stock is reserved and freed with it; the version before is kept.")
        ]
        if obj.paid_total:
            sentences.append(
                _now("The buyer is asked for the difference, or it goes back the way it was paid.")
            )
        return sentences

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = AmendForm(obj, _lines(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        if not isinstance(form, AmendForm):
            return {}
        return {
            "rows": form.rows("line"),
            "heads": [_now("Pieces")],
            "preview_url": reverse("admin:orders_amend_preview", args=[obj.pk]),
            "other_fields": [form[name] for name in ("added", "shipping", "reason", "version")],
        }

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return amend_order(
            actor,
            order_id=obj.pk,
            draft=self.form.draft(),
            reason=data["reason"],
            version=data["version"],
            key=key,
        )

    def success(self, obj: Any, result: Any) -> Any:
        return _now("Order %(number)s is at version %(version)s.") % {
            "number": obj.number,
            "version": result.number,
        }


def _lines(order: Order) -> list[OrderLine]:
    lines = OrderLine.objects.filter(order=order).select_related("variant__product")
    return list(lines.order_by("position"))


@page(
    "orders/<uuid:order_id>/amend-preview/",
    name="orders_amend_preview",
    title=_("Change order"),
    permission="orders.amend",
)
def amend_preview(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """What the change on the page would come to, for htmx; nothing is written."""
    order = get_order(order_id)
    lines = _lines(order)
    form = AmendForm(order, lines, data=request.POST or None)
    context: dict[str, Any] = {}
    if form.is_valid():
        currency = order.currency
        try:
            plan = plan_amendment(order, lines, form.draft())
        except DomainError as refused:
            context["problem"] = refusal_sentence(refused)
        else:
            is_paid = bool(order.paid_total)
            context = {
                "rows": [
                    (say_change(change, currency), _signed(change["amount"], currency))
                    for change in changes_of(order, plan)
                ],
                "tax": _signed(plan.tax - order.tax_total, currency),
                "difference": _signed(plan.difference, currency),
                "total": format_amount(plan.total, currency),
                "owed": format_amount(plan.owed, currency) if plan.owed else "",
                "ways": [(name, format_amount(price, currency)) for name, price in ways_of(plan)],
                "back": format_amount(plan.goes_back, currency) if plan.goes_back and is_paid else "",
            }
    return render(request, "orders/amend_preview.html", context)


def _signed(amount: Any, currency: str) -> str:
    value = Decimal(amount)
    return f"{'+' if value > 0 else ''}{format_amount(value, currency)}"


def versions_section(order: Order) -> list[Section]:
    """The chain of versions; nothing, and no query, while there is one."""
    if order.version == 1:
        return []
    return [
        Section(
            title=_("Versions"),
            columns=[_("Version"), _("What was changed"), _("Reason"), _("By"), _("When"), _("Total")],
            rows=[_version_row(order, made) for made in list_versions(order)],
            align={5: "end"},
        )
    ]


def _version_row(order: Order, made: OrderVersion) -> list[Any]:
    said = ((say_change(change, order.currency),) for change in made.changes)
    return [
        made.number,
        format_html_join("", "{}<br>", said) if made.changes else _now("As it was placed"),
        made.reason,
        say_who(made.actor_label),
        format_moment(made.made_at),
        format_amount(made.total, order.currency),
    ]
