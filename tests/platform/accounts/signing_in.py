"""Signing in as people do: by the pages, with a real code of a real secret."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from apps.platform.accounts.models import User
from tests.factories.businesses import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"


def totp_code(secret: str = SECRET, *, steps: int = 0) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_app(user: User) -> list[str]:
    """Set up an authenticator app with SECRET; returns the recovery codes."""
    prove_address(user)
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).get_unused_codes()


def prove_address(user: User) -> None:
    EmailAddress.objects.filter(user=user).update(verified=True)


def by_password(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password}, **extra)


def by_app(client: Client, email: str, code: str | None = None) -> Any:
    by_password(client, email)
    return client.post(reverse("mfa_authenticate"), {"code": code or totp_code()})


def link_in(text: str) -> str:
    """The path of the first link of a mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found is not None, text
    return found.group(1)
