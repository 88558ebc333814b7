"""The stock ledger in the back office: read, never edited."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.costs import HidesCosts, cost_column
from apps.goods.catalog.models import Variant
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory import lot_pages
from apps.goods.inventory.filters import LocationFilter
from apps.goods.inventory.models import StockMovement
from apps.goods.inventory.page_parts import full_name, variant_url
from apps.goods.inventory.tracing import find_paper
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    link_column,
    moment_column,
    number_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact

# With more of them their movements lie so dense in the ledger that walking it from its end is the shorter way.
FEW_ITEMS = 50


@register(StockMovement)
class StockMovementAdmin(HidesCosts, TenantModelAdmin):
    """The ledger, newest first."""

    read_permission = "stock.read"
    list_display = [
        moment_column("occurred_at", description=_("When")),
        link_column(
            lambda row: full_name(row.variant), lambda row: variant_url(row.variant_id), description=_("Item")
        ),
        text_column("get_reason_display", description=_("What")),
        number_column("on_hand_delta", description=_("On hand")),
        number_column("reserved_delta", description=_("Reserved")),
        cost_column("value_delta", description=_("Value")),
        text_column("location.name", description=_("Location")),
        who_column(),
    ]
    list_select_related = ["variant__product", "location"]
    list_filter = ["reason", LocationFilter]
    search_fields = ["variant__sku__istartswith", "variant__barcode__startswith"]
    search_help_text = _("SKU or barcode")
    ordering = ["-id"]
    empty_title = _("No movements yet")
    empty_text = _("Every unit that comes, goes or is promised is written here.")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The items first: joined to them the whole ledger would be walked for the few movements of one."""
        term = search_term.strip()
        if not term:
            return queryset, False
        sought = Variant.objects.filter(Q(sku__istartswith=term) | Q(barcode__startswith=term))
        found = list(sought.order_by().values_list("pk", flat=True)[: FEW_ITEMS + 1])
        if len(found) > FEW_ITEMS:
            return super().get_search_results(request, queryset, term)
        return queryset.filter(variant__in=found), False

    def title(self, obj: StockMovement) -> str:
        return f"{obj.get_reason_display()}: {full_name(obj.variant)}"

    def facts(self, actor: Actor, obj: StockMovement) -> list[Fact]:
        paper = find_paper(actor, obj.reference_type, obj.reference_id)
        return [
            Fact(_("Item"), full_name(obj.variant), url=variant_url(obj.variant_id)),
            Fact(_("Location"), obj.location.name),
            *(
                [Fact(_("Lot"), obj.lot.code, url=lot_pages.lot_url(obj.lot_id))]
                if obj.lot is not None
                else []
            ),
            Fact(_("On hand"), f"{obj.on_hand_delta:+d}"),
            Fact(_("Reserved"), f"{obj.reserved_delta:+d}"),
            *(
                [
                    Fact(_("Value"), format_amount(obj.value_delta)),
                    Fact(_("Unit cost"), format_amount(obj.unit_cost)),
                ]
                if actor.may(SEES_COSTS)
                else []
            ),
            Fact(_("Belongs to"), paper.label, url=paper.url),
            Fact(_("By"), say_who(obj.actor_label)),
            Fact(_("Note"), obj.note),
        ]


nav.register(
    section="Stock",
    label=_("Movements"),
    url="admin:inventory_stockmovement_changelist",
    under="admin:inventory_stockbalance_changelist",
    permission="stock.read",
    icon="swap_vert",
    order=40,
)
