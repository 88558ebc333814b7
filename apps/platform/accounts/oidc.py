"""OpenID Connect as the standard asks for it: signature, issuer, audience, expiry and nonce are all checked.

The library trusts the token because it fetched it itself, and sends no nonce; a company's sign-in opens the books
of a business, so a token is believed only when it was made for this very sign-in.
"""

from __future__ import annotations

import hmac
from typing import Any

import requests
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import get_random_string


class CompanySignInServer(OpenIDConnectOAuth2Adapter):
    """Speaks to the company's server."""

    expected_nonce = ""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Believe the token when all of it is right; raises `OAuth2Error` otherwise."""
        id_token = kwargs["response"].get("id_token")
        if not id_token:
            raise OAuth2Error("The answer holds no ID token.")
        claims = self._decode_id_token(app, id_token)
        if not self.expected_nonce or not hmac.compare_digest(
            str(claims.get("nonce", "")), self.expected_nonce
        ):
            raise OAuth2Error("The ID token was made for another sign-in.")
        data = {"id_token": claims}
        if "email" not in claims:
            data["userinfo"] = self._fetch_user_info(token.token)
            if data["userinfo"].get("sub") != claims["sub"]:
                raise OAuth2Error("The ID token and the user's data are of two people.")
        return self.get_provider().sociallogin_from_response(request, data)

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
                verify_signature=True,
            )
        except (KeyError, ValueError, requests.RequestException) as error:
            raise OAuth2Error("The ID token cannot be checked.") from error
        if not claims.get("sub") or not claims.get("exp"):
            raise OAuth2Error("The ID token says neither who nor until when.")
        several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != app.client_id:
            raise OAuth2Error("The ID token was made for another program.")
        return claims


class CompanySignIn(OpenIDConnectProvider):
    """The provider named by OIDC_ISSUER; each sign-in carries a nonce of its own."""

    oauth2_adapter_class = CompanySignInServer

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        nonce = get_random_string(32)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce}
        kwargs["scope"] = self.get_scope()
        return super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)


class _Callback(OAuth2CallbackView):
    """Where the company's server sends people back to."""

    adapter: CompanySignInServer

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state:
            self.adapter.expected_nonce = state.get("nonce", "")
        return state, response


def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the person to the company's server; asked by POST, so that no picture's address can begin it."""
    return _run(OAuth2LoginView, request, provider_id)


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Finish what `start` began."""
    return _run(_Callback, request, provider_id)


def _run(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        response: HttpResponse = view.adapter_view(CompanySignInServer(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    return response
