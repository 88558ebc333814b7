"""Whether a business asks for two-step sign-in, and whether this session has it. Costs no query."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.errors import PermissionRefused
from apps.platform.accounts.two_step import has_shown_second_factor
from apps.platform.businesses.models import Business


def is_required(business: Business) -> bool:
    """Whether nobody works in the business without two-step sign-in from now on."""
    return business.two_step_required_at is not None and business.two_step_required_at <= clock.now()


def is_missing(request: HttpRequest, business: Business) -> bool:
    """Whether this session may do nothing in the business until its person has set up a second step."""
    return is_required(business) and not has_shown_second_factor(request)


def coming_for(request: HttpRequest, business: Business) -> dt.datetime | None:
    """From when the person of this session will need it; None when it is there or not asked for."""
    if business.two_step_required_at is None or has_shown_second_factor(request):
        return None
    return business.two_step_required_at


def refuse_without(request: HttpRequest, business: Business) -> None:
    """Raise `PermissionRefused` for a session that lacks what the business asks for (doors without pages)."""
    if is_missing(request, business):
        raise PermissionRefused(
            _("Everybody who works here must use two-step sign-in."),
            remedy=_("Set it up under My account, then try again."),
            code="second_factor_required",
        )
