"""Signing in for programs: a short access token, and a refresh token that works once."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import authenticate, get_user_model
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from apps.kernel.errors import InvalidInput
from apps.platform.businesses.selectors import Identity, find_business_by_slug, find_identity

from .fields import StrictSerializer
from .identity import CLAIM
from .permissions import PUBLIC
from .throttles import AccountThrottle, SignInThrottle


class SignInSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False, style={"input_type": "password"})
    business = serializers.SlugField(
        max_length=63,
        required=False,
        help_text="Store address of the business; without it the first one you joined.",
    )


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=2000)


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send as `Authorization: Bearer …`; ends after a few minutes.")
    refresh = serializers.CharField(help_text="Works once; each refresh gives a new one.")
    business = serializers.SlugField(help_text="The business these tokens are for.")
    role = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")


_PAIR = {
    "access": "eyJhbGciOi…",
    "refresh": "eyJhbGciOi…",
    "business": "harbour",
    "role": "manager",
    "expires_in": 900,
}


class TokenView(APIView):
    """Sign in with e-mail and password."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = [SignInThrottle, AccountThrottle]
    permissions: ClassVar[dict[str, str]] = {"post": PUBLIC}

    @extend_schema(
        operation_id="auth_token_create",
        tags=["auth"],
        auth=[],
        request=SignInSerializer,
        responses=TokenPairSerializer,
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
            OpenApiExample("Signed in", value=_PAIR, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Get an access and a refresh token for one business."""
        given = SignInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        user = authenticate(request._request, username=data["email"].lower(), password=data["password"])
        if user is None:
            raise AuthenticationFailed
        business = find_business_by_slug(data["business"]) if "business" in data else None
        wanted = business.pk if business else None
        identity = None if ("business" in data and business is None) else find_identity(user, wanted)  # type: ignore[arg-type]
        if identity is None:
            raise InvalidInput(fields={"business": [_("You do not belong to such a business.")]})
        refresh = RefreshToken.for_user(user)
        refresh[CLAIM] = str(identity.business.pk)
        return Response(_pair(refresh, identity))


class RefreshView(APIView):
    """Exchange a refresh token."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = [SignInThrottle]
    permissions: ClassVar[dict[str, str]] = {"post": PUBLIC}

    @extend_schema(
        operation_id="auth_token_refresh",
        tags=["auth"],
        auth=[],
        request=RefreshSerializer,
        responses=TokenPairSerializer,
        examples=[OpenApiExample("Refreshed", value=_PAIR, response_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Get new tokens for a refresh token, which ends by it. A membership that ended gives no new ones."""
        given = RefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            old = RefreshToken(given.validated_data["refresh"])
            user = get_user_model().objects.filter(pk=old[api_settings.USER_ID_CLAIM], is_active=True).first()
            identity = find_identity(user, old[CLAIM]) if user is not None else None  # type: ignore[arg-type]
            if user is None or identity is None or not _still_believed(old, user):
                raise InvalidToken
            blacklisted: Any = old.blacklist()
            if not blacklisted[1]:  # two at once: one of them is a copy
                raise InvalidToken
        except (TokenError, KeyError) as error:
            raise InvalidToken from error
        new = RefreshToken.for_user(user)
        new[CLAIM] = old[CLAIM]
        return Response(_pair(new, identity))


def _still_believed(token: RefreshToken, user: Any) -> bool:
    """A changed password ends all tokens given before."""
    digest = token.get(api_settings.REVOKE_TOKEN_CLAIM)
    return bool(digest == get_md5_hash_password(user.password))


def _pair(refresh: RefreshToken, identity: Identity) -> dict[str, Any]:
    refresh["role"] = identity.actor.role
    return {
        "access": str(refresh.access_token),
        "refresh": str(refresh),
        "business": identity.business.slug,
        "role": identity.actor.role,
        "expires_in": int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
    }
