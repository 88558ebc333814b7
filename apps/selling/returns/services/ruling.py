"""What the shop takes back."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.returns import policies
from apps.selling.returns.models import ReturnRules

LONGEST_WINDOW = 3650


@use_case(permission=policies.RULES, audits="returns.rules_set")
def set_return_rules(
    actor: Actor,
    *,
    accepts: bool,
    window_days: int,
    offers_exchange: bool,
    offers_credit: bool,
    excluded_tags: Sequence[str] = (),
    instructions: str = "",
) -> ReturnRules:
    """Say what buyers may send back by themselves, for how long, and how. Raises `InvalidInput`."""
    if isinstance(window_days, bool) or not 0 <= window_days <= LONGEST_WINDOW:
        raise InvalidInput(fields={"window_days": [_("A number of days from 0 to 3650.")]})
    tags = sorted({tag.strip()[:40] for tag in excluded_tags if tag.strip()})
    ReturnRules.objects.bulk_create([ReturnRules()], ignore_conflicts=True)
    rules = lock_one(Rank.ROOT, ReturnRules.objects.all())
    rules.accepts, rules.window_days = accepts, window_days
    rules.offers_exchange, rules.offers_credit = offers_exchange, offers_credit
    rules.excluded_tags, rules.instructions = tags, clean_note(instructions)[:4000]
    rules.save()
    after = {"accepts": accepts, "window_days": window_days, "excluded_tags": tags}
    audit.record(actor, "returns.rules_set", rules, after=after)
    return rules
