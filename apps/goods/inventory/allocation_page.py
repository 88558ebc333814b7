"""The page that chooses from where orders are taken, and tries it out on an order that nobody placed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.allocation_forms import AllocationForm, SiteForm, TryForm
from apps.goods.inventory.allocation_preview import preview_allocation
from apps.goods.inventory.channels import list_channels
from apps.goods.inventory.models import AllocationPolicy, PlaceSite
from apps.goods.inventory.services import drop_allocation, set_allocation, set_sites
from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Location
from apps.platform.businesses.selectors import get_current_business, list_locations

MAY = "stock.allocation"


@page("stock/allocation/", name="stock_allocation", title=_("Where orders are taken from"), permission=MAY)
def show_allocation(request: HttpRequest) -> HttpResponse:
    """The policy of one channel, where the locations lie, and the preview."""
    places, policies = list(list_locations()), _policies()
    channel = _channel(request)
    shown = policies.get(channel) or policies.get("")
    form = AllocationForm(places, shown, data=request.POST if _does(request, "save") else None)
    sites = _site_forms(request, places)
    if request.method == "POST":
        done = _do(request, channel, form, sites)
        if done is not None:
            return done
    return _show(request, channel, form, sites, policies)


@page("stock/allocation/preview/", name="stock_allocation_preview", title=_("Preview"), permission=MAY)
def preview(request: HttpRequest) -> HttpResponse:
    """What an order would be taken from under the policy that is typed. Writes nothing."""
    if request.method != "POST":
        # Whoever comes back to the address without the form gets the form.
        return HttpResponseRedirect(reverse("admin:stock_allocation"))
    places, channel = list(list_locations()), _channel(request)
    form, wanted = AllocationForm(places, None, data=request.POST), TryForm(request.POST)
    context: dict[str, Any] = {}
    if form.is_valid() and wanted.is_valid():
        context["found"] = preview_allocation(
            wanted.cleaned_data["items"], policy=form.policy(), channel=channel, to=wanted.to()
        )
    else:
        context["problems"] = [
            words for one in (form, wanted) for messages_ in one.errors.values() for words in messages_
        ]
    if request.headers.get("HX-Request") == "true":
        return render_page(request, "inventory/allocation_preview.html", context)
    sites = [SiteForm(place, None) for place in places]
    return _show(request, channel, form, sites, _policies(), wanted=wanted, **context)


def _do(
    request: HttpRequest, channel: str, form: AllocationForm, sites: list[SiteForm]
) -> HttpResponse | None:
    actor = request.actor  # type: ignore[attr-defined]
    here = reverse("admin:stock_allocation") + (f"?channel={channel}" if channel else "")
    if _does(request, "drop"):
        drop_allocation(actor, channel=channel)
        messages.success(request, _now("These orders are taken like all others again."))
        return HttpResponseRedirect(reverse("admin:stock_allocation"))
    if _does(request, "sites"):
        # Each is asked, so that each shows its own mistakes.
        valid = [site.is_valid() and not guard(request, site) for site in sites]
        if not all(valid):
            return None
        set_sites(actor, sites=[site.draft() for site in sites])
        messages.success(request, _now("It is kept where your locations lie."))
        return HttpResponseRedirect(here)
    if not _does(request, "save") or guard(request, form) or not form.is_valid():
        return None
    data = form.cleaned_data
    try:
        set_allocation(
            actor,
            channel=channel,
            way=data["way"],
            split=data["split"],
            places=data["places"],
            only_listed=data["only_listed"],
            location_id=data["location_id"],
        )
    except DomainError as error:
        form_error(form, error)
        return None
    messages.success(request, _now("Orders that come in from now on are taken like this."))
    return HttpResponseRedirect(here)


def _show(
    request: HttpRequest,
    channel: str,
    form: AllocationForm,
    sites: list[SiteForm],
    policies: dict[str, AllocationPolicy],
    wanted: TryForm | None = None,
    **context: Any,
) -> HttpResponse:
    tabs = [("", _("All orders")), *list_channels()]
    here = reverse("admin:stock_allocation")
    bad = any(one.is_bound and one.errors for one in [form, *sites])
    overtaken = any(getattr(one, "is_overtaken", False) for one in [form, *sites])
    for one in [form, *sites]:
        if not hasattr(one, "seen"):
            keep_seen(request, one)
    return render_page(
        request,
        "inventory/allocation.html",
        {
            "form": form,
            "sites": sites,
            "wanted": wanted or TryForm(initial={"country": get_current_business().country}),
            "channel": channel,
            "channel_label": dict(tabs)[channel],
            "has_own": channel in policies,
            "follows_all": bool(channel) and channel not in policies,
            "channels": [
                {
                    "label": label,
                    "url": here + (f"?channel={value}" if value else ""),
                    "is_current": value == channel,
                    "has_own": bool(value) and value in policies,
                }
                for value, label in tabs
            ],
            "shows_sites": len(form.places) > 1,
            "preview_url": reverse("admin:stock_allocation_preview"),
            **context,
        },
        status=409 if overtaken else 400 if bad else 200,
    )


def _policies() -> dict[str, AllocationPolicy]:
    return {policy.channel: policy for policy in AllocationPolicy.objects.all()}


def _channel(request: HttpRequest) -> str:
    asked = request.POST.get("channel", "") or request.GET.get("channel", "")
    return asked if asked in dict(list_channels()) else ""


def _does(request: HttpRequest, what: str) -> bool:
    return request.method == "POST" and request.POST.get("do") == what


def _site_forms(request: HttpRequest, places: list[Location]) -> list[SiteForm]:
    known = {site.location_id: site for site in PlaceSite.objects.all()}
    data = request.POST if _does(request, "sites") else None
    return [SiteForm(place, known.get(place.pk), data=data) for place in places]


nav.register(section="Stock", label=_("Where orders are taken from"), url="admin:stock_allocation", permission=MAY,
             icon="alt_route", order=39, under="admin:inventory_stockbalance_changelist")  # fmt: skip
