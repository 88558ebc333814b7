"""Signing up and joining."""

from __future__ import annotations

from allauth.account.internal.flows.email_verification import send_verification_email_for_user
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.web import form_error
from apps.platform.accounts.models import User
from apps.platform.businesses.forms import JoinForm, SignUpForm
from apps.platform.businesses.invitations import get_invited
from apps.platform.businesses.middleware import activate
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.services import accept_invitation, create_business, sign_up

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password1")
@require_http_methods(["GET", "POST"])
def sign_up_page(request: HttpRequest) -> HttpResponse:
    """A new business; for a stranger also a new sign-in."""
    form = SignUpForm(request.POST or None, is_signed_in=request.user.is_authenticated)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                business = _create(request, form)
            except DomainError as error:
                form_error(form, error)
                status = error.status
            else:
                activate(request, business)
                messages.success(request, _("Welcome. %(name)s is open.") % {"name": business.name})
                return HttpResponseRedirect(resolve_url(settings.LOGIN_REDIRECT_URL))
    return render(request, "account/signup.html", {"form": form}, status=status)


def _create(request: HttpRequest, form: SignUpForm) -> Business:
    data = dict(form.cleaned_data)
    actor = Actor.system("sign-up", None, getattr(request, "request_id", ""))
    if isinstance(request.user, User):
        return create_business(actor, owner=request.user, name=data.pop("business_name"), **data)
    membership = sign_up(actor, password=data.pop("password1"), **data)
    login(request, membership.user, backend=_BACKEND)
    send_verification_email_for_user(request, membership.user)
    return membership.business


@sensitive_post_parameters("password1")
@require_http_methods(["GET", "POST"])
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation's link opens: a new person chooses a password, a known one signs in and joins."""
    try:
        member = get_invited(token)
    except DomainError as error:
        return render(request, "businesses/invitation_refused.html", {"error": error}, status=error.status)
    is_new = not member.user.has_usable_password()
    if not is_new and request.user != member.user:
        return render(request, "businesses/invitation_sign_in.html", {"member": member})
    form = JoinForm(request.POST or None) if is_new else None
    status = 200
    if request.method == "POST":
        status = 400
        if form is None or form.is_valid():
            try:
                _join(request, member, form)
            except DomainError as error:
                if form is None:
                    return render(
                        request, "businesses/invitation_refused.html", {"error": error}, status=error.status
                    )
                form_error(form, error)
                status = error.status
            else:
                return HttpResponseRedirect(reverse("admin:index"))
    return render(request, "businesses/invitation.html", {"member": member, "form": form}, status=status)


def _join(request: HttpRequest, member: Membership, form: JoinForm | None) -> None:
    actor = Actor.system("invitation", member.business_id, getattr(request, "request_id", ""))
    data = form.cleaned_data if form else {}
    joined = accept_invitation(
        actor,
        membership_id=member.pk,
        display_name=data.get("display_name", ""),
        password=data.get("password1"),
    )
    if request.user != joined.user:
        login(request, joined.user, backend=_BACKEND)
    activate(request, member.business)
    messages.success(request, _("You have joined %(name)s.") % {"name": member.business.name})
