"""Who calls, and for which business."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from apps.kernel.errors import NotFound
from apps.platform.businesses.middleware import identity_of
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import Identity, find_business_by_slug, find_identity

HEADER = "X-Business"
CLAIM = "business"


class BearerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>` as given by /api/v1/auth/token/."""


def find_caller(request: Request) -> Identity:
    """The caller in the business that the token names, else the header, else the session's active one.

    Rights are read from the membership at each request, so that a role taken away works at once and not when the
    token ends. A business that does not exist and one the caller does not belong to are the same: `NotFound`.
    """
    named = request.headers.get(HEADER, "").strip()
    if isinstance(request.auth, Token):
        business_id = _uuid(str(request.auth.get(CLAIM, "")))
        if business_id is None or (named and _business_id(named) != business_id):
            raise NotFound()
        return _member(request, business_id)
    if named:
        return _member(request, _business_id(named))
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
    business_id = _uuid(named)
    if business_id is not None:
        return business_id
    business: Business | None = find_business_by_slug(named) if "\x00" not in named else None
    return business.pk if business is not None else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
