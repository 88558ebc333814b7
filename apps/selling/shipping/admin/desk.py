"""The shipping desk: what is to be packed, printed, looked after; lists for couriers and what they send back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.web import sentence
from apps.platform.backoffice import nav
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Location
from apps.selling.orders.models import Fulfilment
from apps.selling.orders.selectors import list_to_ship
from apps.selling.shipping import policies
from apps.selling.shipping.models import CarrierAccount, PickLine, Shipment
from apps.selling.shipping.services import open_pick_list, read_courier_states, write_courier_list
from apps.selling.shipping.services.couriers import COURIER, LARGEST_FILE

from .shipments import NEEDS_CARE, TO_PRINT

MOST_SHOWN = 30
_S = Shipment.State


@page("shipping/", name="shipping_desk", title=gettext_lazy("Shipping"), permission=policies.PACK)
def desk(request: HttpRequest) -> HttpResponse:
    """One page for whoever packs; a constant number of queries."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        return _act(request, actor)
    carriers = set(CarrierAccount.objects.filter(active=True).values_list("carrier", flat=True))
    listed = PickLine.objects.filter(order=OuterRef("pk"), is_open=True)
    orders = list(list_to_ship().annotate(is_listed=Exists(listed))[: MOST_SHOWN + 1])
    labelled = Shipment.objects.filter(fulfilment=OuterRef("pk"), direction="out").exclude(
        state__in=(_S.REFUSED, _S.VOID)
    )
    unlabelled = (
        Fulfilment.objects.filter(~Exists(labelled), state=Fulfilment.State.SHIPPED, tracking_number="")
        .select_related("order")
        .order_by("shipped_at")[:MOST_SHOWN]
        if carriers
        else []
    )
    late = Q(due_at__lt=clock.now(), state__in=(_S.READY, _S.IN_TRANSIT))
    shipments = list(
        Shipment.objects.filter(TO_PRINT | NEEDS_CARE | late).select_related("order").order_by("id")[:200]
    )
    now = clock.now()
    places = Location.objects.filter(active=True)
    if actor.location_ids is not None:
        places = places.filter(pk__in=actor.location_ids)
    context: dict[str, Any] = {
        "orders": orders[:MOST_SHOWN],
        "more_orders": len(orders) > MOST_SHOWN,
        "places": list(places),
        "unlabelled": list(unlabelled),
        "to_print": [one for one in shipments if one.state == _S.READY and one.printed_at is None],
        "late": [
            one
            for one in shipments
            if one.due_at and one.due_at < now and one.state in (_S.READY, _S.IN_TRANSIT)
        ],
        "care": [one for one in shipments if one.state in (_S.FAILED, _S.ASKED)],
        "has_courier": COURIER in carriers,
        "needs_carrier": not carriers and actor.may(policies.MANAGE),
    }
    return render_page(request, "shipping/desk.html", context)


class CourierFile(forms.Form):
    file = forms.FileField()


def _act(request: HttpRequest, actor: Actor) -> HttpResponse:
    back = HttpResponseRedirect(reverse("admin:shipping_desk"))
    try:
        if "pick" in request.POST:
            made = open_pick_list(
                actor,
                order_ids=_ids(request.POST.getlist("order")),
                location_id=_ids([request.POST.get("place", "")])[0],
                key=request.POST.get("key", "")[:64] or None,
            )
            return HttpResponseRedirect(reverse("admin:shipping_picklist_change", args=[made.pk]))
        if "courier" in request.POST:
            response = HttpResponse(write_courier_list(actor), content_type="text/csv; charset=utf-8")
            day = clock.now().date().isoformat()
            response["Content-Disposition"] = f'attachment; filename="courier-{day}.csv"'
            return response
        form = CourierFile(request.POST, request.FILES)
        if not form.is_valid() or form.cleaned_data["file"].size > LARGEST_FILE:
            raise InvalidInput(_("Choose a CSV file of up to 1 MB."), code="bad_courier_file")
        done = read_courier_states(actor, content=form.cleaned_data["file"].read())
        messages.success(request, _("The state of %(count)s parcels was recorded.") % {"count": done.parcels})
        for problem in done.problems[:5]:
            messages.warning(request, problem)
    except DomainError as error:
        messages.error(request, sentence(error))
    return back


def _ids(given: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in given]
    except ValueError as error:
        raise InvalidInput(_("Choose orders and a location."), code="no_orders") from error


nav.register(
    section="Sell",
    label=gettext_lazy("Shipping"),
    url="admin:shipping_desk",
    permission=policies.PACK,
    icon="package_2",
    order=12,
)
nav.register(
    section="Sell",
    label=gettext_lazy("Pick lists"),
    url="admin:shipping_picklist_changelist",
    under="admin:shipping_desk",
    permission=policies.PACK,
    icon="barcode_scanner",
    order=13,
)
nav.register(
    section="Sell",
    label=gettext_lazy("Shipments"),
    url="admin:shipping_shipment_changelist",
    under="admin:shipping_desk",
    permission=policies.PACK,
    icon="local_shipping",
    order=14,
)
