"""Taking a person out of entries that nobody can edit."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.audit import PLATFORM_CHAIN
from apps.kernel.errors import PermissionRefused
from apps.kernel.use_cases import use_case


@use_case(audits="privacy.redacted")
def redact_entries(actor: Actor, *, entry_ids: Sequence[UUID]) -> int:
    """Empty what names people in these entries; the chain holds, and an entry says which were emptied.

    For erasures alone, which have asked for the permission: anybody who may not erase is refused.
    """
    if not actor.may("privacy.erase"):
        raise PermissionRefused()
    numbers = audit.redact(actor.business_id or PLATFORM_CHAIN, list(entry_ids))
    if numbers:
        audit.record(actor, "privacy.redacted", after={"entries": numbers})
    return len(numbers)
