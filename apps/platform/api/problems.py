"""Every refusal as an RFC 9457 problem document, whatever raised it."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from pydantic_core import to_jsonable_python
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel.errors import (
    Busy,
    Conflict,
    DomainError,
    InvalidInput,
    NotFound,
    OutOfRoom,
    PermissionRefused,
    RateLimited,
    is_out_of_room,
)
from apps.kernel.web import problem

CONTENT_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


class Malformed(DomainError):
    """A body that is not what its content type promises."""

    default_code = "malformed"
    default_message = _("The request could not be read.")


class SignInRequired(DomainError):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    default_code = "sign_in_required"
    default_message = _("Sign in to do this.")


class MethodNotAllowed(DomainError):
    status = 405
    default_code = "method_not_allowed"
    default_message = _("This address does not take that method.")


class BodyTooLarge(DomainError):
    status = 413
    default_code = "body_too_large"
    default_message = _("The request is too large.")


class UnsupportedMediaType(DomainError):
    status = 415
    default_code = "unsupported_media_type"
    default_message = _("Bodies are sent as application/json.")


class Unexpected(DomainError):
    """A fault of ours. What went wrong is in the log, under the request id, and nowhere in the answer."""

    status = 500
    default_code = "unexpected"
    default_message = _("Something went wrong on our side.")


def respond(exc: Exception, context: dict[str, Any]) -> Response:
    """The exception handler of the API: a problem document with the right headers."""
    request: Request | None = context.get("request")
    error = translate(exc)
    if error.status >= 500 and not isinstance(error, Busy):
        log.error("api.unexpected", exc_info=exc, extra={"path": request.path if request else ""})
    headers = dict(_headers(exc, error))
    body = describe(error, request)
    # The request's own actor is asked for lazily, and a refused key would be refused once more.
    actor = getattr(context.get("view"), "actor", None)
    if isinstance(error, PermissionRefused) and actor is not None and actor.kind == "api_key":
        _say_to_key(body)
    return Response(body, status=error.status, headers=headers, content_type=CONTENT_TYPE)


def plain_response(error: DomainError, request: HttpRequest) -> JsonResponse:
    """The same document outside of the framework's views."""
    return JsonResponse(describe(error, request), status=error.status, content_type=CONTENT_TYPE)


def describe(error: DomainError, request: Request | HttpRequest | None) -> dict[str, Any]:
    """The members of the document. `facts` carries what the service knows about the refusal."""
    instance = request.path if request is not None else ""
    body = problem(error, instance=instance, request_id=getattr(request, "request_id", ""))
    body["title"] = str(type(error).default_message)
    body["detail"] = str(error.message)
    facts = {name: value for name, value in error.context.items() if not name.startswith("_")}
    if facts:
        body["facts"] = to_jsonable_python(facts, fallback=str)
    return body


def _say_to_key(body: dict[str, Any]) -> None:
    """A program has no role that could be changed."""
    if body["detail"] == body["title"]:
        body["detail"] = str(_("Keys of programs may not do this."))
    body["title"] = str(_("This key does not allow this."))


def translate(exc: Exception) -> DomainError:
    """The domain's own error for anything that can be raised below a view."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, exceptions.APIException):
        return _translate_framework(exc)
    if isinstance(exc, Http404):
        return NotFound()
    if isinstance(exc, PermissionDenied):
        return PermissionRefused()
    if isinstance(exc, RequestDataTooBig):
        return BodyTooLarge()
    if isinstance(exc, ModelValidationError):
        return InvalidInput(fields=getattr(exc, "message_dict", None) or {"": list(exc.messages)})
    if isinstance(exc, DataError):
        # A value that passed the serializer and that PostgreSQL cannot hold is the caller's, not a fault.
        return InvalidInput(_("A value is outside of what can be stored."), code="out_of_range")
    if isinstance(exc, IntegrityError):
        log.warning("api.integrity", exc_info=exc)
        return Conflict(_("Something with these values exists already, or is still needed."))
    if isinstance(exc, OperationalError) and getattr(exc.__cause__, "sqlstate", None) in {"57014", "55P03"}:
        return Busy()
    if is_out_of_room(exc):
        return OutOfRoom()
    return Unexpected(remedy=_("Try again; if it happens again, tell us the request id."))


def _translate_framework(exc: exceptions.APIException) -> DomainError:
    if isinstance(exc, exceptions.ValidationError):
        return InvalidInput(fields=dict(flatten(exc.detail)))
    if isinstance(exc, exceptions.ParseError):
        return Malformed(exc.detail, remedy=_("Send one JSON object."))
    if isinstance(exc, exceptions.NotAuthenticated):
        return SignInRequired(remedy=_("Get a token at /api/v1/auth/token/ and send it as Bearer."))
    if isinstance(exc, exceptions.AuthenticationFailed):
        return _sign_in_failed()
    if isinstance(exc, exceptions.PermissionDenied):
        if str(exc.detail).startswith("CSRF"):
            return PermissionRefused(
                _("The CSRF token is missing or wrong."),
                code="csrf_failed",
                remedy=_("Send the cookie's value as X-CSRFToken, or use a token instead of the session."),
            )
        return PermissionRefused()
    if isinstance(exc, exceptions.NotFound):
        return NotFound()
    if isinstance(exc, exceptions.MethodNotAllowed):
        return MethodNotAllowed()
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return UnsupportedMediaType()
    if isinstance(exc, exceptions.Throttled):
        return RateLimited(remedy=_("Wait as many seconds as Retry-After says."))
    log.warning("api.unnamed_error", exc_info=exc)
    return InvalidInput(str(exc.detail)) if exc.status_code < 500 else Unexpected()


def _sign_in_failed() -> DomainError:
    return SignInRequired(_("The e-mail address and the password do not match."), code="sign_in_failed")


def flatten(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Errors by field; a nested field is written `lines.0.quantity`, an error of the whole is `""`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from flatten(inner, ".".join(part for part in (path, step) if part))
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for position, inner in enumerate(detail):
            if inner:
                yield from flatten(inner, f"{path}.{position}" if path else str(position))
    else:
        yield path, [str(item) for item in (detail if isinstance(detail, list) else [detail])]


def _headers(exc: Exception, error: DomainError) -> Iterator[tuple[str, str]]:
    if error.status == 401:
        yield "WWW-Authenticate", 'Bearer realm="api"'
    if isinstance(exc, exceptions.Throttled):
        yield "Retry-After", str(max(1, math.ceil(getattr(exc, "wait", None) or 1)))
    elif error.status == 429 and (seconds := error.context.get("retry_after")):
        yield "Retry-After", str(seconds)
    elif error.status == 503:
        yield "Retry-After", "1"
