"""What stands on top of pages: somebody works in another's place, two-step sign-in is asked for soon,
the store takes no orders."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.platform.accounts.notices import Notice, register_notice
from apps.platform.businesses import impersonation, two_step
from apps.platform.businesses.closing import closed_words


@register_notice
def working_as(request: HttpRequest) -> Notice | None:
    """Says whose place is taken, for how long, and ends it."""
    kept = impersonation.worn(request)
    if kept is None:
        return None
    minutes = kept.minutes_left
    text = ngettext(
        "You work as %(person)s at %(business)s for %(minutes)d more minute. Both names stand on all you do.",
        "You work as %(person)s at %(business)s for %(minutes)d more minutes. Both names stand on all you do.",
        minutes,
    ) % {"person": kept.person, "business": kept.business, "minutes": minutes}
    return Notice(text=text, tone="warn", verb=_("Stop now"), post_url=reverse("platform_stop"))


@register_notice
def two_step_soon(request: HttpRequest) -> Notice | None:
    """Says from when the business asks for two-step sign-in, to who lacks it."""
    business = getattr(request, "business", None)
    if not business or impersonation.SESSION_KEY in request.session:
        return None
    moment = two_step.coming_for(request, business)
    if moment is None or two_step.is_required(business):
        return None
    text = _("From %(day)s on, everybody at %(business)s needs two-step sign-in.") % {
        "day": formats.date_format(moment, "DATE_FORMAT"),
        "business": business.name,
    }
    return Notice(text=text, tone="warn", verb=_("Set it up"), url=reverse("mfa_index"))


@register_notice
def orders_closed(request: HttpRequest) -> Notice | None:
    """Says that the store takes no orders, so that nobody forgets it, and opens it again for who may."""
    business = getattr(request, "business", None)
    if not business or not business.orders_closed:
        return None
    text = _("The store takes no orders right now. Buyers read: %(words)s") % {
        "words": closed_words(business)
    }
    if not request.actor.may("business.change"):  # type: ignore[attr-defined]
        return Notice(text=text, tone="warn")
    return Notice(
        text=text, tone="warn", verb=_("Take orders again"), post_url=reverse("admin:business_reopen")
    )
