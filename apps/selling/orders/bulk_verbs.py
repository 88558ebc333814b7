"""Many orders at once, from the list: choose, see what will be skipped and why, do it; take them along as a file."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.verbs import Verb, list_verb_url
from apps.platform.businesses.selectors import get_current_business

from .bulk_plan import ACTS, why_not
from .models import Order, OrderLine
from .services import run_bulk, tag_order
from .sold import counting_of_line

MOST_OFFERED = 100
TAKING = {"csv": _("Download as CSV"), "print": _("Print")}
HEADS = (
    "number", "placed_at", "channel", "state", "payment_state", "fulfilment_state", "name", "email", "po_number",
    "currency", "total", "paid_total", "refunded_total", "outstanding", "tags",
)  # fmt: skip


def offered(numbers: str = "") -> QuerySet[Order]:
    """The orders of these numbers, else the newest ones that have not ended."""
    named = [part.strip().lstrip("#") for part in numbers.replace(",", " ").split() if part.strip()]
    orders: QuerySet[Order] = Order.objects.all()
    if named:
        prefix = get_current_business().order_prefix
        orders = orders.filter(number__in={*named, *(f"{prefix}{one}" for one in named)})
    else:
        orders = orders.filter(state__in=("placed", "confirmed"))
    return orders.order_by("-placed_at", "-id")[:MOST_OFFERED]


class BulkForm(forms.Form):
    """What is done, with which orders."""

    act = forms.ChoiceField(label=_("Do this"), choices=[*ACTS.items(), *TAKING.items()])
    numbers = forms.CharField(
        label=_("Order numbers"), max_length=4000, required=False,
        help_text=_("Empty: those ticked below. Otherwise these, with blanks or commas between."),
    )  # fmt: skip
    orders = forms.TypedMultipleChoiceField(
        label=_("Orders"), coerce=UUID, required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("For cancelling; the buyers read it.")
    )
    tags = forms.CharField(
        label=_("Tags"),
        max_length=200,
        required=False,
        help_text=_("For tagging; several with commas between."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields["orders"].choices = [(str(one.pk), _label(one)) for one in offered()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("numbers"):
            self.chosen = list(offered(data["numbers"]))
        else:
            self.chosen = list(
                Order.objects.filter(pk__in=data.get("orders") or []).order_by("-placed_at", "-id")
            )
        if not self.chosen:
            self.add_error("orders", _now("Choose at least one order."))
        if data.get("act") == "cancel" and not data.get("reason"):
            self.add_error("reason", _now("Say why: the buyers read it."))
        if data.get("act") == "tag" and not split_tags(data.get("tags", "")):
            self.add_error("tags", _now("Enter at least one tag."))
        return data


def split_tags(text: str) -> list[str]:
    """Tags as people type them."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _label(order: Order) -> str:
    parts = (order.number, order.ship_name or order.email, format_amount(order.total, order.currency))
    return " · ".join(filter(None, (*parts, str(order.get_state_display()))))


class BulkOrders(Verb):
    name = "bulk"
    act = "orders.refund"
    label = _("Several at once")
    submit_label = _("Do it")
    permission = "orders.read"
    icon = "checklist"
    template_name = "orders/bulk.html"
    gives_file = True

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("What cannot be done is skipped, and said below before you decide.")]

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = BulkForm(**kwargs)
        return self.form

    def context(self, actor: Actor, obj: Any, form: Any) -> dict[str, Any]:
        names = ("act", "numbers", "orders", "reason", "tags")
        return {
            "preview_url": reverse("admin:orders_bulk_preview"),
            "other_fields": [form[name] for name in names if name in form.fields],
        }

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        self.taken = data["act"] if data["act"] in TAKING else ""
        if self.taken:
            return self.form.chosen
        return run_bulk(
            actor,
            act=data["act"],
            order_ids=[order.pk for order in self.form.chosen],
            reason=data["reason"],
            tags=split_tags(data["tags"]),
            key=key,
        )

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        if self.taken == "csv":
            return _csv(result)
        if self.taken == "print":
            return _printed(request, result)
        return None

    def success(self, obj: Any, result: Any) -> Any:
        count = len(result.done)
        said = ngettext("Done with %(count)s order.", "Done with %(count)s orders.", count) % {"count": count}
        skipped = "; ".join(f"{order.number}: {why}" for order, why in result.skipped[:20])
        return f"{said} {_now('Skipped')}: {skipped}" if skipped else said


class TagForm(forms.Form):
    """Tags of one order."""

    tags = forms.CharField(
        label=_("Tags"), max_length=400, required=False, help_text=_("Several: with commas between.")
    )


class TagOrder(Verb):
    name = "tag"
    label = _("Tags")
    submit_label = _("Save tags")
    permission = "orders.note"
    icon = "label"
    form_class = TagForm
    writes_back = True

    def initial(self, actor: Actor, obj: Order) -> dict[str, Any]:
        return {"tags": ", ".join(obj.tags)}

    def perform(self, actor: Actor, obj: Order, data: dict[str, Any], key: str) -> Any:
        wanted = split_tags(data["tags"])
        kept = {tag.casefold() for tag in wanted}
        gone = [tag for tag in obj.tags if tag.casefold() not in kept]
        return tag_order(actor, order_id=obj.pk, add=wanted, remove=gone)


@page(
    "orders/bulk-preview/", name="orders_bulk_preview", title=_("Several at once"), permission="orders.read"
)
def bulk_preview(request: HttpRequest) -> HttpResponse:
    """What would be done and what skipped, for htmx; nothing is written."""
    if request.method != "POST":
        return HttpResponseRedirect(list_verb_url(Order, BulkOrders.name))
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = BulkForm(data=request.POST)
    form.is_valid()
    chosen: list[Order] = getattr(form, "chosen", [])
    act = form.data.get("act", "")
    judged = [(order, why_not(actor, act, order) if act in ACTS else "") for order in chosen]
    context = {
        "chosen": len(chosen),
        "done": sum(not why for _order, why in judged),
        "skipped": [(order.number, why) for order, why in judged if why],
    }
    return render(request, "orders/bulk_preview.html", context)


def _csv(orders: list[Order]) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADS)
    for one in orders:
        row = [
            one.number, one.placed_at.isoformat(), one.channel, one.state, one.payment_state, one.fulfilment_state,
            one.ship_name, one.email, one.po_number, one.currency, f"{one.total:f}", f"{one.paid_total:f}",
            f"{one.refunded_total:f}", f"{one.outstanding:f}", ", ".join(one.tags),
        ]  # fmt: skip
        writer.writerow([_harmless(str(cell)) for cell in row])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="orders.csv"'
    return response


def _harmless(cell: str) -> str:
    """A buyer's words must not become a formula in a spreadsheet."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and not cell.lstrip("+-").replace(".", "").isdigit() else cell


def _printed(request: HttpRequest, orders: list[Order]) -> HttpResponse:
    lines: dict[UUID, list[tuple[OrderLine, str]]] = {}
    for line in (
        OrderLine.objects.filter(order__in=orders).select_related("variant").order_by("order_id", "position")
    ):
        lines.setdefault(line.order_id, []).append(
            (line, counting_of_line(line).words(line.waiting_quantity))
        )
    context = {
        "title": _now("Orders"),
        "orders": [{"order": one, "lines": lines.get(one.pk, [])} for one in orders],
    }
    return render_page(request, "orders/print.html", context)
