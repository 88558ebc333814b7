"""Parcels on their way, for whoever hands them over: where to, what, and one button. No prices, no e-mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav, today
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_moment, moment_column, state_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb

from .models import Fulfilment, FulfilmentLine
from .services import hand_over
from .services.delivering import LONGEST_NOTE
from .sold import counting_of_line

ON_ITS_WAY = Q(state=Fulfilment.State.SHIPPED)
MOST_ON_BADGE = 99


class HandOverForm(forms.Form):
    """Where the parcel is now."""

    note = forms.CharField(
        label=_("Where is it?"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_(
            "For example: with the neighbour at number 5. The buyer reads it; leave it empty when it was"
            " given to the buyer."
        ),
    )


class HandOver(Verb):
    name = "hand-over"
    label = _("Handed over")
    permission = "deliveries.deliver"
    icon = "where_to_vote"
    form_class = HandOverForm

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(obj.state == Fulfilment.State.SHIPPED)

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Hand over %(parcel)s") % {"parcel": parcel_name(obj)}

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [_now("The parcel counts as delivered, with your name and the time.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return hand_over(actor, fulfilment_id=obj.pk, note=data["note"], key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(parcel)s is delivered.") % {"parcel": parcel_name(obj)}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:orders_fulfilment_changelist")


def parcel_name(parcel: Fulfilment) -> str:
    """As it stands on the label: order and parcel."""
    return _now("Order %(number)s, parcel %(parcel)s") % {
        "number": parcel.order.number,
        "parcel": parcel.number,
    }


parcel_name.short_description = _("Parcel")  # type: ignore[attr-defined]


def where_to(parcel: Fulfilment) -> str:
    """The address in one line; the name stands beside it."""
    order = parcel.order
    return ", ".join(order.ship_lines[1:] if order.ship_name else order.ship_lines)


where_to.short_description = _("Where to")  # type: ignore[attr-defined]


@register(Fulfilment)
class DeliveryAdmin(TenantModelAdmin):
    """The list of whoever carries parcels, oldest first."""

    read_permission = "deliveries.read"
    list_display = (
        parcel_name,
        text_column("order.ship_name", description=_("Buyer")),
        where_to,
        state_column("state", description=_("State")),
        moment_column("shipped_at", description=_("Sent")),
    )
    ordering = ("-shipped_at", "-id")
    tabs = (
        Tab("to_deliver", _("To hand over"), ON_ITS_WAY, ordering=("shipped_at", "id")),
        Tab("delivered", _("Delivered"), Q(state=Fulfilment.State.DELIVERED)),
    )
    verbs = (HandOver,)
    empty_title = _("Nothing to hand over")
    empty_text = _("Parcels appear here as soon as they are sent from your locations.")

    def list_title(self) -> str:
        return _now("Deliveries")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("order")
        return found

    def title(self, obj: Fulfilment) -> Any:
        return parcel_name(obj)

    def facts(self, actor: Actor, obj: Fulfilment) -> list[Fact]:
        order = obj.order
        facts = [
            Fact(_("Buyer"), order.ship_name),
            Fact(_("Where to"), where_to(obj)),
            Fact(_("Telephone"), order.phone, f"tel:{_dialled(order.phone)}" if order.phone else ""),
            Fact(_("Sent"), format_moment(obj.shipped_at)),
        ]
        if order.note:
            facts.append(Fact(_("Buyer's note"), order.note))
        if obj.carrier or obj.tracking_number:
            facts.append(Fact(_("Carrier"), f"{obj.carrier} {obj.tracking_number}".strip()))
        if obj.delivered_at:
            facts.append(Fact(_("Delivered"), format_moment(obj.delivered_at)))
        if actor.may("orders.read"):
            url = reverse("admin:orders_order_change", args=[order.pk])
            facts.append(Fact(_("Order"), order.number, url))
        return facts

    def sections(self, actor: Actor, obj: Fulfilment) -> list[Section]:
        pieces = FulfilmentLine.objects.filter(fulfilment=obj).select_related("order_line__variant")
        return [
            Section(
                title=_("What is in it"),
                columns=[_("Item"), _("Pieces")],
                rows=[
                    [piece.order_line.title, counting_of_line(piece.order_line).words(piece.quantity)]
                    for piece in pieces.order_by("order_line__position")
                ],
                align={1: "end"},
            )
        ]


def _dialled(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


def _count(actor: Actor) -> int:
    return len(Fulfilment.objects.filter(ON_ITS_WAY).values_list("pk")[: MOST_ON_BADGE + 1])


@today.register_waiting(permission="deliveries.deliver", order=12)
def to_hand_over(actor: Actor) -> list[today.Waiting]:
    """For who sees parcels and no orders: the day's work. Others have the orders in front of them."""
    count = 0 if actor.may("orders.read") else _count(actor)
    if not count:
        return []
    text = ngettext(
        "%(count)d parcel is to be handed over:", "%(count)d parcels are to be handed over:", count
    )
    url = reverse("admin:orders_fulfilment_changelist")
    return [today.Waiting(text=text % {"count": count}, verb=_now("See them"), url=url)]


nav.register(
    section="Sell",
    label=_("Deliveries"),
    url="admin:orders_fulfilment_changelist",
    permission="deliveries.read",
    icon="where_to_vote",
    order=15,
)
