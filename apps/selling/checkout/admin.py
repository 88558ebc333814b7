"""Carts in the back office: what visitors want and have not ordered yet."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_field_state,
    format_moment,
    moment_column,
    state_column,
)
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab

from . import link_admin, policies  # noqa: F401  (registers its pages)
from .models import Cart
from .selectors import LineView, cart_view, find_checkout, list_carts, recovered


def visitor(cart: Cart) -> str:
    """Whose cart it is, as far as he has said."""
    return cart.email or str(cart.details.get("name") or "") or _("A visitor")


def contents(cart: Cart) -> str:
    """How many pieces lie in it."""
    count = getattr(cart, "item_count", 0)
    return ngettext("%(count)s piece", "%(count)s pieces", count) % {"count": count}


visitor.short_description = gettext_lazy("Visitor")  # type: ignore[attr-defined]
contents.short_description = gettext_lazy("Contents")  # type: ignore[attr-defined]


@register(Cart)
class CartAdmin(TenantModelAdmin):
    read_permission = policies.READ
    list_display = [
        visitor,
        contents,
        state_column("state", description=gettext_lazy("State")),
        moment_column("updated_at", description=gettext_lazy("Last touched")),
        moment_column("abandoned_at", description=gettext_lazy("Left behind")),
    ]
    search_fields = ["email__istartswith"]
    search_help_text = gettext_lazy("The beginning of an e-mail address")
    ordering = ["-updated_at", "-id"]
    tabs = [
        Tab("left", gettext_lazy("Left behind"), Q(state="active", abandoned_at__isnull=False)),
        Tab("open", gettext_lazy("Open"), Q(state="active")),
        Tab(
            "recovered",
            gettext_lazy("Came back and ordered"),
            Q(state="converted", recovered_at__isnull=False),
        ),
        Tab("ordered", gettext_lazy("Ordered"), Q(state="converted")),
    ]
    empty_title = gettext_lazy("No carts here")
    empty_text = gettext_lazy(
        "A cart is shown here while somebody fills it, and four hours after he left it with an address."
    )

    change_list_template = "checkout/cart_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        won = recovered() if self.has_view_permission(request) else None
        total = format_amount(won.total) if won else ""
        return super().changelist_view(
            request, {"recovered": won, "recovered_total": total, **(extra_context or {})}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cart]:
        carts: QuerySet[Cart] = super().get_queryset(request)
        return list_carts(carts)

    def title(self, obj: Cart) -> Any:
        return _("Cart of %(visitor)s") % {"visitor": visitor(obj)}

    def subtitle(self, obj: Cart) -> Any:
        return format_moment(obj.updated_at)

    def facts(self, actor: Actor, obj: Cart) -> list[Fact]:
        view = cart_view(obj)
        facts = [
            Fact(_("Visitor"), visitor(obj), help=str(obj.details.get("phone") or "")),
            Fact(_("State"), format_field_state(obj, "state")),
            Fact(_("Goods"), format_amount(view.subtotal)),
        ]
        if obj.abandoned_at:
            facts.append(Fact(_("Left behind"), format_moment(obj.abandoned_at)))
        if obj.reminded_at:
            facts.append(Fact(_("Reminded"), format_moment(obj.reminded_at)))
        if obj.recovered_at:
            facts.append(Fact(_("Came back"), format_moment(obj.recovered_at)))
        if obj.attribution:
            facts.append(Fact(_("Came from"), " · ".join(obj.attribution.values())))
        if obj.checkout_id and (done := find_checkout(obj.checkout_id)) and actor.may("orders.read"):
            url = reverse("admin:orders_order_change", args=[done.first_order["order_id"]])
            facts.append(Fact(_("Ordered as"), done.first_order["number"], url))
        return facts

    def sections(self, actor: Actor, obj: Cart) -> list[Section]:
        lines = cart_view(obj).lines
        return [
            Section(
                title=_("Contents"),
                columns=[_("Item"), _("Pieces"), _("Price"), _("Amount"), _("What stands in the way")],
                rows=[_row(line) for line in lines],
                align={1: "end", 2: "end", 3: "end"},
                empty=_("Nothing lies in this cart."),
            )
        ]


def _row(line: LineView) -> list[Any]:
    title = f"{line.title}, {line.variant_title}" if line.variant_title else line.title
    return [title, line.quantity, format_amount(line.unit_price), format_amount(line.amount), line.warning]


nav.register(
    section="Sell",
    label=gettext_lazy("Carts"),
    url="admin:checkout_cart_changelist",
    permission=policies.READ,
    icon="shopping_cart",
    order=30,
)
