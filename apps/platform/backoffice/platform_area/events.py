"""The events of all businesses, for who runs the platform: the registry with figures, and what is parked."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.kernel.event_types import list_event_types
from apps.kernel.outbox import depth
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.backoffice.house.events import delivery_facts
from apps.platform.backoffice.platform_area.views import admin_of, for_platform, platform_actor
from apps.platform.backoffice.replaying import read_choice, replayed_message, say_replay, show_payload
from apps.platform.backoffice.selectors import (
    find_across_delivery,
    list_across_parked,
    list_across_replayable,
)
from apps.platform.backoffice.services import replay_for_platform
from apps.platform.businesses.selectors import list_across_names

PAGE = 50


@for_platform
@require_http_methods(["GET"])
def event_types(request: HttpRequest) -> HttpResponse:
    """Every event type with the figures of all businesses together."""
    return render(request, "platform/event_types.html", {"types": list_event_types(), "depth": depth()})


@for_platform
@require_http_methods(["GET", "POST"])
def parked(request: HttpRequest) -> HttpResponse:
    """GET shows what is parked anywhere; POST says what a replay will do, and does it when confirmed."""
    if request.method == "POST":
        return _replay(request)
    subscriber, before = request.GET.get("subscriber", "")[:100], request.GET.get("before", "")
    rows = list_across_parked(
        platform_actor(request),
        subscriber=subscriber,
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
        limit=PAGE + 1,
    )
    names = list_across_names({row.business_id for row in rows})
    context = {
        "rows": [(row, names.get(row.business_id, "")) for row in rows[:PAGE]],
        "subscriber": subscriber,
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
    }
    return render(request, "platform/parked.html", context)


@for_platform
@require_http_methods(["GET"])
def parked_one(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One event with its payload and cause."""
    row = find_across_delivery(platform_actor(request), delivery_id)
    if row is None:
        raise Http404
    names = list_across_names({row.business_id})
    context = {
        "row": row,
        "facts": delivery_facts(row),
        "payload": show_payload(row),
        "business": names.get(row.business_id, ""),
    }
    return render(request, "platform/parked_one.html", context)


def _replay(request: HttpRequest) -> HttpResponse:
    back = reverse("platform_parked")
    if must_prove_again(request):
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?next={back}")
    chosen, subscriber = read_choice(request.POST)
    actor = platform_actor(request)
    if request.POST.get("confirmed"):
        count = replay_for_platform(
            actor, admin=admin_of(request), delivery_ids=chosen, subscriber=subscriber
        )
        if count:
            messages.success(request, replayed_message(count))
        else:
            messages.warning(request, _("Nothing was parked any more: somebody else was quicker."))
        return HttpResponseRedirect(back)
    rows = list_across_replayable(actor, chosen, subscriber=subscriber)
    if not rows:
        messages.warning(request, _("Choose at least one parked event."))
        return HttpResponseRedirect(back)
    context = {
        "sentences": say_replay(rows, chosen, subscriber),
        "chosen": chosen,
        "subscriber": subscriber,
        "count": len(rows),
    }
    return render(request, "platform/replay.html", context)
