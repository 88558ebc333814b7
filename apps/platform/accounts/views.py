"""Account pages of our own, for people with and without a business."""

from __future__ import annotations

from allauth.account.internal.flows.email_verification import send_verification_email_for_user
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.selectors import list_events, list_sessions
from apps.platform.accounts.services import end_other_sessions, end_session

EVENTS_SHOWN = 50


def self_actor(request: HttpRequest) -> Actor:
    """The person acting on the own account, in no business's name."""
    caller, user = caller_of(request), request.user
    return Actor("user", user.pk, user.name, None, request_id=caller.request_id, ip=caller.ip)  # type: ignore[union-attr]


def end_from_form(request: HttpRequest) -> str:
    """Do what a button of the sessions page asked for; returns the sentence to show.

    `session` ends one, `others` all but this. Raises `NotFound` for a session that is gone or somebody else's.
    """
    actor, user = self_actor(request), request.user
    if "others" in request.POST:
        count = end_other_sessions(actor, user=user, keep=request.session.session_key or "")  # type: ignore[arg-type]
        return _("You are signed out in %(count)d other places.") % {"count": count}
    number = request.POST.get("session", "")
    end_session(actor, user=user, session_id=int(number) if number.isdigit() else 0)  # type: ignore[arg-type]
    return _("You are signed out there.")


@login_required
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in, and what happened to the account."""
    if request.method == "POST":
        try:
            messages.success(request, end_from_form(request))
        except DomainError as error:
            messages.error(request, sentence(error))
        return HttpResponseRedirect(reverse("account_sessions"))
    user = request.user
    context = {
        "sessions": list_sessions(user),  # type: ignore[arg-type]
        "current_key": request.session.session_key,
        "events": list_events(user)[:EVENTS_SHOWN],  # type: ignore[arg-type]
    }
    return render(request, "account/sessions.html", context)


@login_required
@require_POST
def confirm_again(request: HttpRequest) -> HttpResponse:
    """Send the link that proves the address once more; at most every three minutes."""
    if send_verification_email_for_user(request, request.user):
        messages.success(request, _("A link is on its way to %(email)s.") % {"email": request.user.email})  # type: ignore[union-attr]
    else:
        messages.info(request, _("A link was sent a moment ago. Please look into your mailbox."))
    return HttpResponseRedirect(reverse("mfa_index"))
