"""What ends with a membership: the person's tokens, and the keys the person made."""

from __future__ import annotations

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.platform.access.models import ApiKey, TokenFamily
from apps.platform.businesses.endings import register_ending
from apps.platform.businesses.models import Membership


@register_ending
def end_tokens_and_keys(actor: Actor, member: Membership) -> None:
    """Runs in the transaction that suspends or removes the member: whoever goes knows the secrets of these keys."""
    _end(actor, member=member)


@use_case(audits="keys.revoked")
def _end(actor: Actor, *, member: Membership) -> None:
    now = clock.now()
    TokenFamily.objects.filter(user_id=member.user_id, revoked_at__isnull=True).update(
        revoked_at=now, revoked_because="membership ended"
    )
    for key in ApiKey.objects.filter(created_by_id=member.user_id, revoked_at__isnull=True):
        key.revoked_at, key.revoked_because = now, f"{member.user} left or was suspended"[:200]
        key.save(update_fields=["revoked_at", "revoked_because", "updated_at"])
        audit.record(actor, "keys.revoked", key, reason=key.revoked_because)
