"""Who acts, and the tenant of a back-office request."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from apps.kernel import tenancy, trace
from apps.platform.businesses import impersonation, two_step
from apps.platform.businesses.models import Business
from apps.platform.businesses.previews import find_preview
from apps.platform.businesses.selectors import Identity, current_business, find_identity

SESSION_KEY = "business_id"
BACK_OFFICE = "/admin/"


class ActiveBusinessMiddleware:
    """Give requests `actor` and `business` of the signed-in person's active business.

    Under /admin/ they are found at once and the tenant is bound until the answer is rendered; elsewhere they
    are found when asked for and nothing is bound, because a store page belongs to its own business.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BACK_OFFICE):
            request.actor = SimpleLazyObject(lambda: _part(request, "actor"))  # type: ignore[attr-defined]
            request.business = SimpleLazyObject(lambda: _part(request, "business"))  # type: ignore[attr-defined]
            return self.get_response(request)
        identity = identity_of(request)
        preview = find_preview(request, identity)
        if preview is not None:
            request.preview = preview  # type: ignore[attr-defined]
            identity = preview.identity
        request.actor = identity.actor if identity else None  # type: ignore[attr-defined]
        request.business = identity.business if identity else None  # type: ignore[attr-defined]
        if identity is None:
            return self.get_response(request)
        trace.note_actor(identity.actor)
        if two_step.is_missing(request, identity.business):
            return HttpResponseRedirect(reverse("mfa_index"))
        # Templates of the admin ask again and again; the membership just read is the answer.
        request.user.__dict__["is_staff"] = True
        token = current_business.set(identity.business)
        try:
            with (
                tenancy.bind(identity.business.pk, identity.actor.limit),
                timezone.override(identity.business.time_zone),
            ):
                if preview is not None and not preview.allows(request):
                    return render(
                        request, "backoffice/preview_refused.html", {"preview": preview}, status=403
                    )
                return self.get_response(request)
        finally:
            current_business.reset(token)


def identity_of(request: HttpRequest) -> Identity | None:
    """Who acts in this request: one query at most, however often it is asked."""
    if "_identity" not in request.__dict__:
        request.__dict__["_identity"] = _find(request)
    found: Identity | None = request.__dict__["_identity"]
    return found


def activate(request: HttpRequest, business: Business) -> None:
    """Make `business` the one the session works for."""
    request.session[SESSION_KEY] = str(business.pk)
    request.__dict__.pop("_identity", None)


def _find(request: HttpRequest) -> Identity | None:
    if not request.user.is_authenticated:
        return None
    if impersonation.SESSION_KEY in request.session:
        return impersonation.find_worn_identity(request)
    chosen = _uuid(request.session.get(SESSION_KEY))
    identity = find_identity(request.user, chosen, request)
    if identity is None and chosen is not None:
        # A membership that ended must not lock the person out of the other businesses.
        identity = find_identity(request.user, None, request)
    if identity is not None and identity.business.pk != chosen:
        request.session[SESSION_KEY] = str(identity.business.pk)
    return identity


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _part(request: HttpRequest, name: str) -> object:
    identity = identity_of(request)
    return getattr(identity, name) if identity else None
