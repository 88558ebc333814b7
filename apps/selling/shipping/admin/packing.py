"""The pack check of one order: every piece is scanned into the box, then it is ready, or sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog.amount_fields import quantity_field
from apps.goods.catalog.sold import counting_of
from apps.goods.inventory.codes import codes_of
from apps.goods.inventory.page_parts import full_name
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.ids import new_id
from apps.kernel.web import form_error
from apps.platform.backoffice.pages import page, render_page
from apps.selling.orders.models import Order
from apps.selling.orders.policies import can_send
from apps.selling.shipping import policies
from apps.selling.shipping.admin.picking import scanned
from apps.selling.shipping.services import pack_order, send_packed
from apps.selling.shipping.services.picking import Wanted, list_wanted


class BoxForm(forms.Form):
    """How many pieces of each thing lie in the box."""

    rest_follows = forms.BooleanField(
        label=gettext_lazy("Send what is in the box; the rest follows"), required=False
    )

    def __init__(self, wanted: list[Wanted], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = wanted
        for one in wanted:
            self.fields[f"box_{one.key}"] = quantity_field(
                counting_of(one.variant), label=full_name(one.variant), initial=0
            )

    def counted(self) -> dict[str, int]:
        """By `Wanted.key`."""
        return {one.key: self.cleaned_data[f"box_{one.key}"] or 0 for one in self.wanted}


@page(
    "shipping/pack/<uuid:order_id>/",
    name="shipping_pack",
    title=gettext_lazy("Pack"),
    permission=policies.PACK,
)
def pack(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Without a scanner the numbers are typed; without script the page does the same."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise Http404
    wanted = list_wanted([order.pk]) if can_send(actor, order) else []
    form = BoxForm(wanted, request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                act = send_packed if "send" in request.POST else pack_order
                done = act(
                    actor,
                    order_id=order.pk,
                    counted=form.counted(),
                    rest_follows=form.cleaned_data["rest_follows"],
                    key=request.POST.get("key", "")[:64] or None,
                )
            except DomainError as error:
                form_error(form, error)
                status = error.status
            else:
                return _done(request, done)
        else:
            status = 400
    codes = codes_of([one.variant.pk for one in wanted])
    context = {
        "title": _("Pack order %(number)s") % {"number": order.number},
        "order": order,
        "form": form,
        "rows": [
            {
                "title": full_name(one.variant),
                "sku": one.variant.sku,
                **scanned(one.variant, one.pieces, codes.get(one.variant.pk, {})),
                "field": form[f"box_{one.key}"],
            }
            for one in wanted
        ],
        "order_url": reverse("admin:orders_order_change", args=[order.pk]),
        "key": request.POST.get("key", "")[:64] or str(new_id()),
    }
    return render_page(request, "shipping/pack.html", context, status=status)


def _done(request: HttpRequest, order: Order) -> HttpResponse:
    if "send" in request.POST:
        messages.success(
            request, _("Order %(number)s is on its way. Buy its label now.") % {"number": order.number}
        )
        return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))
    messages.success(request, _("Order %(number)s is packed.") % {"number": order.number})
    return HttpResponseRedirect(reverse("admin:shipping_desk"))
