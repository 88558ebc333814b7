"""Today's third question: is the money right?"""

from __future__ import annotations

from django.core.cache import caches
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import today

from .verification import verify_sums

# Sums over all orders and lines: right for a minute is right enough for a page that is opened all day.
SECONDS_REMEMBERED = 60


@today.register_check(permission="ledger.read", order=10)
def books(actor: Actor) -> list[today.Check]:
    """Whether journal, stock and orders agree, with a link to the whole verdict."""
    cache = caches["pages"]
    key = f"ledger-sums-{actor.business_id}"
    findings: list[str] | None = cache.get(key)
    if findings is None:
        findings = [found.text for found in verify_sums()]
        cache.set(key, findings, SECONDS_REMEMBERED)
    url = reverse("admin:ledger_checks")
    if not findings:
        return [today.Check(text=_("The books agree with stock and orders."), is_right=True, url=url)]
    return [today.Check(text=text, is_right=False, url=url) for text in findings]
