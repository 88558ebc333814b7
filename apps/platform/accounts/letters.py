"""What the mails about an account say, by allauth's name for the occasion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Letter = dict[str, Any]
_NOT_YOU = gettext_lazy(
    "If this was not you, choose a new password at once and look at where your account is signed in."
)
_IGNORE = gettext_lazy("If you did not ask for this, ignore this mail; nothing happens.")


def _reset(context: dict[str, Any]) -> Letter:
    return {
        "subject": _("Choose a new password"),
        "sentences": [
            _("Somebody, hopefully you, asked for a new password for this address."),
            _("The link works once and for an hour."),
        ],
        "url": context["password_reset_url"],
        "button": _("Choose a new password"),
        "warning": _IGNORE,
    }


def _unknown(context: dict[str, Any]) -> Letter:
    return {
        "subject": _("Nobody signs in with this address"),
        "sentences": [
            _(
                "Somebody, hopefully you, asked for a new password, but this address has no account at MoniDesk."
            ),
            _("Perhaps you signed up with another one."),
        ],
        "url": reverse("account_signup"),
        "button": _("Open a business"),
        "warning": _IGNORE,
    }


def _confirm(context: dict[str, Any]) -> Letter:
    return {
        "subject": _("Confirm your e-mail address"),
        "sentences": [
            _("With this link you confirm that the address is yours. It is good for three days."),
        ],
        "url": context["activate_url"],
        "button": _("Confirm the address"),
        "warning": _IGNORE,
    }


def _exists(context: dict[str, Any]) -> Letter:
    return {
        "subject": _("You have an account already"),
        "sentences": [
            _("Somebody, hopefully you, wanted to use this address, which has an account already.")
        ],
        "url": context["password_reset_url"],
        "button": _("Choose a new password"),
        "warning": _IGNORE,
    }


def _email_changed(context: dict[str, Any]) -> Letter:
    addresses = {"old": context.get("from_email", ""), "new": context.get("to_email", "")}
    text = _("You sign in as %(new)s from now on, no longer as %(old)s.") % addresses
    return _notice(_("Your e-mail address was changed"), text)(context)


def _notice(subject: Any, *sentences: Any) -> Callable[[dict[str, Any]], Letter]:
    def write(context: dict[str, Any]) -> Letter:
        facts = [(_("When"), formats.date_format(context["timestamp"], "DATETIME_FORMAT"))]
        facts += [(_("From"), context["ip"])] if context.get("ip") else []
        facts += [(_("With"), context["user_agent"][:120])] if context.get("user_agent") else []
        return {
            "subject": subject,
            "sentences": list(sentences) or [_("This happened to your account at MoniDesk:")],
            "url": reverse("account_sessions"),
            "button": _("See where you are signed in"),
            "warning": _NOT_YOU,
            "facts": facts,
        }

    return write


_L = gettext_lazy
LETTERS: dict[str, Callable[[dict[str, Any]], Letter]] = {
    "account/email/password_reset_key": _reset,
    "account/email/unknown_account": _unknown,
    "account/email/email_confirmation": _confirm,
    "account/email/email_confirmation_signup": _confirm,
    "account/email/account_already_exists": _exists,
    "account/email/email_changed": _email_changed,
    "account/email/email_confirm": _notice(_L("Your e-mail address was confirmed")),
    "account/email/email_deleted": _notice(_L("An e-mail address was removed from your account")),
    "account/email/password_changed": _notice(
        _L("Your password was changed"), _L("Everywhere else you were signed out.")
    ),
    "account/email/password_reset": _notice(
        _L("Your password was changed"),
        _L("It was done by the link we sent. You were signed out everywhere."),
    ),
    "account/email/password_set": _notice(_L("Your account has a password now")),
    "mfa/email/totp_activated": _notice(_L("Two-step sign-in: an authenticator app was added")),
    "mfa/email/totp_deactivated": _notice(_L("Two-step sign-in: the authenticator app was removed")),
    "mfa/email/recovery_codes_generated": _notice(
        _L("Two-step sign-in: new recovery codes"), _L("The earlier codes no longer work.")
    ),
    "mfa/email/webauthn_added": _notice(_L("Two-step sign-in: a passkey was added")),
    "mfa/email/webauthn_removed": _notice(_L("Two-step sign-in: a passkey was removed")),
}
