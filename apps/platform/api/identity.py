"""Who calls, and for which business."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.kernel import clock
from apps.kernel.errors import NotFound
from apps.platform.access.secrets_of_keys import PREFIX
from apps.platform.access.selectors import Program, find_across_program, find_across_signed_in
from apps.platform.access.services import note_used
from apps.platform.access.services.keys import USED_AGAIN_AFTER
from apps.platform.access.signing import ACCESS, Claims, verify
from apps.platform.businesses import two_step
from apps.platform.businesses.middleware import identity_of
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import Identity, find_business_by_slug, find_identity

from .problems import SignInRequired

HEADER = "X-Business"


class ProgramUser:
    """Stands where the framework wants a user: a program is nobody's account."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    pk = None

    def __str__(self) -> str:
        return "program"


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` with an access token of /api/v1/auth/token/ or the secret of an API key."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        kind, _space, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        given = given.strip()
        if not given or " " in given:
            raise SignInRequired(code="token_not_valid")
        if given.startswith(PREFIX):
            return ProgramUser(), self._program(request, given)
        claims = verify(given, ACCESS)
        return find_across_signed_in(claims), claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def _program(self, request: Request, secret: str) -> Program:
        request_id = getattr(request, "request_id", "")
        program = find_across_program(
            secret, ip=str(request.META.get("REMOTE_ADDR", "")), request_id=request_id
        )
        used = program.key.last_used_at
        if used is None or _is_old(used):
            note_used(program.actor, key_id=program.key.pk, ip=program.actor.ip)
        return program


def find_caller(request: Request) -> tuple[Any, Business]:
    """The actor and the business that the key or token names, else the header, else the session's active one.

    Rights are read from the membership at each request, so that a role taken away works at once and not when the
    token ends. A business that does not exist and one the caller does not belong to are the same: `NotFound`.
    """
    named = request.headers.get(HEADER, "").strip()
    if isinstance(request.auth, Program):
        _refuse_another(named, request.auth.business.pk)
        return request.auth.actor, request.auth.business
    if isinstance(request.auth, Claims):
        _refuse_another(named, request.auth.business)
        identity = _member(request, request.auth.business)
    else:
        identity = _member(request, _business_id(named)) if named else _of_session(request)
        two_step.refuse_without(request._request, identity.business)
    return identity.actor, identity.business


def _refuse_another(named: str, business_id: UUID) -> None:
    if named and _business_id(named) != business_id:
        raise NotFound()


def _of_session(request: Request) -> Identity:
    identity = identity_of(request._request)
    if identity is None:
        raise NotFound()
    return identity


def _member(request: Request, business_id: UUID | None) -> Identity:
    user = request.user
    known = business_id is not None and user.is_authenticated
    identity = find_identity(user, business_id, request._request) if known else None  # type: ignore[arg-type]
    if identity is None:
        raise NotFound()
    return identity


def _business_id(named: str) -> UUID | None:
    try:
        return UUID(named)
    except ValueError:
        business: Business | None = find_business_by_slug(named) if "\x00" not in named else None
        return business.pk if business is not None else None


def _is_old(moment: Any) -> bool:
    return bool(clock.now() - moment > USED_AGAIN_AFTER)
