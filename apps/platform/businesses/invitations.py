"""The signed link of an invitation."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.errors import NotFound, WrongState
from apps.kernel.tenancy import crossing
from apps.platform.businesses.models import Membership

GOOD_FOR = dt.timedelta(days=7)
_SALT = "businesses.invitation"


def invitation_url(member: Membership) -> str:
    """The absolute link for the invited person. Sending again changes it, so an earlier link is worthless."""
    token = signing.dumps([str(member.pk), _moment(member)], salt=_SALT)
    return settings.PUBLIC_BASE_URL + reverse("invitation", args=[token])


def get_invited(token: str) -> Membership:
    """The membership a link stands for, of whatever business it is.

    Raises `NotFound` for a forged link, `WrongState` for one that is used, replaced or older than seven days.
    """
    try:
        pk, moment = signing.loads(token, salt=_SALT)
        with crossing("people.invitation"):
            found = Membership.unscoped.select_related("user", "role", "business").filter(pk=UUID(pk)).first()
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(_("This link is not valid.")) from error
    if found is None:
        raise NotFound(_("This invitation was withdrawn."), remedy=_("Ask for a new one."))
    if found.status != Membership.Status.INVITED:
        raise WrongState(
            _("This invitation was used already."), remedy=_("Sign in with your e-mail address.")
        )
    if _moment(found) != moment:
        raise WrongState(_("A newer invitation was sent."), remedy=_("Use the link in the latest e-mail."))
    if found.invited_at is None or clock.now() > found.invited_at + GOOD_FOR:
        raise WrongState(_("This invitation has expired."), remedy=_("Ask for a new one."))
    return found


def _moment(member: Membership) -> float:
    return member.invited_at.timestamp() if member.invited_at else 0.0
