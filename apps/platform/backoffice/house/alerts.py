"""The bell: what a member should know, and what each one wants to be told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.platform.alerts.kinds import find_kind, list_kinds
from apps.platform.alerts.selectors import list_alerts, preferences_of
from apps.platform.alerts.services import choose_preferences, mark_read
from apps.platform.backoffice.pages import page, render_page

PAGE = 50


@page("alerts/", name="alerts", title=gettext_lazy("Alerts"), permission=None)
def alerts(request: HttpRequest) -> HttpResponse:
    """GET shows the member's own, newest first; POST marks one or all as read."""
    if request.method == "POST":
        return _read(request)
    unread_only = request.GET.get("show") != "all"
    rows = list_alerts(request.actor.id, unread_only=unread_only)  # type: ignore[attr-defined]
    before = _uuid(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    asked = (
        {"show": "" if unread_only else "all", "before": str(found[PAGE - 1].pk)} if len(found) > PAGE else {}
    )
    context = {
        "views": [
            ("?", _("Unread"), unread_only),
            ("?show=all", _("All"), not unread_only),
        ],
        "rows": [(row, getattr(find_kind(row.kind), "icon", "notifications")) for row in found[:PAGE]],
        "older_url": f"?{urlencode(asked)}" if asked else "",
        "unread_only": unread_only,
    }
    return render_page(request, "backoffice/alerts.html", context)


def _read(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    chosen = _uuid(request.POST.get("alert", ""))
    if chosen is not None:
        mark_read(actor, alert_ids=[chosen])
    elif "all" in request.POST:
        count = mark_read(actor)
        said = ngettext("%(count)d alert is marked as read.", "%(count)d alerts are marked as read.", count)
        messages.success(request, said % {"count": count})
    back = "?show=all" if request.POST.get("show") == "all" else ""
    return HttpResponseRedirect(f"{reverse('admin:alerts')}{back}")


@page("me/alerts/", name="my_alerts", title=gettext_lazy("What you are told"), permission=None)
def my_alerts(request: HttpRequest) -> HttpResponse:
    """For each kind: at the bell, by e-mail, or not at all."""
    actor = request.actor  # type: ignore[attr-defined]
    kinds = list_kinds(actor)
    if request.method == "POST":
        wanted = {
            kind.code: (f"bell:{kind.code}" in request.POST, f"email:{kind.code}" in request.POST)
            for kind in kinds
        }
        choose_preferences(actor, wanted=wanted)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("admin:my_alerts"))
    chosen = preferences_of(actor.id)
    rows: list[tuple[Any, bool, bool]] = []
    for kind in kinds:
        known = chosen.get(kind.code)
        rows.append((kind, known.at_bell if known else True, known.by_email if known else False))
    return render_page(request, "backoffice/me/alerts.html", {"rows": rows})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
