"""What is sold before it is there, in the back office; and what orders wait for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.catalog.sold import counting_of
from apps.goods.inventory.codes import find_variants
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_moment, state_column
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.verbs import Verb

from .later import waiting_words
from .models import LaterKind, LaterSale, Order, WaitingLine
from .services import end_later, sell_later
from .services.waiting import LARGEST_LIMIT
from .sold import counting_of_line

MOST_SHOWN = 100


class LaterForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Sold as"),
        choices=LaterKind.choices,
        help_text=_("A backorder comes again; a pre-order was never there."),
    )
    limit = forms.IntegerField(
        label=_("How many, beyond what is there"), min_value=1, max_value=LARGEST_LIMIT
    )
    promised_on = forms.DateField(
        label=_("Promised for"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Buyers read this day on every page and in their mail. A pre-order needs one."),
    )


class AddForm(LaterForm):
    code = forms.CharField(label=_("SKU or barcode"), max_length=120)

    field_order = ("code", "kind", "limit", "promised_on")

    def clean_code(self) -> Variant:
        code = self.cleaned_data["code"].strip()
        found = find_variants([code]).get(code.upper())
        if found is None:
            raise forms.ValidationError(_now("Nothing has this code."))
        return found


class AddLater(Verb):
    name = "add"
    label = _("Sell before it is there")
    permission = "stock.rules"
    icon = "add"
    form_class = AddForm

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("Who orders first is served first, as soon as goods come in.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        variant = data.pop("code")
        return sell_later(actor, variant_id=variant.pk, **data, key=key)


class ChangeLater(Verb):
    name = "change"
    label = _("Change")
    permission = "stock.rules"
    icon = "edit"
    form_class = LaterForm
    writes_back = True

    def explain(self, actor: Actor, obj: LaterSale) -> list[Any]:
        return [_now("Orders already placed keep the day they were promised.")]

    def initial(self, actor: Actor, obj: LaterSale) -> dict[str, Any]:
        return {"kind": obj.kind, "limit": obj.variant.backorder_limit, "promised_on": obj.promised_on}

    def perform(self, actor: Actor, obj: LaterSale, data: dict[str, Any], key: str) -> Any:
        return sell_later(actor, variant_id=obj.variant_id, **data, key=key)


class EndLater(Verb):
    name = "end"
    label = _("Sell only what is there")
    permission = "stock.rules"
    dangerous = True

    def explain(self, actor: Actor, obj: LaterSale) -> list[Any]:
        return [_now("Nobody can order more than there is. Who has ordered still gets it.")]

    def perform(self, actor: Actor, obj: LaterSale, data: dict[str, Any], key: str) -> Any:
        end_later(actor, sale_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:orders_latersale_changelist")


def item(sale: LaterSale) -> str:
    return full_name(sale.variant)


def limit(sale: LaterSale) -> int:
    return int(sale.variant.backorder_limit)


item.short_description = _("Item")  # type: ignore[attr-defined]
limit.short_description = _("At most")  # type: ignore[attr-defined]


@register(LaterSale)
class LaterSaleAdmin(TenantModelAdmin):
    read_permission = "stock.read"
    list_display = (item, state_column("kind", description=_("Sold as")), "promised_on", limit)
    ordering = ("promised_on", "id")
    verbs = (ChangeLater, EndLater)
    list_verbs = (AddLater,)
    empty_title = _("Nothing is sold before it is there")
    empty_text = _("Let buyers order what comes again, or what is not out yet, with the day it is sent.")
    empty_verb = "add"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("variant__product")
        return found

    def title(self, obj: LaterSale) -> Any:
        return item(obj)

    def facts(self, actor: Actor, obj: LaterSale) -> list[Fact]:
        waiting = WaitingLine.objects.filter(variant_id=obj.variant_id, arrived_at__isnull=True)
        return [
            Fact(_("Item"), item(obj), variant_url(obj.variant_id)),
            Fact(_("Sold as"), obj.get_kind_display()),
            Fact(_("Promised for"), obj.promised_on),
            Fact(_("At most"), counting_of(obj.variant).words(obj.variant.backorder_limit)),
            Fact(
                _("Waited for"),
                counting_of(obj.variant).words(waiting.aggregate(sum=Sum("quantity"))["sum"] or 0),
            ),
        ]

    def sections(self, actor: Actor, obj: LaterSale) -> list[Section]:
        if not actor.may("orders.read"):
            return []
        rows = WaitingLine.objects.filter(variant_id=obj.variant_id, arrived_at__isnull=True)
        return [
            Section(
                _("Who waits, the first to be served on top"),
                columns=[_("Order"), _("Buyer"), _("Pieces"), _("Promised for"), _("Ordered")],
                rows=[
                    [
                        format_html(
                            '<a href="{}">{}</a>',
                            reverse("admin:orders_order_change", args=[row.order_id]),
                            row.order.number,
                        ),
                        row.order.ship_name,
                        counting_of_line(row.line).words(row.quantity),
                        row.promised_on,
                        format_moment(row.order.placed_at),
                    ]
                    for row in rows.select_related("order", "line__variant").order_by("line_id")[:MOST_SHOWN]
                ],
                align={2: "end"},
                empty=_("Nobody waits for it."),
            )
        ]


@tells_of(Order)
def waits_for(actor: Actor, order: Order) -> list[Section]:
    """What of the order has to come first."""
    if not getattr(order, "waits", True):
        return []
    rows = list(
        WaitingLine.objects.filter(order=order, arrived_at__isnull=True)
        .select_related("line__variant")
        .order_by("id")
    )
    if not rows:
        return []
    said = [[row.line.title, waiting_words(row)] for row in rows]
    return [Section(_("Waits for goods"), columns=[_("Item"), _("When")], rows=said)]


nav.register(
    section="Stock",
    label=_("Backorders and pre-orders"),
    url="admin:orders_latersale_changelist",
    permission="stock.read",
    icon="event_upcoming",
    order=38,
    under="admin:inventory_stockbalance_changelist",
)
