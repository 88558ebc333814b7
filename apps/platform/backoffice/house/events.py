"""The outbox of the business: what is told to whom, what waits, what is parked and why, and its replay."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.kernel.actors import Actor
from apps.kernel.event_types import list_event_types, subscriber_does
from apps.kernel.models import Delivery
from apps.kernel.outbox import depth, parked_with
from apps.kernel.plain_words import say_event, say_receiver
from apps.platform.backoffice import nav, today
from apps.platform.backoffice.columns import format_moment, format_state
from apps.platform.backoffice.detail import Fact
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.replaying import read_choice, replayed_message, say_replay, show_payload
from apps.platform.backoffice.services import replay_deliveries

PAGE = 50
VIEWS = {
    "dead": gettext_lazy("Parked"),
    "pending": gettext_lazy("Waiting"),
    "done": gettext_lazy("Delivered"),
}


@page("events/", name="events", title=gettext_lazy("Events"), permission="platform.operate")
def events(request: HttpRequest) -> HttpResponse:
    """GET shows deliveries by state, newest first; POST says what a replay will do, and does it when confirmed."""
    if request.method == "POST":
        return _replay(request)
    state = request.GET.get("state", "dead")
    state = state if state in VIEWS else "dead"
    subscriber = request.GET.get("subscriber", "")[:100]
    business_id = _business_id(request)
    rows = Delivery.objects.filter(business_id=business_id, state=state).select_related("event")
    if subscriber:
        rows = rows.filter(subscriber=subscriber)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    where = {"state": state, **({"subscriber": subscriber} if subscriber else {})}
    older = f"?{urlencode({**where, 'before': found[PAGE - 1].pk})}" if len(found) > PAGE else ""
    context = {
        "views": _views(state),
        "state": state,
        "subscriber": subscriber,
        "rows": [(row, format_state(row.state, row.get_state_display())) for row in found[:PAGE]],
        "older_url": older,
        "depth": depth(business_id),
    }
    return render_page(request, "backoffice/events.html", context)


@page("event-types/", name="event_types", title=gettext_lazy("What is told"), permission="platform.operate")
def event_types(request: HttpRequest) -> HttpResponse:
    """The registry: each event type with its fields, who tells it, who is told, and how it goes here."""
    context = {"types": list_event_types(_business_id(request)), "views": _views("types")}
    return render_page(request, "backoffice/event_types.html", context)


@page(
    "events/<int:delivery_id>/",
    name="event_delivery",
    title=gettext_lazy("Event"),
    permission="platform.operate",
)
def event_delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One event on its way to one receiver: payload, attempts, cause, and how the others stand."""
    row = (
        Delivery.objects.filter(business_id=_business_id(request), pk=delivery_id)
        .select_related("event")
        .first()
    )
    if row is None:
        raise Http404
    siblings = row.event.deliveries.exclude(pk=row.pk).order_by("pk")
    context = {
        "heading": say_event(row.event.name),
        "row": row,
        "facts": delivery_facts(row),
        "payload": show_payload(row),
        "others": [(one, format_state(one.state, one.get_state_display())) for one in siblings],
    }
    return render_page(request, "backoffice/event_delivery.html", context)


def delivery_facts(row: Delivery) -> list[Fact]:
    """What stands on top of a delivery's page."""
    return [
        Fact(_("State"), format_state(row.state, row.get_state_display())),
        Fact(_("For"), say_receiver(row.subscriber), help=subscriber_does(row.event.name, row.subscriber)),
        Fact(_("Happened"), format_moment(row.event.occurred_at)),
        Fact(_("Version"), row.event.version),
        Fact(_("Owner"), row.owner, help=_("Events of one owner are delivered in their order.")),
        Fact(_("Attempts"), row.attempts),
        Fact(_("Event id"), row.event_id),
        Fact(_("Names for programs"), f"{row.event.name} · {row.subscriber}"),
        Fact(_("Delivered"), format_moment(row.done_at)),
    ]


def _replay(request: HttpRequest) -> HttpResponse:
    chosen, subscriber = read_choice(request.POST)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require("platform.operate")
    if request.POST.get("confirmed"):
        count = replay_deliveries(actor, delivery_ids=chosen, subscriber=subscriber)
        if count:
            messages.success(request, replayed_message(count))
        else:
            messages.warning(request, _("Nothing was parked any more: somebody else was quicker."))
        return HttpResponseRedirect(reverse("admin:events"))
    rows = list(
        parked_with(chosen, business_id=_business_id(request), subscriber=subscriber)
        .select_related("event")
        .order_by("pk")
    )
    if not rows:
        messages.warning(request, _("Choose at least one parked event."))
        return HttpResponseRedirect(reverse("admin:events"))
    context = {
        "heading": _("Deliver parked events again"),
        "sentences": say_replay(rows, chosen, subscriber),
        "chosen": chosen,
        "subscriber": subscriber,
        "count": len(rows),
    }
    return render_page(request, "backoffice/events_replay.html", context)


def _views(open_view: str) -> list[tuple[str, Any, bool]]:
    """The tabs: addresses, labels, and which is open."""
    address = reverse("admin:events")
    tabs = [(f"{address}?state={name}", label, name == open_view) for name, label in VIEWS.items()]
    return [*tabs, (reverse("admin:event_types"), _("What is told"), open_view == "types")]


def _business_id(request: HttpRequest) -> Any:
    return request.business.pk  # type: ignore[attr-defined]


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
