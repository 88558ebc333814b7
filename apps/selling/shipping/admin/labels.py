"""Buying a label for a parcel: package and weight, what each carrier would take now, one button."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog.drafts import SIDES
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.ids import new_id
from apps.kernel.web import form_error, sentence
from apps.platform.backoffice.columns import format_amount, format_field_state, format_moment
from apps.platform.backoffice.detail import Section, tells_of
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.selectors import get_current_business
from apps.selling.orders.deliveries import parcel_name
from apps.selling.orders.models import Fulfilment, FulfilmentLine, Order
from apps.selling.orders.states import FulfilmentState
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import CarrierUnavailable, get_carrier, needs_customs
from apps.selling.shipping.fitting import Goods, smallest_that_holds
from apps.selling.shipping.models import Package, Shipment
from apps.selling.shipping.services import ParcelDraft, buy_label, quote_rates
from apps.selling.shipping.services.recording import HEAVIEST_GRAMS


class ParcelForm(forms.Form):
    package = forms.ChoiceField(label=gettext_lazy("Package"))
    grams = forms.IntegerField(
        label=gettext_lazy("Weight with everything, in grams"), min_value=1, max_value=HEAVIEST_GRAMS
    )
    direction = forms.ChoiceField(label=gettext_lazy("Direction"), choices=Shipment.Direction.choices)

    def __init__(self, *args: Any, packages: list[Package], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["package"].choices = [(str(one.pk), one.name) for one in packages]  # type: ignore[attr-defined]

    def draft(self) -> ParcelDraft:
        """What the services take."""
        data = self.cleaned_data
        return ParcelDraft(data["grams"], UUID(data["package"]), data["direction"])


@page("shipping/parcels/<uuid:fulfilment_id>/label/", name="shipping_label", title=gettext_lazy("Buy a label"),
      permission=policies.PACK)  # fmt: skip
def label(request: HttpRequest, fulfilment_id: UUID) -> HttpResponse:
    """Ask for rates, then buy; what was typed is kept over both steps."""
    parcel = Fulfilment.objects.select_related("order").filter(pk=fulfilment_id).first()
    if parcel is None:
        raise Http404
    actor: Actor = request.actor  # type: ignore[attr-defined]
    may_set_up = actor.may(policies.MANAGE)
    packages = list(Package.objects.filter(active=True))
    start = {**_start_of(parcel, packages), "direction": request.GET.get("direction", "out")}
    form = ParcelForm(request.POST or None, packages=packages, initial=start)
    if start["fits"]:
        form.fields["package"].help_text = _("The smallest that holds the goods, by their sizes.")
    context: dict[str, Any] = {
        "parcel": parcel,
        "parcel_name": parcel_name(parcel),
        "form": form,
        "packages": packages,
        "back_url": reverse("admin:orders_order_change", args=[parcel.order_id]),
        # Only who may go there is shown the way.
        "packages_url": reverse("admin:shipping_package_changelist") if may_set_up else "",
        "carriers_url": reverse("admin:shipping_carriers") if may_set_up else "",
        "key": request.POST.get("key", "")[:64] or str(new_id()),
    }
    status = 200
    if request.method == "POST":
        if not form.is_valid():
            return render_page(request, "shipping/buy_label.html", context, status=400)
        try:
            if "buy" in request.POST:
                return _bought(request, actor, parcel, form, context["key"])
            found, said = quote_rates(actor, fulfilment_id=parcel.pk, draft=form.draft())
            context |= {"asked": True, "said": said, "rates": [_row(code, rate) for code, rate in found]}
        except DomainError as error:
            form_error(form, error)
            status = error.status
    return render_page(request, "shipping/buy_label.html", context, status=status)


def _bought(
    request: HttpRequest, actor: Actor, parcel: Fulfilment, form: ParcelForm, key: str
) -> HttpResponse:
    carrier, _dot, service = request.POST["buy"].partition(":")
    try:
        shipment = buy_label(
            actor, fulfilment_id=parcel.pk, carrier=carrier, service=service, draft=form.draft(), key=key
        )
    except CarrierUnavailable as error:
        words = _("%(answer)s We look for the label at the carrier; it is not bought twice.")
        messages.warning(request, words % {"answer": sentence(error)})
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[parcel.order_id]))
    messages.success(request, _("The label is bought: %(number)s.") % {"number": shipment.tracking_number})
    return HttpResponseRedirect(reverse("admin:shipping_shipment_change", args=[shipment.pk]))


def _row(code: str, rate: Any) -> dict[str, Any]:
    return {
        "value": f"{code}:{rate.service}",
        "carrier": get_carrier(code).name,
        "name": rate.name,
        "price": format_amount(rate.price, rate.currency) if rate.price is not None else "–",
        "due": format_moment(rate.due_at),
    }


def _start_of(parcel: Fulfilment, packages: list[Package]) -> dict[str, Any]:
    """Package and weight by the catalogue: a start for who has no scales."""
    sides = [f"order_line__variant__{name}" for name in (*SIDES, "weight_grams")]
    rows = FulfilmentLine.objects.filter(fulfilment=parcel).values_list(
        F("quantity") * F("order_line__pack_quantity"), *sides
    )
    found = [(count, *(fact or 0 for fact in facts)) for count, *facts in rows]
    held = smallest_that_holds([Goods(count, (a, b, c)) for count, a, b, c, _g in found], packages)
    chosen = held or (packages[0] if packages else None)
    grams = sum(count * grams for count, *_sides, grams in found)
    return {
        "grams": grams + (chosen.empty_grams if chosen else 0) or 500,
        "package": str(chosen.pk) if chosen else "",
        "fits": held is not None,
    }


def label_url(parcel: Fulfilment, direction: str = "out") -> str:
    """Where a label for the parcel is bought."""
    url = reverse("admin:shipping_label", args=[parcel.pk])
    return url if direction == "out" else f"{url}?direction={direction}"


def _labels_of(parcel: Any) -> Any:
    names = ("id", "direction", "state", "tracking_number")
    found = Shipment.objects.filter(fulfilment=parcel).order_by("id")
    return found.values(facts=JSONObject(**{name: name for name in names}))


@tells_of(Order)
def labels_of(actor: Actor, order: Order) -> list[Section]:
    """Each parcel's label, with what can be done next."""
    if not actor.may(policies.PACK) or order.fulfilment_state == FulfilmentState.UNFULFILLED:
        return []
    # Parcels and their shipments in one query: the page of an order has many parts.
    labelled = Fulfilment.objects.filter(order=order).order_by("number")
    labelled = labelled.annotate(labels=ArraySubquery(_labels_of(OuterRef("pk"))))
    rows = []
    for parcel in labelled:
        own = [Shipment(**facts) for facts in parcel.labels]
        live = {one.direction for one in own if one.state not in ("refused", "void")}
        for one in own:
            url = reverse("admin:shipping_shipment_change", args=[one.pk])
            name = one.tracking_number or _("Open")
            rows.append([parcel.number, one.get_direction_display(), format_html('<a href="{}">{}</a>', url, name),
                         format_field_state(one, "state")])  # fmt: skip
        for direction, words in (("out", _("Buy a label")), ("back", _("Buy a label for the way back"))):
            if direction in live or (direction == "out" and parcel.state == Fulfilment.State.DELIVERED):
                continue
            link = format_html('<a href="{}">{}</a>', label_url(parcel, direction), words)
            rows.append([parcel.number, Shipment.Direction(direction).label, link, ""])
    if needs_customs(get_current_business().country, order.ship_country):
        for parcel in labelled:
            url = reverse("admin:shipping_customs", args=[parcel.pk])
            link = format_html('<a href="{}">{}</a>', url, _("Print the customs paper"))
            rows.append([parcel.number, Shipment.Direction.OUT.label, link, ""])
    if not rows:
        return []
    return [Section(_("Labels"), columns=[_("Parcel"), _("Direction"), _("Label"), _("State")], rows=rows)]
