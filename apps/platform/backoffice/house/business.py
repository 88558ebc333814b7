"""The settings of the business."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.backoffice import nav
from apps.platform.backoffice.overtaken import guard, keep_seen
from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.forms import SettingsForm
from apps.platform.businesses.services import change_settings


@page("settings/", name="business_settings", title=gettext_lazy("Business"), permission="business.read")
def business_settings(request: HttpRequest) -> HttpResponse:
    """Shown to who may see them, changed by who may change them."""
    actor, business = request.actor, request.business  # type: ignore[attr-defined]
    may_change = actor.may("business.change")
    status = 200
    form = SettingsForm(initial=SettingsForm.start(business))
    keep_seen(request, form)
    if request.method == "POST":
        actor.require("business.change")
        form, status = SettingsForm(request.POST, initial=SettingsForm.start(business)), 400
        if guard(request, form):
            status = 409
        elif form.is_valid():
            try:
                change_settings(actor, **form.changes())
            except DomainError as error:
                form_error(form, error)
            else:
                messages.success(request, _("Settings saved."))
                return HttpResponseRedirect(reverse("admin:business_settings"))
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {"form": form, "may_change": may_change, "business": business}
    return render_page(request, "backoffice/business_settings.html", context, status=status)


@page(
    "settings/take-orders/",
    name="business_reopen",
    title=gettext_lazy("Business"),
    permission="business.change",
)
def business_reopen(request: HttpRequest) -> HttpResponse:
    """The button of the notice that the store takes no orders; opened as a page it leads to the settings."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:business_settings"))
    change_settings(request.actor, orders_closed=False)  # type: ignore[attr-defined]
    messages.success(request, _("The store takes orders again."))
    return HttpResponseRedirect(reverse("admin:index"))


nav.register(
    section="Settings",
    label=gettext_lazy("Business"),
    url="admin:business_settings",
    permission="business.read",
    icon="storefront",
    order=10,
)
