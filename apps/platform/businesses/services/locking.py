"""The lock that everything about a business's people and places waits for."""

from __future__ import annotations

from apps.kernel import tenancy
from apps.kernel.locks import Rank, lock_one
from apps.platform.businesses.models import Business


def lock_business() -> Business:
    """The row of the bound business, locked: two owners removing each other wait for one another here."""
    return lock_one(Rank.ROOT, Business.objects.filter(pk=tenancy.require_business_id()))
