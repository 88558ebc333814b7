"""Pages of who runs the platform."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, NotFound
from apps.kernel.web import form_error
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.models import User
from apps.platform.accounts.services import reset_second_factor, unlock_person
from apps.platform.accounts.two_step import has_shown_second_factor, must_prove_again
from apps.platform.backoffice.platform_area.forms import PersonForm, SearchForm, SuspendForm, WorkAsForm
from apps.platform.businesses import impersonation
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.selectors import get_business, list_across_businesses, list_across_members
from apps.platform.businesses.services.impersonating import start_impersonation
from apps.platform.businesses.services.platform import resume_business, suspend_business

View = Callable[..., HttpResponse]
PAGE = 50


def for_platform(view: View) -> View:
    """Only platform administrators, only with a second factor; for everybody else the area does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("account_login"))
        if not getattr(request.user, "is_platform_admin", False):
            raise Http404
        if not has_shown_second_factor(request):
            return HttpResponseRedirect(reverse("mfa_index"))
        return view(request, *args, **kwargs)

    return guarded


@for_platform
@require_http_methods(["GET"])
def businesses(request: HttpRequest) -> HttpResponse:
    """Every business with its state; never a figure of its trade. Counts nothing."""
    form = SearchForm(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = list_across_businesses(
        chosen.get("q", "").strip(), chosen.get("state", ""), by=platform_actor(request)
    )
    after = request.GET.get("page", "")
    start = PAGE * int(after) if after.isdecimal() and len(after) < 5 else 0
    found = list(rows[start : start + PAGE + 1])
    context = {
        "form": form,
        "rows": found[:PAGE],
        "next_page": start // PAGE + 1 if len(found) > PAGE else None,
        "is_narrowed": any(chosen.values()),
    }
    return render(request, "platform/businesses.html", context)


@for_platform
@require_http_methods(["GET"])
def business(request: HttpRequest, business_id: UUID) -> HttpResponse:
    """A business: its state, its people, and what can be done."""
    return _show(request, _business(business_id))


@for_platform
@require_POST
def do(request: HttpRequest, business_id: UUID, verb: str) -> HttpResponse:
    """Do one of the verbs of a business; a refusal shows the page with what was typed."""
    if must_prove_again(request):
        back = reverse("platform_business", args=[business_id])
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?next={back}")
    act = _VERBS.get(verb)
    if act is None:
        raise Http404
    form_class, perform = act
    form = form_class(request.POST) if form_class else None
    place = _business(business_id)
    status = 400
    if form is None or form.is_valid():
        try:
            return perform(request, place, form.cleaned_data if form else {})
        except DomainError as error:
            status = error.status
            if form is None:
                messages.error(request, str(error))
            else:
                form_error(form, error)
    return _show(request, place, verb=verb, form=form, status=status)


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop working in a member's place."""
    if request.user.is_authenticated and impersonation.SESSION_KEY in request.session:
        impersonation.take_off(request, how="stopped")
        messages.success(request, _("You are yourself again."))
    return HttpResponseRedirect(reverse("platform_home"))


def _show(
    request: HttpRequest, place: Business, *, verb: str = "", form: Any = None, status: int = 200
) -> HttpResponse:
    chosen = request.POST.get("membership_id", "") if form is not None else ""
    context = {
        "business": place,
        "members": list_across_members(place.pk),
        "suspend_form": form if verb == "suspend" else SuspendForm(),
        "work_form": form if verb == "work-as" else WorkAsForm(auto_id=False),
        "person_form": form if verb == "reset-factor" else PersonForm(auto_id=False),
        "open_verb": verb,
        "open_member": chosen,
    }
    return render(request, "platform/business.html", context, status=status)


def _suspend(request: HttpRequest, place: Business, data: dict[str, Any]) -> HttpResponse:
    suspend_business(platform_actor(request, place), admin=admin_of(request), reason=data["reason"])
    messages.success(request, _("%(name)s is suspended.") % {"name": place.name})
    return _back(place)


def _resume(request: HttpRequest, place: Business, data: dict[str, Any]) -> HttpResponse:
    resume_business(platform_actor(request, place), admin=admin_of(request))
    messages.success(request, _("%(name)s is open again.") % {"name": place.name})
    return _back(place)


def _work_as(request: HttpRequest, place: Business, data: dict[str, Any]) -> HttpResponse:
    member, until = start_impersonation(platform_actor(request, place), admin=admin_of(request), **data)
    impersonation.wear(request, member, reason=data["reason"], until=until)
    return HttpResponseRedirect(reverse("admin:index"))


def _reset_factor(request: HttpRequest, place: Business, data: dict[str, Any]) -> HttpResponse:
    member = _member(place, data["membership_id"])
    reset_second_factor(platform_actor(request, place), user=member.user, reason=data["reason"])
    messages.success(request, _("%(name)s was told by e-mail.") % {"name": member.user.name})
    return _back(place)


def _unlock(request: HttpRequest, place: Business, data: dict[str, Any]) -> HttpResponse:
    member = _member(place, data["membership_id"])
    unlock_person(platform_actor(request, place), user=member.user, with_addresses=True)
    messages.success(request, _("%(name)s may try to sign in again.") % {"name": member.user.name})
    return _back(place)


_VERBS: dict[str, tuple[Any, Callable[[HttpRequest, Business, dict[str, Any]], HttpResponse]]] = {
    "suspend": (SuspendForm, _suspend),
    "resume": (None, _resume),
    "work-as": (WorkAsForm, _work_as),
    "reset-factor": (PersonForm, _reset_factor),
    "unlock": (PersonForm, _unlock),
}


def _business(business_id: UUID) -> Business:
    try:
        return get_business(business_id)
    except NotFound as error:
        raise Http404 from error


def _member(place: Business, membership_id: UUID) -> Membership:
    found = list_across_members(place.pk, membership_id)
    if not found:
        raise NotFound()
    return found[0]


def _back(place: Business) -> HttpResponse:
    return HttpResponseRedirect(reverse("platform_business", args=[place.pk]))


def admin_of(request: HttpRequest) -> User:
    """The administrator who asks; `for_platform` made sure of it."""
    return request.user  # type: ignore[return-value]


def platform_actor(request: HttpRequest, place: Business | None = None) -> Actor:
    """The administrator on the business's own chain, named as what he is; holds no permission of the business.

    Without a business he stands on the platform's chain.
    """
    caller, user = caller_of(request), admin_of(request)
    return Actor(
        "user",
        user.pk,
        f"{user.name} (MoniDesk)",
        place.pk if place else None,
        role="platform",
        request_id=caller.request_id,
        ip=caller.ip,
    )
