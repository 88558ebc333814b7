"""Pick lists on a telephone: one field for a scanner, every piece counted aloud."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog.amount_fields import quantity_field
from apps.goods.catalog.models import Variant
from apps.goods.catalog.sold import counting_of
from apps.goods.inventory.codes import codes_of
from apps.goods.inventory.page_parts import full_name
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_moment,
    moment_column,
    number_column,
    state_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.selling.shipping import policies
from apps.selling.shipping.models import PickLine, PickList
from apps.selling.shipping.services import cancel_picking, finish_picking

_S = PickList.State


def lines_of(pick_list: PickList) -> list[PickLine]:
    """In the order of the shelves."""
    rows = PickLine.objects.filter(pick_list=pick_list).select_related("order", "variant__product")
    return list(rows.order_by("position"))


def scanned(variant: Variant, wanted: int, codes: dict[str, int]) -> dict[str, Any]:
    """What a row of the scan page knows: how much is wanted, in words and as a number, and what each code adds.

    The code of what is measured means all that is wanted of it: a cut of cloth is one thing in the hand.
    """
    counting = counting_of(variant)
    adds = {code: wanted if counting.unit and count == 1 else count for code, count in codes.items()}
    return {
        "wanted": counting.plain(wanted),
        "wanted_words": counting.words(wanted),
        "unit": counting.sign,
        "codes": json.dumps({code: json.loads(counting.plain(count)) for code, count in adds.items()}),
    }


class PickForm(forms.Form):
    """A number for each line."""

    def __init__(self, lines: list[PickLine], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"line_{line.pk}"] = quantity_field(
                counting_of(line.variant), label=full_name(line.variant), most=line.quantity, initial=0
            )

    def rows(self) -> list[dict[str, Any]]:
        """For the table: what may be scanned for each line."""
        codes = codes_of([line.variant_id for line in self.lines])
        return [
            {
                "title": full_name(line.variant),
                "sku": line.variant.sku,
                "for": line.order.number,
                **scanned(line.variant, line.quantity, codes.get(line.variant_id, {})),
                "field": self[f"line_{line.pk}"],
            }
            for line in self.lines
        ]


class Pick(Verb):
    name = "pick"
    label = gettext_lazy("Pick")
    submit_label = gettext_lazy("Finish the list")
    permission = policies.PACK
    icon = "barcode_scanner"
    template_name = "shipping/scan.html"

    def is_available(self, actor: Actor, obj: PickList) -> bool:
        return obj.state == _S.OPEN

    def heading(self, actor: Actor, obj: PickList) -> Any:
        return _("Pick list %(number)s at %(place)s") % {"number": obj.number, "place": obj.location.name}

    def get_form(self, actor: Actor, obj: PickList, **kwargs: Any) -> Any:
        self.form = PickForm(lines_of(obj), **kwargs)
        return self.form

    def context(self, actor: Actor, obj: PickList, form: Any) -> dict[str, Any]:
        return {"rows": form.rows(), "with_orders": True}

    def perform(self, actor: Actor, obj: PickList, data: dict[str, Any], key: str) -> Any:
        picked = {line.pk: data[f"line_{line.pk}"] or 0 for line in self.form.lines}
        return finish_picking(actor, pick_list_id=obj.pk, picked=picked, key=key)

    def success(self, obj: PickList, result: PickList) -> Any:
        return _("List %(number)s is picked. Now pack each order.") % {"number": result.number}


class CallOff(Verb):
    name = "cancel"
    label = gettext_lazy("Call off")
    permission = policies.PACK
    dangerous = True

    def is_available(self, actor: Actor, obj: PickList) -> bool:
        return obj.state == _S.OPEN

    def explain(self, actor: Actor, obj: PickList) -> list[Any]:
        return [_("Put everything back on the shelves. Its orders may stand on another list.")]

    def perform(self, actor: Actor, obj: PickList, data: dict[str, Any], key: str) -> Any:
        return cancel_picking(actor, pick_list_id=obj.pk)


@register(PickList)
class PickListAdmin(TenantModelAdmin):
    read_permission = policies.PACK
    list_display = [
        text_column("number", description=gettext_lazy("Number")),
        state_column("state", description=gettext_lazy("State")),
        text_column("location.name", description=gettext_lazy("Location")),
        number_column("pieces", description=gettext_lazy("Pieces")),
        who_column("opened_by_label", description=gettext_lazy("Opened by")),
        moment_column("created_at", description=gettext_lazy("Opened")),
    ]
    list_select_related = ["location"]
    ordering = ["-id"]
    verbs = [Pick, CallOff]
    tabs = [Tab("open", gettext_lazy("To pick"), Q(state=_S.OPEN)), Tab("all", gettext_lazy("All"))]
    empty_title = gettext_lazy("Nothing to pick")
    empty_text = gettext_lazy(
        "Open a list on the page Shipping: choose the orders, then walk along the shelves once."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("location")
        return found.annotate(pieces=Sum("lines__quantity"))

    def title(self, obj: PickList) -> Any:
        return obj.number

    def facts(self, actor: Actor, obj: PickList) -> list[Fact]:
        return [
            Fact(_("Location"), obj.location.name),
            Fact(_("State"), obj.get_state_display()),
            Fact(_("Opened by"), say_who(obj.opened_by_label)),
            Fact(_("Picked by"), say_who(obj.picked_by_label)),
            Fact(_("Picked"), format_moment(obj.picked_at)),
        ]

    def sections(self, actor: Actor, obj: PickList) -> list[Section]:
        lines = lines_of(obj)
        orders = {line.order_id: line.order for line in lines}
        rows = [
            [
                full_name(line.variant),
                line.variant.sku,
                line.order.number,
                words(line.quantity),
                words(line.picked),
            ]
            for line, words in ((line, counting_of(line.variant).words) for line in lines)
        ]
        pack = [
            [
                order.number,
                order.get_fulfilment_state_display(),
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:shipping_pack", args=[order.pk]), _("Pack")
                ),
            ]
            for order in sorted(orders.values(), key=lambda order: order.number)
        ]
        return [
            Section(
                _("Items"),
                columns=[_("Item"), _("SKU"), _("Order"), _("To pick"), _("Picked")],
                rows=rows,
                align={3: "end", 4: "end"},
            ),
            Section(_("Orders"), columns=[_("Order"), _("State"), _("Next")], rows=pack),
        ]
