"""Signing in for programs: a short access token, and a refresh token that works once.

Tokens travel in headers and never in bodies: bodies are what logs, proxies and debuggers keep.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.platform.access.services import Pair, issue_tokens, refresh_tokens, revoke_tokens
from apps.platform.access.signing import REFRESH, TokenRefused, verify
from apps.platform.accounts.services import authenticate_person
from apps.platform.businesses import two_step
from apps.platform.businesses.selectors import find_business_by_slug, find_identity

from .fields import StrictSerializer
from .permissions import PUBLIC
from .problems import Malformed
from .throttles import AccountThrottle, SignInThrottle, rate_headers

ACCESS_HEADER, REFRESH_HEADER = "Access-Token", "Refresh-Token"
LONGEST_TOKEN = 2000


class SecondStepMissing(PermissionRefused):
    """The business asks for two-step sign-in and the person has not set it up."""

    default_code = "second_factor_required"
    default_message = _lazy("Everybody who works here must use two-step sign-in.")


class SignInSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False, style={"input_type": "password"})
    code = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="With two-step sign-in: the code of the authenticator app, or a recovery code.",
    )
    business = serializers.SlugField(
        max_length=63,
        required=False,
        help_text="Store address of the business; without it the first one you joined.",
    )


class SignedInSerializer(serializers.Serializer[Any]):
    business = serializers.SlugField(help_text="The business the tokens are for.")
    role = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")
    refresh_expires_in = serializers.IntegerField(help_text="Seconds until the refresh token ends.")


_ANSWER = {"business": "harbour", "role": "manager", "expires_in": 900, "refresh_expires_in": 1209600}
_GIVEN = [
    OpenApiParameter(
        ACCESS_HEADER,
        str,
        OpenApiParameter.HEADER,
        response=[200],
        description="Send as `Authorization: Bearer …`; ends after a few minutes.",
    ),
    OpenApiParameter(
        REFRESH_HEADER,
        str,
        OpenApiParameter.HEADER,
        response=[200],
        description="Works once; each refresh gives a new one. A second use ends the whole sign-in.",
    ),
]
_ASKED = OpenApiParameter(
    REFRESH_HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The refresh token of the last answer.",
)


class TokenDoor(APIView):
    """What the three addresses have in common."""

    authentication_classes = []
    permission_classes = []
    permissions: ClassVar[dict[str, str]] = {"post": PUBLIC}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        for name, value in rate_headers(request):
            response.headers.setdefault(name, value)
        return response


class TokenView(TokenDoor):
    """Sign in with e-mail and password."""

    throttle_classes = [SignInThrottle, AccountThrottle]

    @extend_schema(
        operation_id="auth_token_create",
        tags=["auth"],
        auth=[],
        parameters=_GIVEN,
        request=SignInSerializer,
        responses=SignedInSerializer,
        examples=[
            OpenApiExample(
                "Sign in",
                value={
                    "email": "ada@example.com",
                    "password": "correct horse battery",
                    "business": "harbour",
                },
                request_only=True,
            ),
            OpenApiExample("Signed in", value=_ANSWER, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Get an access and a refresh token for one business, in the headers of the answer."""
        given = SignInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        # Lock-out, history and the second step are the accounts' own.
        person = authenticate_person(
            request._request,
            email=data["email"],
            password=data["password"],
            code=data.get("code", ""),
            door="api",
        )
        business = find_business_by_slug(data["business"]) if "business" in data else None
        wanted = business.pk if business else None
        is_nowhere = "business" in data and business is None
        identity = None if is_nowhere else find_identity(person.user, wanted, request._request)
        if identity is None:
            raise InvalidInput(fields={"business": [_("You do not belong to such a business.")]})
        if two_step.is_required(identity.business) and not person.second_factor:
            raise SecondStepMissing(
                remedy=_("Set it up in the back office under My account, then try again.")
            )
        agent, ip = request.headers.get("User-Agent", ""), str(request.META.get("REMOTE_ADDR", ""))
        return _answer(issue_tokens(identity, user=person.user, ip=ip, user_agent=agent))


class RefreshView(TokenDoor):
    """Exchange a refresh token."""

    throttle_classes = [SignInThrottle]

    @extend_schema(
        operation_id="auth_token_refresh",
        tags=["auth"],
        auth=[],
        parameters=[_ASKED, *_GIVEN],
        request=None,
        responses=SignedInSerializer,
        examples=[OpenApiExample("Refreshed", value=_ANSWER, response_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Get new tokens for a refresh token, which ends by it.

        A membership that ended gives no new ones. A refresh token that was used before ends the whole sign-in
        (`token_reused`), because one of the two who have it has stolen it.
        """
        return _answer(refresh_tokens(verify(_sent(request), REFRESH)))


class RevokeView(TokenDoor):
    """Sign out."""

    throttle_classes = [SignInThrottle]

    @extend_schema(
        operation_id="auth_token_revoke",
        tags=["auth"],
        auth=[],
        parameters=[_ASKED],
        request=None,
        responses={204: OpenApiResponse(description="Signed out, or was so already.")},
    )
    def post(self, request: Request) -> Response:
        """End the sign-in that this refresh token belongs to: it and all its access tokens stop working at once."""
        try:
            claims = verify(_sent(request), REFRESH)
        except TokenRefused:
            return Response(status=204)  # what is not good any more needs no ending
        request_id = getattr(request, "request_id", "")
        actor = Actor(
            "user",
            claims.user,
            "",
            claims.business,
            role=claims.role,
            request_id=request_id,
            ip=str(request.META.get("REMOTE_ADDR", "")),
        )
        revoke_tokens(actor, family_id=claims.family)
        return Response(status=204)


def _sent(request: Request) -> str:
    token = request.headers.get(REFRESH_HEADER, "").strip()
    if not token:
        raise Malformed(_("The header Refresh-Token is missing."), code="refresh_token_missing")
    return token[:LONGEST_TOKEN]


def _answer(pair: Pair) -> Response:
    body = {
        "business": pair.identity.business.slug,
        "role": pair.identity.actor.role,
        "expires_in": int(settings.API_ACCESS_LIFETIME.total_seconds()),
        "refresh_expires_in": int(settings.API_REFRESH_LIFETIME.total_seconds()),
    }
    return Response(body, headers={ACCESS_HEADER: pair.access, REFRESH_HEADER: pair.refresh})
