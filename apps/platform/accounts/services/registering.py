"""People come into being. What a person may do is not decided here."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User


@use_case(audits="accounts.user_registered")
def register_user(
    actor: Actor, *, email: str, password: str | None, display_name: str = "", locale: str = "en"
) -> User:
    """Create a user; without a password the person cannot sign in until one is set.

    Raises `InvalidInput` (`email`, `password1`) for a taken or malformed address or a weak password.
    """
    address = _clean_email(email)
    user = User(email=address, display_name=display_name.strip(), locale=locale)
    if password is not None:
        _check_password(password, user)
    user.set_password(password)
    try:
        # A savepoint, so that losing a race for an address leaves the caller's transaction usable.
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidInput(
            fields={"email": [_("Somebody already signs in with this address. Sign in instead.")]}
        ) from error
    EmailAddress.objects.create(user=user, email=address, primary=True, verified=False)
    audit.record(actor, "accounts.user_registered", user, after={"email": address})
    return user


@use_case(audits="accounts.password_set")
def complete_user(actor: Actor, *, user: User, display_name: str, password: str) -> User:
    """Give an invited person a name and the first password; the invitation proved the address.

    Raises `Conflict` when the person has a password already, `InvalidInput` (`password1`) for a weak one.
    """
    if user.has_usable_password():
        raise Conflict(_("This account has a password already."), remedy=_("Sign in with it."))
    _check_password(password, user)
    user.display_name = display_name.strip() or user.display_name
    user.set_password(password)
    user.save(update_fields=["display_name", "password", "updated_at"])
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
    audit.record(actor, "accounts.password_set", user)
    return user


def _clean_email(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput(fields={"email": [_("Enter an address such as ada@example.com.")]}) from error
    return address


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(fields={"password1": list(error.messages)}) from error
