"""What sign-in pages ask for: the company's own sign-in, devices in words, where work goes on."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.platform.accounts import notices
from apps.platform.accounts.selectors import is_email_verified
from apps.platform.accounts.two_step import has_shown_second_factor

register = template.Library()

# The first that fits names it; a browser calls itself by the names of several others.
_BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
             ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari")]  # fmt: skip
_SYSTEMS = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux")]  # fmt: skip


@register.filter
def device(user_agent: str) -> str:
    """`Firefox on Windows`, as far as the browser tells; else its first word."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    first = re.match(r"[\w.+-]+", user_agent or "")
    return browser or system or (first.group(0) if first else _("Unknown device"))


@register.simple_tag
def company_sign_in() -> dict[str, str] | None:
    """Name and address of the company's own sign-in; None when none is configured."""
    for provider, door in (("openid_connect", "openid_connect_login"), ("saml", "saml_login")):
        for app in settings.SOCIALACCOUNT_PROVIDERS.get(provider, {}).get("APPS", []):
            return {"name": app["name"], "url": reverse(door, args=[app["provider_id"]])}
    return None


@register.simple_tag(takes_context=True)
def two_step_demand(context: Any) -> dict[str, Any] | None:
    """Who asks the person for two-step sign-in that is not there: a business, or the platform itself."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated or has_shown_second_factor(request):
        return None
    if getattr(request.user, "is_platform_admin", False):
        return {"business": "MoniDesk"}
    business = request.business
    if (
        business
        and business.two_step_required_at is not None
        and business.two_step_required_at <= clock.now()
    ):
        return {"business": business.name}
    return None


@register.simple_tag(takes_context=True)
def email_to_prove(context: Any) -> str:
    """The person's address when it is not proved yet; without that no second step can be added."""
    user = context["request"].user
    return "" if is_email_verified(user) else str(user.email)


@register.simple_tag(takes_context=True)
def work_url(context: Any) -> str:
    """Where the person works: the back office, or the platform's area."""
    return "/platform/" if getattr(context["request"].user, "is_platform_admin", False) else "/admin/"


@register.simple_tag(takes_context=True)
def banners(context: Any) -> list[notices.Notice]:
    """What every page of the back office says on top; upper apps register their own."""
    request = context.get("request")
    if request is None:
        return []
    return [notice for find in notices.list_finders() if (notice := find(request)) is not None]
