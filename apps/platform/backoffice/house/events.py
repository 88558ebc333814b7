"""The outbox of the business: what waits, what is parked and why, and its replay."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.kernel.actors import Actor
from apps.kernel.models import Delivery
from apps.kernel.outbox import depth
from apps.platform.backoffice import nav, today
from apps.platform.backoffice.columns import format_state
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.services import replay_deliveries

PAGE = 50
VIEWS = {
    "dead": gettext_lazy("Parked"),
    "pending": gettext_lazy("Waiting"),
    "done": gettext_lazy("Delivered"),
}


@page("events/", name="events", title=gettext_lazy("Events"), permission="platform.operate")
def events(request: HttpRequest) -> HttpResponse:
    """GET shows deliveries by state, newest first; POST replays the chosen parked ones."""
    if request.method == "POST":
        return _replay(request)
    state = request.GET.get("state", "dead")
    state = state if state in VIEWS else "dead"
    business_id = request.business.pk  # type: ignore[attr-defined]
    rows = Delivery.objects.filter(business_id=business_id, state=state).select_related("event")
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    older = f"?{urlencode({'state': state, 'before': found[PAGE - 1].pk})}" if len(found) > PAGE else ""
    context = {
        "views": [(name, label, name == state) for name, label in VIEWS.items()],
        "state": state,
        "rows": [(row, format_state(row.state, row.get_state_display())) for row in found[:PAGE]],
        "older_url": older,
        "depth": depth(business_id),
    }
    return render_page(request, "backoffice/events.html", context)


def _replay(request: HttpRequest) -> HttpResponse:
    chosen = [int(text) for text in request.POST.getlist("delivery") if text.isdigit()]
    count = replay_deliveries(request.actor, delivery_ids=chosen)  # type: ignore[attr-defined]
    if count:
        messages.success(
            request,
            ngettext(
                "%(count)d event is on its way again.", "%(count)d events are on their way again.", count
            )
            % {"count": count},
        )
    else:
        messages.warning(request, _("Choose at least one parked event."))
    return HttpResponseRedirect(reverse("admin:events"))


@today.register_waiting(permission="platform.operate", order=900)
def parked_events(actor: Actor) -> list[Any]:
    """Something failed for good and somebody must look."""
    parked = Delivery.objects.filter(business_id=actor.business_id, state=Delivery.State.DEAD)[:100].count()
    if not parked:
        return []
    text = ngettext(
        "%(count)d event could not be processed:", "%(count)d events could not be processed:", parked
    )
    return [
        today.Waiting(
            text=text % {"count": parked}, verb=_("Look at them"), url=reverse("admin:events"), tone="bad"
        )
    ]


nav.register(
    section="Settings",
    label=gettext_lazy("Events"),
    url="admin:events",
    permission="platform.operate",
    icon="swap_calls",
    order=80,
)
