"""How people sign in: lock-out, two-step sign-in, sessions and a company's own sign-in (OpenID Connect)."""

from __future__ import annotations

import os
from typing import Any


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
        "OIDC_ALLOWED_DOMAINS": _list("OIDC_ALLOWED_DOMAINS"),
        "OIDC_BUSINESS": os.environ.get("OIDC_BUSINESS", ""),
        "OIDC_ROLE": os.environ.get("OIDC_ROLE") or "cashier",
    }


def company_sign_in() -> dict[str, Any]:
    """Return the provider with the server that OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET name, if any."""
    apps = []
    issuer, client_id = os.environ.get("OIDC_ISSUER", ""), os.environ.get("OIDC_CLIENT_ID", "")
    if issuer and client_id:
        app = {
            "provider_id": "company",
            "name": os.environ.get("OIDC_NAME") or "your company",
            "client_id": client_id,
            "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
            "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
        }
        apps.append(app)
    return {"openid_connect": {"provider_class": "apps.platform.accounts.oidc.CompanySignIn", "APPS": apps}}


def _list(name: str) -> list[str]:
    return [part.strip().lower() for part in os.environ.get(name, "").split(",") if part.strip()]
