"""The company's page for payers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.kernel.errors import Conflict, NotFound

from . import services
from .models import SandboxSession

State = SandboxSession.State
_OUTCOMES: dict[str, Callable[[UUID], SandboxSession]] = {
    "pay": lambda pk: services.pay(services.COMPANY, session_id=pk),
    "pay_repeated": lambda pk: services.pay(services.COMPANY, session_id=pk, copies=3),
    "pay_silently": lambda pk: services.pay(services.COMPANY, session_id=pk, copies=0),
    "pay_slowly": lambda pk: services.pay_slowly(services.COMPANY, session_id=pk),
    "decline": lambda pk: services.decline(services.COMPANY, session_id=pk),
    "forge": lambda pk: services.forge(services.COMPANY, session_id=pk),
}


@never_cache
@require_GET
def session_page(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """What is to be paid, or how it ended."""
    return _page(request, _get(session_id), status=200)


@never_cache
@require_POST
def choose(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Do what the payer chose, then back to the shop; a forgery leaves the payer here."""
    _get(session_id)
    act = _OUTCOMES.get(request.POST.get("outcome", ""))
    if act is None:
        return _page(request, _get(session_id), status=400)
    try:
        session = act(session_id)
    except Conflict:
        return _page(request, _get(session_id), status=409)
    if session.state == State.OPEN:
        return redirect("sandboxpay:session", session_id=session.pk)
    if _is_same_origin(request, session.return_url):
        return HttpResponseRedirect(session.return_url)
    # A form may not lead to another origin under our content policy: the page there has a link.
    return redirect("sandboxpay:session", session_id=session.pk)


def _get(session_id: UUID) -> SandboxSession:
    try:
        return services.look_at(services.COMPANY, session_id=session_id)
    except NotFound as error:
        raise Http404 from error


def _page(request: HttpRequest, session: SandboxSession, status: int) -> HttpResponse:
    context: dict[str, Any] = {"session": session, "is_open": session.state == State.OPEN}
    return render(request, "sandboxpay/session.html", context, status=status)


def _is_same_origin(request: HttpRequest, url: str) -> bool:
    parts = urlsplit(url)
    return not parts.netloc or (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
