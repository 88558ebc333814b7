"""The bell: what a member should know, and what each one wants to be told."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.kernel.errors import DomainError
from apps.platform.alerts.kinds import find_kind, list_kinds
from apps.platform.alerts.models import Preference
from apps.platform.alerts.selectors import list_alerts, preferences_of
from apps.platform.alerts.services import Wanted, choose_preferences, mark_read
from apps.platform.backoffice.pages import page, render_page
from apps.platform.notifications import vapid
from apps.platform.notifications.browsers import browser_name
from apps.platform.notifications.providers.sandbox import SandboxPush
from apps.platform.notifications.selectors import find_channel_setting, list_devices
from apps.platform.notifications.services import (
    forget_device,
    queue_device_test,
    remember_device,
    send_message,
)
from apps.platform.notifications.states import Channel

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
    """For each kind: at the bell, by e-mail, in the browser, or not at all; and which browsers are told."""
    if request.method == "POST":
        if (done := _change_browsers(request)) is not None:
            return done
        _save_wishes(request)
        return HttpResponseRedirect(reverse("admin:my_alerts"))
    actor = request.actor  # type: ignore[attr-defined]
    chosen = preferences_of(actor.id)
    key = vapid.find_key()
    devices = list_devices([actor.id])
    context = {
        "rows": [(kind, chosen.get(kind.code) or Preference()) for kind in list_kinds(actor)],
        "devices": devices,
        "digests": " ".join(device.digest for device in devices),
        "public_key": vapid.public_text(key) if key is not None else "",
        "worker": reverse("notifications:push_worker"),
        "is_tried_out": find_channel_setting(Channel.PUSH).provider == SandboxPush.code,
    }
    return render_page(request, "backoffice/me/alerts.html", context)


def _save_wishes(request: HttpRequest) -> None:
    actor = request.actor  # type: ignore[attr-defined]
    wanted = {
        kind.code: Wanted(*(f"{place}:{kind.code}" in request.POST for place in ("bell", "email", "push")))
        for kind in list_kinds(actor)
    }
    choose_preferences(actor, wanted=wanted)
    messages.success(request, _("Saved."))


def _change_browsers(request: HttpRequest) -> HttpResponse | None:
    """Turn this browser on, turn one off, or try one; None when the form was another one."""
    actor = request.actor  # type: ignore[attr-defined]
    try:
        if "endpoint" in request.POST:
            given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
            remember_device(actor, **given, label=browser_name(request.headers.get("User-Agent", "")))
            messages.success(request, _("This browser is told of alerts from now on."))
        elif (chosen := _uuid(request.POST.get("forget", ""))) is not None:
            forget_device(actor, device_id=chosen)
            messages.success(request, _("This browser is told nothing more."))
        elif (chosen := _uuid(request.POST.get("try", ""))) is not None:
            _try(request, chosen)
        else:
            return None
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("admin:my_alerts"))


def _try(request: HttpRequest, device_id: UUID) -> None:
    to = str(getattr(request.user, "email", ""))
    message = queue_device_test(request.actor, device_id=device_id, to=to)  # type: ignore[attr-defined]
    # At once and not by the task: whoever tries it looks at the screen.
    if send_message(message.business_id, message.pk):
        messages.success(request, _("The test was handed over. It appears within a few seconds."))
    else:
        messages.error(request, _("The test did not arrive. Turn this browser off and on again."))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
