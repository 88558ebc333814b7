"""How people sign in: lock-out, two-step sign-in, sessions and a company's own sign-in (OpenID Connect or SAML)."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# What Entra, Okta, Keycloak, Google and Shibboleth call these by default.
_SAML_ATTRIBUTES = {
    "uid": [
        "urn:oasis:names:tc:SAML:attribute:subject-id",
        "http://schemas.microsoft.com/identity/claims/objectidentifier",
    ],
    "email": [
        "urn:oid:0.9.2342.19200300.100.1.3",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "email",
        "mail",
    ],
    "name": [
        "urn:oid:2.16.840.1.113730.3.1.241",
        "http://schemas.microsoft.com/identity/claims/displayname",
        "displayName",
        "name",
    ],
    "first_name": [
        "urn:oid:2.5.4.42",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        "firstName",
    ],
    "last_name": [
        "urn:oid:2.5.4.4",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        "lastName",
    ],
}


def sign_in_settings(*, production: bool) -> dict[str, Any]:
    """Return the settings of allauth and axes, by name; `docs/sign-in.md` says what each is for."""
    return {
        "AUTHENTICATION_BACKENDS": [
            # First, so that a locked account is refused before its password is looked at.
            "axes.backends.AxesStandaloneBackend",
            "django.contrib.auth.backends.ModelBackend",
            "allauth.account.auth_backends.AuthenticationBackend",
            "guardian.backends.ObjectPermissionBackend",
        ],
        "AXES_HANDLER": "apps.platform.accounts.lockout.GrowingLockout",
        "AXES_LOCKOUT_CALLABLE": "apps.platform.accounts.lockout.locked_response",
        "AXES_USERNAME_FORM_FIELD": "login",
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_DISABLE_ACCESS_LOG": True,
        "AXES_VERBOSE": False,
        "ACCOUNT_ADAPTER": "apps.platform.accounts.adapters.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_EMAIL_VERIFICATION": "optional",
        "ACCOUNT_UNIQUE_EMAIL": True,
        "ACCOUNT_CHANGE_EMAIL": True,
        "ACCOUNT_FORMS": {"add_email": "apps.platform.accounts.forms.NewAddressForm"},
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 15 * 60,
        "ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS": 3,
        "PASSWORD_RESET_TIMEOUT": 60 * 60,
        # The lock-out above is the one that counts; these only keep floods away and must not answer before it.
        "ACCOUNT_RATE_LIMITS": {"login": "120/m/ip", "login_failed": "120/m/ip,30/5m/key"},
        "MFA_ADAPTER": "apps.platform.accounts.adapters.TwoStepAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "MoniDesk",
        # One step of thirty seconds before and after: telephones' clocks differ.
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_FORMS": {
            "authenticate": "apps.platform.accounts.forms.SecondStepForm",
            "reauthenticate": "apps.platform.accounts.forms.SecondStepAgainForm",
        },
        # Browsers allow passkeys over plain HTTP for the own machine only.
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not production,
        "SOCIALACCOUNT_ADAPTER": "apps.platform.accounts.adapters.CompanySignInAdapter",
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_PROVIDERS": company_sign_in(),
        "COMPANY_SIGN_IN_DOMAINS": _domains(os.environ.get("COMPANY_SIGN_IN_DOMAINS", "")),
        "COMPANY_SIGN_IN_BUSINESS": os.environ.get("COMPANY_SIGN_IN_BUSINESS", ""),
        "COMPANY_SIGN_IN_ROLE": os.environ.get("COMPANY_SIGN_IN_ROLE") or "cashier",
    }


def company_sign_in() -> dict[str, Any]:
    """Return the providers with the server that OIDC_... or SAML_... name, if any.

    Raises `ImproperlyConfigured` for SAML without COMPANY_SIGN_IN_DOMAINS: its answers do not say whether an address is
    proved, so that the server could sign in as anybody.
    """
    name = os.environ.get("COMPANY_SIGN_IN_NAME") or "your company"
    openid, saml = [], []
    issuer, client_id = os.environ.get("OIDC_ISSUER", ""), os.environ.get("OIDC_CLIENT_ID", "")
    if issuer and client_id:
        app = {
            "provider_id": "company",
            "name": name,
            "client_id": client_id,
            "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
            "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
        }
        openid.append(app)
    entity, address = os.environ.get("SAML_ENTITY_ID", ""), os.environ.get("SAML_SIGN_IN_URL", "")
    if entity and address:
        if not _domains(os.environ.get("COMPANY_SIGN_IN_DOMAINS", "")):
            raise ImproperlyConfigured(
                "SAML asks for COMPANY_SIGN_IN_DOMAINS: the domains the server speaks for."
            )
        saml.append(
            saml_app(
                name,
                entity=entity,
                sign_in_url=address,
                sign_out_url=os.environ.get("SAML_SIGN_OUT_URL", ""),
                certificate=os.environ.get("SAML_CERTIFICATE", ""),
            )
        )
    return {
        "openid_connect": {"provider_class": "apps.platform.accounts.oidc.CompanySignIn", "APPS": openid},
        "saml": {"provider_class": "apps.platform.accounts.saml.CompanySaml", "APPS": saml},
    }


def saml_app(
    name: str, *, entity: str, sign_in_url: str, sign_out_url: str, certificate: str
) -> dict[str, Any]:
    """Return allauth's description of a SAML server; `certificate` is PEM or its base64 alone."""
    server = {"entity_id": entity, "sso_url": sign_in_url, "x509cert": certificate.replace("\\n", "\n")}
    if sign_out_url:
        server["slo_url"] = sign_out_url
    advanced = {
        "want_assertion_signed": True,
        "reject_deprecated_algorithm": True,
        "reject_idp_initiated_sso": True,
        "allow_single_label_domains": True,  # an installation in a company's own network
    }
    return {
        "provider_id": "company",
        "client_id": "company",
        "name": name,
        "settings": {"idp": server, "attribute_mapping": _SAML_ATTRIBUTES, "advanced": advanced},
    }


def company_targets(providers: dict[str, Any]) -> list[str]:
    """Return the origins a sign-in form is sent on to, for the content policy: browsers stop other redirects."""
    addresses = [app["settings"]["server_url"] for app in providers["openid_connect"]["APPS"]]
    addresses += [app["settings"]["idp"]["sso_url"] for app in providers["saml"]["APPS"]]
    parts = [urlsplit(address) for address in addresses]
    return [f"{part.scheme}://{part.netloc}" for part in parts]


def _domains(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(",") if part.strip()]
