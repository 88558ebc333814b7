"""The second step of signing in, under the same lock-out as the first."""

from __future__ import annotations

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.kernel.errors import DomainError
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.models import User
from apps.platform.accounts.services.authenticating import note_wrong_code, refuse_if_locked


class _Guarded:
    """Refuses while the person must wait, and counts a wrong code like a wrong password."""

    user: User

    def clean_code(self) -> str:
        request = context.request
        caller = caller_of(request)
        try:
            refuse_if_locked(self.user, caller)
        except DomainError as error:
            request.sign_in_locked_until = error.context["until"]
            request.axes_locked_out = True
            raise ValidationError(str(error), code=error.code) from error
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError:
            if until := note_wrong_code(self.user, caller):
                request.sign_in_locked_until = until
                request.axes_locked_out = True
            raise
        return code


class SecondStepForm(_Guarded, AuthenticateForm):  # type: ignore[misc]
    """A code after the password."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")


class SecondStepAgainForm(_Guarded, ReauthenticateForm):  # type: ignore[misc]
    """A code before something that matters."""
