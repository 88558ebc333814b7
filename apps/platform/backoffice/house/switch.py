"""Choosing the business one works for."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.middleware import activate
from apps.platform.businesses.selectors import list_memberships


@page("switch/", name="switch", title=gettext_lazy("Switch business"), permission=None)
def switch(request: HttpRequest) -> HttpResponse:
    """GET lists the person's businesses; POST `business` makes one active, 404 for any other."""
    memberships = list(list_memberships(request.user))  # type: ignore[arg-type]
    if request.method != "POST":
        return render_page(request, "backoffice/switch.html", {"memberships": memberships})
    try:
        wanted = UUID(request.POST.get("business", ""))
    except ValueError as error:
        raise Http404 from error
    for membership in memberships:
        if membership.business_id == wanted:
            activate(request, membership.business)
            messages.success(request, _("You now work for %(name)s.") % {"name": membership.business.name})
            return HttpResponseRedirect(reverse("admin:index"))
    raise Http404
