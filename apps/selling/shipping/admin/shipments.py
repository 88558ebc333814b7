"""Shipments in the back office: their labels, and where they are."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_field_state,
    format_moment,
    moment_column,
    state_column,
    text_column,
)
from apps.platform.backoffice.detail import Fact, Step
from apps.platform.backoffice.tabs import Tab
from apps.platform.backoffice.verbs import Verb
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable, get_store
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import find_carrier
from apps.selling.shipping.models import Shipment, ShipmentEvent
from apps.selling.shipping.services import follow_shipment, print_label, settle_asked, void_label

_S = Shipment.State
TO_PRINT = Q(state=_S.READY, printed_at__isnull=True)
NEEDS_CARE = Q(state__in=(_S.FAILED, _S.ASKED))


def carrier_name(shipment: Shipment) -> str:
    """As people know it."""
    carrier = find_carrier(shipment.carrier)
    return str(carrier.name) if carrier else shipment.carrier


carrier_name.short_description = gettext_lazy("Carrier")  # type: ignore[attr-defined]


class PrintLabel(Verb):
    name = "print"
    label = gettext_lazy("Print the label")
    permission = policies.PACK
    icon = "print"

    def is_available(self, actor: Actor, obj: Shipment) -> bool:
        return obj.state not in (_S.ASKED, _S.REFUSED, _S.VOID)

    def explain(self, actor: Actor, obj: Shipment) -> list[Any]:
        if obj.printed_at:
            return [_("It was printed before: use it for this parcel only, and only once.")]
        return [_("The label opens as a PDF.")]

    def perform(self, actor: Actor, obj: Shipment, data: dict[str, Any], key: str) -> Any:
        return print_label(actor, shipment_id=obj.pk)

    def answer(self, request: HttpRequest, obj: Any, result: Shipment) -> HttpResponse | None:
        response = HttpResponse(_pdf_of(result), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{result.tracking_number}.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response


def _pdf_of(shipment: Shipment) -> bytes:
    if shipment.label is None:
        return bytes(shipment.label_waiting or b"")
    try:
        with get_store().open(shipment.label.object_key) as file:
            return file.read()
    except (StorageUnavailable, FileNotFoundError) as error:
        raise FilesUnreachable() from error


class TakeBack(Verb):
    name = "void"
    label = gettext_lazy("Take the label back")
    permission = policies.PACK
    dangerous = True

    def is_available(self, actor: Actor, obj: Shipment) -> bool:
        return obj.state == _S.READY

    def explain(self, actor: Actor, obj: Shipment) -> list[Any]:
        return [
            _("The carrier is told that %(number)s is not used. Do not stick it on anything.")
            % {"number": obj.tracking_number},
            _("Another label can be bought for the parcel."),
        ]

    def perform(self, actor: Actor, obj: Shipment, data: dict[str, Any], key: str) -> Any:
        return void_label(actor, shipment_id=obj.pk)


class AskCarrier(Verb):
    name = "ask"
    label = gettext_lazy("Ask the carrier now")
    permission = policies.PACK
    icon = "refresh"

    def is_available(self, actor: Actor, obj: Shipment) -> bool:
        carrier = find_carrier(obj.carrier)
        return bool(carrier and carrier.tells) and obj.state in (_S.ASKED, _S.READY, _S.IN_TRANSIT, _S.FAILED)

    def explain(self, actor: Actor, obj: Shipment) -> list[Any]:
        return [_("It is asked by itself every few hours; this asks at once.")]

    def perform(self, actor: Actor, obj: Shipment, data: dict[str, Any], key: str) -> Any:
        actor.require(policies.PACK)
        system = Actor.system("shipping", obj.business_id, actor.request_id)
        if obj.state == _S.ASKED:
            return settle_asked(system, shipment_id=obj.pk)
        return follow_shipment(system, shipment_id=obj.pk)

    def success(self, obj: Any, result: Shipment) -> Any:
        return _("The parcel is: %(state)s.") % {"state": result.get_state_display()}


@register(Shipment)
class ShipmentAdmin(TenantModelAdmin):
    read_permission = policies.PACK
    list_display = [
        text_column("tracking_number", description=gettext_lazy("Tracking number")),
        text_column("order.number", description=gettext_lazy("Order")),
        text_column("order.ship_name", description=gettext_lazy("Buyer")),
        carrier_name,
        state_column("state", description=gettext_lazy("State")),
        moment_column("due_at", description=gettext_lazy("Promised for")),
        moment_column("bought_at", description=gettext_lazy("Bought")),
    ]
    list_select_related = ["order"]
    search_fields = ["tracking_number__istartswith"]
    search_help_text = gettext_lazy("Tracking number")
    ordering = ["-id"]
    verbs = [PrintLabel, AskCarrier, TakeBack]
    empty_title = gettext_lazy("No shipments here")
    empty_text = gettext_lazy("Buy labels on the page of an order, as soon as a parcel of it left.")

    @property
    def tabs(self) -> list[Tab]:  # type: ignore[override]
        """Late depends on the moment."""
        late = Q(due_at__lt=clock.now(), state__in=(_S.READY, _S.IN_TRANSIT, _S.FAILED))
        return [
            Tab("to_print", gettext_lazy("To print"), TO_PRINT),
            Tab("underway", gettext_lazy("On their way"), Q(state=_S.IN_TRANSIT)),
            Tab("late", gettext_lazy("Late"), late),
            Tab("care", gettext_lazy("Need attention"), NEEDS_CARE),
            Tab("all", gettext_lazy("All")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).select_related("order", "label", "package")
        return found

    def title(self, obj: Shipment) -> Any:
        return obj.tracking_number or _("Label for order %(number)s") % {"number": obj.order.number}

    def facts(self, actor: Actor, obj: Shipment) -> list[Fact]:
        order_url = (
            reverse("admin:orders_order_change", args=[obj.order_id]) if actor.may("orders.read") else ""
        )
        link = (
            format_html('<a href="{}" rel="noreferrer">{}</a>', obj.tracking_url, _("Open"))
            if obj.tracking_url
            else ""
        )
        return [
            Fact(_("State"), format_field_state(obj, "state"), help=obj.problem),
            Fact(_("Order"), obj.order.number, order_url),
            Fact(_("Direction"), obj.get_direction_display()),
            Fact(_("Carrier"), carrier_name(obj), help=obj.service_name or obj.service),
            Fact(_("The carrier's page"), link),
            Fact(_("Package"), obj.package or "", help=_("%(grams)s g") % {"grams": obj.grams}),
            Fact(_("Price"), format_amount(obj.price, obj.price_currency) if obj.price is not None else ""),
            Fact(_("Promised for"), format_moment(obj.due_at)),
            Fact(_("Printed"), format_moment(obj.printed_at)),
            Fact(_("Delivered"), format_moment(obj.delivered_at)),
        ]

    def timeline(self, actor: Actor, obj: Shipment) -> list[Step]:
        events = ShipmentEvent.objects.filter(shipment=obj).order_by("-at", "-id")
        return [
            Step(event.at, " · ".join(filter(None, (event.text or event.get_kind_display(), event.place))))
            for event in events
        ]
