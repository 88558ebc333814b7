"""Who may come in by the company's own sign-in. Which businesses there are is known above; they register here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.kernel.errors import PermissionRefused
from apps.platform.accounts.callers import Caller
from apps.platform.accounts.models import User

Gate = Callable[[str, str, Caller], User | None]
_gates: list[Gate] = []


def register_gate(gate: Gate) -> Gate:
    """Have `gate(email, name, caller)` name the person an address may sign in as; None: it may not."""
    if gate not in _gates:
        _gates.append(gate)
    return gate


def proved_email(sociallogin: Any) -> str:
    """The address the company's server vouches for; raises `PermissionRefused` when it does not."""
    for address in sociallogin.email_addresses:
        if address.verified and address.email:
            return str(address.email).strip().lower()
    raise PermissionRefused(
        _("Your company's sign-in does not confirm your e-mail address."),
        remedy=_("Sign in with e-mail and password, or ask who looks after your company's sign-in."),
        code="email_not_proved",
    )


def welcome(email: str, name: str, caller: Caller) -> User:
    """The person the proved address signs in as; raises `PermissionRefused` for a stranger."""
    for gate in _gates:
        user = gate(email, name, caller)
        if user is not None and not user.is_platform_admin:
            return user
    raise PermissionRefused(
        _("%(email)s does not belong to a business here.") % {"email": email},
        remedy=_("Ask an owner or administrator of your business for an invitation."),
        code="not_a_member",
    )


def require_same(user: User, sociallogin: Any) -> None:
    """Raise `PermissionRefused` when the company's account signed in as somebody else before.

    An address that was given to another employee must not open what belonged to the first one.
    """
    if sociallogin.is_existing and sociallogin.user.pk != user.pk:
        raise PermissionRefused(
            _("Your company's sign-in has used another address here before."),
            remedy=_("Ask an owner of your business, or MoniDesk, to look into it."),
            code="another_person",
        )
