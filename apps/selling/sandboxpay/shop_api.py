"""The company's API for shops: open, look at and close a session, refund. A bearer key opens it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.kernel.errors import DomainError, InvalidInput
from apps.kernel.money import LARGEST

from . import services
from .models import SandboxRefund, SandboxSession

_LARGEST_BODY = 64 * 1024
_TEXT_FIELDS = {"reference": 80, "merchant_name": 120, "description": 120, "webhook_secret": 120}
_URL_FIELDS = {"return_url": 1000, "webhook_url": 500}


def shop_call(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Check the key before anything else: whoever may open sessions makes this server send messages."""

    @csrf_exempt
    @wraps(view)
    def call(request: HttpRequest, **path: Any) -> JsonResponse:
        given = request.headers.get("Authorization", "")
        if not constant_time_compare(given, f"Bearer {_api_key()}"):
            return JsonResponse({"error": "This key is not known."}, status=401)
        try:
            return view(request, **path)
        except DomainError as error:
            return JsonResponse({"error": str(error)}, status=error.status)

    return call


@shop_call
@require_http_methods(["POST"])
def sessions(request: HttpRequest, merchant: UUID) -> JsonResponse:
    """Open a session; the same reference gives the same one."""
    content = _body(request)
    session = services.open_session(
        services.COMPANY,
        merchant=str(merchant),
        amount=_amount(content),
        currency=_text(content, "currency", 3),
        expires_at=_moment(content.get("expires_at")),
        reserves=content.get("reserve") is True,
        **{name: _text(content, name, length) for name, length in _TEXT_FIELDS.items()},
        **{name: _url(content, name, length) for name, length in _URL_FIELDS.items()},
    )
    return JsonResponse(_session(session), status=201)


@shop_call
@require_http_methods(["GET", "DELETE"])
def session_by_reference(request: HttpRequest, merchant: UUID, reference: str) -> JsonResponse:
    """How a session stands, by the shop's own reference; DELETE takes an unpaid page away."""
    act = services.look_at if request.method == "GET" else services.close_session
    return JsonResponse(_session(act(services.COMPANY, merchant=str(merchant), reference=reference)))


@shop_call
@require_http_methods(["POST"])
def take(request: HttpRequest, merchant: UUID, reference: str) -> JsonResponse:
    """Take reserved money, once."""
    amount = _amount(_body(request))
    taken = services.take(services.COMPANY, merchant=str(merchant), reference=reference, amount=amount)
    return JsonResponse(_session(taken))


@shop_call
@require_http_methods(["POST"])
def refunds(request: HttpRequest, merchant: UUID) -> JsonResponse:
    """Send money back; the same reference gives the same refund."""
    content = _body(request)
    try:
        session_id = UUID(_text(content, "session", 36))
    except ValueError as error:
        raise InvalidInput("session is not an id.") from error
    made = services.refund(
        services.COMPANY,
        merchant=str(merchant),
        session_id=session_id,
        reference=_text(content, "reference", 80),
        amount=_amount(content),
        currency=_text(content, "currency", 3),
    )
    return JsonResponse(_refund(made), status=201)


def _session(session: SandboxSession) -> dict[str, Any]:
    path = reverse("sandboxpay:session", args=[session.pk])
    marks = {SandboxSession.State.PAID: "cap", SandboxSession.State.RESERVED: "res"}
    mark = marks.get(SandboxSession.State(session.state), "")
    reasons = {"declined": "The card was declined (test).", "expired": "The payment page expired."}
    return {
        "id": str(session.pk),
        "reference": session.reference,
        "state": session.state,
        "amount": str(session.taken_amount or session.amount),
        "currency": session.currency,
        "url": settings.PUBLIC_BASE_URL.rstrip("/") + path,
        "expires_at": session.expires_at.isoformat(),
        "capture": f"{mark}_{session.pk.hex}" if mark else "",
        "lapses_at": session.lapses_at.isoformat() if session.lapses_at else None,
        "reason": reasons.get(session.state, ""),
    }


def _refund(made: SandboxRefund) -> dict[str, Any]:
    return {"id": str(made.pk), "state": made.state, "amount": str(made.amount), "reason": made.reason}


def _api_key() -> str:
    given = getattr(settings, "SANDBOX_PAY_KEY", "")
    return given or salted_hmac("sandbox-pay", "api key", algorithm="sha256").hexdigest()


def _body(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > _LARGEST_BODY:
        raise InvalidInput("The body is too large.")
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.") from error
    if not isinstance(content, dict):
        raise InvalidInput("The body is not an object.")
    return content


def _text(content: dict[str, Any], name: str, length: int) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= length or "\x00" in value:
        raise InvalidInput(f"{name} is missing or too long.")
    return value


def _url(content: dict[str, Any], name: str, length: int) -> str:
    value = _text(content, name, length)
    if not value.startswith(("http://", "https://")):
        raise InvalidInput(f"{name} is not a web address.")
    return value


def _amount(content: dict[str, Any]) -> Decimal:
    try:
        amount = Decimal(_text(content, "amount", 24))
    except InvalidOperation as error:
        raise InvalidInput("amount is not a number.") from error
    if not amount.is_finite() or not 0 < amount <= LARGEST:
        raise InvalidInput("amount is not a possible amount.")
    return amount


def _moment(value: Any) -> dt.datetime | None:
    if value is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput("expires_at is not a moment.") from error
    if moment.tzinfo is None:
        raise InvalidInput("expires_at has no time zone.")
    return moment
