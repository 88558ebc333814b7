"""How long the trail is kept at hand, and that somebody took it away."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.use_cases import use_case
from apps.platform.records import policies
from apps.platform.records.models import DEFAULT_DAYS, LEGAL_MINIMUM_DAYS, LONGEST_DAYS, TrailRetention


@use_case(permission=policies.KEEP, audits="audit.retention_changed")
def set_retention(actor: Actor, *, days: int) -> TrailRetention:
    """Keep the trail at hand for so many days; what is older lies in archives. The same number changes nothing.

    Raises `InvalidInput` (`days`) below the legal minimum: nobody may shorten the trail to hide something.
    """
    if not LEGAL_MINIMUM_DAYS <= days <= LONGEST_DAYS:
        message = _("From %(least)s to %(most)s days: the law asks for a year at least.") % {
            "least": LEGAL_MINIMUM_DAYS,
            "most": LONGEST_DAYS,
        }
        raise InvalidInput(fields={"days": [message]})
    kept, _made = TrailRetention.objects.get_or_create(defaults={"days": DEFAULT_DAYS})
    if kept.days != days:
        before, kept.days = kept.days, days
        kept.save(update_fields=["days", "updated_at"])
        audit.record(actor, "audit.retention_changed", kept, before={"days": before}, after={"days": days})
    return kept


@use_case(permission=policies.EXPORT, audits="audit.exported")
def enter_export(actor: Actor, *, what: str, shape: str, asked: dict[str, str]) -> None:
    """Enter that the trail, or an archive of it, is taken away as a file; committed before the first byte is sent."""
    audit.record(actor, "audit.exported", after={"what": what, "format": shape, **asked})
