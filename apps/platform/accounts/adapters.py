"""What MoniDesk does its own way in allauth: mails by our queue, secrets encrypted, who may come by a company."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.kernel.errors import DomainError
from apps.platform.accounts import company
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.letters import LETTERS
from apps.platform.accounts.mail import send_account_mail
from apps.platform.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Accounts: no sign-up past our own page, mails by the queue, a fresh sign-in counts as proof."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _lazy("The e-mail address or the password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by opening a business or by an invitation; both have pages of their own."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The caller's address; a session without one is kept as from nowhere."""
        return caller_of(request).ip or "0.0.0.0"  # noqa: S104  (an address to note, none to listen on)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who runs the platform has an area of its own."""
        if getattr(request.user, "is_platform_admin", False):
            return "/platform/"
        return str(super().get_login_redirect_url(request))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to where the account's safety is looked after."""
        return reverse("mfa_index")

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask again for what matters, but not somebody who has just signed in."""
        request = context.request
        records = get_authentication_records(request, request.user)
        newest = max((record.get("at", 0) for record in records), default=0)
        return time.time() - newest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Word the mail and queue it; a letter we do not know is a mistake and raises `KeyError`."""
        letter = LETTERS[template_prefix](context)
        user = context.get("user")
        send_account_mail(to=email, language=getattr(user, "locale", "") or settings.LANGUAGE_CODE, **letter)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """A suspended person is told so, after the password was right and not before."""
        return HttpResponseRedirect(reverse("account_inactive"))


class TwoStepAdapter(DefaultMFAAdapter):
    """Two-step sign-in: secrets are encrypted at rest, names are ours."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey") if not count else _("Passkey %(number)d") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {
            "id": context.request.get_host().rpartition(":")[0] or context.request.get_host(),
            "name": "MoniDesk",
        }


class CompanySignInAdapter(DefaultSocialAccountAdapter):
    """Sign-in by the company's own server: only who belongs, or whose domain is let in to wait for approval."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the person the proved e-mail address stands for, or refuse with a page that says why."""
        try:
            email = company.proved_email(sociallogin)
            user = company.welcome(email, sociallogin.user.display_name, caller_of(request))
            company.require_same(user, sociallogin)
        except DomainError as error:
            page = render(request, "account/company_refused.html", {"error": error}, status=error.status)
            raise ImmediateHttpResponse(page) from error
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.email = (data.get("email") or "").strip().lower()
        user.display_name = (data.get("name") or "").strip()[:120]
        return user

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody is made here; `company.welcome` has made who may come."""
        return False

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The first sign-in by the company connects by itself and needs no letter."""


def _fernet() -> MultiFernet:
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"two-step:{key}".encode()).digest()))
            for key in keys
        ]
    )
