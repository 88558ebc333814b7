"""An owner sees what somebody else sees, without being able to change anything."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.platform.backoffice.pages import page, render_page
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.previews import begin_preview, end_preview


@page("preview/", name="preview", title=_("See with somebody else's eyes"), permission="business.own")
def preview(request: HttpRequest) -> HttpResponse:
    """GET offers roles and members, one of them chosen by the address; POST begins."""
    if request.method == "POST":
        return _begin(request)
    members = Membership.objects.filter(status=Membership.Status.ACTIVE).exclude(user_id=str(request.user.pk))
    context = {
        "roles": Role.objects.exclude(code="owner"),
        "members": members.select_related("user", "role").order_by("user__display_name", "id"),
        "chosen": request.GET.get("member") or request.GET.get("role") or "",
    }
    return render_page(request, "backoffice/preview.html", context)


def _begin(request: HttpRequest) -> HttpResponse:
    kind, _colon, text = request.POST.get("who", "").partition(":")
    try:
        wanted = UUID(text)
    except ValueError as error:
        raise Http404 from error
    if kind == "member":
        member = Membership.objects.filter(pk=wanted, status=Membership.Status.ACTIVE).first()
        if member is None:
            raise Http404
        begin_preview(request, member)
    else:
        role = Role.objects.filter(pk=wanted).first()
        if role is None:
            raise Http404
        begin_preview(request, role)
    return HttpResponseRedirect(reverse("admin:index"))


@page("preview/end/", name="preview_end", title=_("See with your own eyes"), permission=None)
def end(request: HttpRequest) -> HttpResponse:
    """POST goes back to one's own view; GET changes nothing."""
    if request.method == "POST":
        end_preview(request)
    return HttpResponseRedirect(reverse("admin:index"))
