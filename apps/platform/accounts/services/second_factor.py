"""Taking away a lost second factor."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.use_cases import use_case
from apps.platform.accounts.mail import send_account_mail
from apps.platform.accounts.models import AccountEvent, User
from apps.platform.accounts.services.sessions import end_all_sessions


@use_case(audits="accounts.factor_reset")
def reset_second_factor(actor: Actor, *, user: User, reason: str = "") -> int:
    """Remove authenticator app, passkeys and recovery codes of a person and end all sessions; returns how many.

    The person is told by e-mail who did it and why, and sets up a new one at the next sign-in where a business
    asks for it. The caller has checked that the actor may. Raises `WrongState` when there is nothing to reset.
    """
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    if not removed:
        raise WrongState(_("This person has no two-step sign-in."))
    end_all_sessions(actor, user=user)
    AccountEvent.objects.create(user=user, kind=AccountEvent.Kind.FACTOR_RESET, method=actor.label[:40])
    audit.record(actor, "accounts.factor_reset", user, before={"factors": removed}, reason=reason)
    send_account_mail(
        to=user.email,
        language=user.locale,
        subject=_("Your two-step sign-in was reset"),
        sentences=[
            _("%(who)s has removed your authenticator app, passkeys and recovery codes.")
            % {"who": actor.label},
            *([_("Reason: %(reason)s") % {"reason": reason}] if reason else []),
            _(
                "You were signed out everywhere. Sign in with your password and set up two-step sign-in again."
            ),
        ],
        url=reverse("account_login"),
        button=_("Sign in"),
        warning=_("If you did not ask for this, tell an owner of your business at once."),
    )
    return removed
