"""Keeping what competitors ask: one write for typed prices, files and programs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.use_cases import use_case
from apps.selling.pricing import policies
from apps.selling.pricing.competitors import MOST_ROWS, CompetitorDraft
from apps.selling.pricing.models import CompetitorPrice


@use_case(permission=policies.MANAGE, idempotent=True, audits="pricing.competitors_noted")
def note_competitor_prices(
    actor: Actor, *, drafts: Sequence[CompetitorDraft], source: str, key: str | None = None
) -> int:
    """Keep these prices; one of the same item, competitor and day is replaced. How many there were.

    A competitor written in other capitals is the same one. Raises `InvalidInput` for none or too many.
    """
    if not 1 <= len(drafts) <= MOST_ROWS:
        raise InvalidInput(fields={"rows": [_("Send 1 to %(most)s prices at once.") % {"most": MOST_ROWS}]})
    names = _names()
    rows = [
        CompetitorPrice(
            id=new_id(),
            variant_id=draft.variant_id,
            competitor=names.setdefault(draft.competitor.lower(), draft.competitor),
            price=draft.price,
            currency=draft.currency,
            source=source,
            seen_on=draft.seen_on,
        )
        for draft in drafts
    ]
    CompetitorPrice.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["price", "currency", "source", "updated_at"],
        unique_fields=["variant", "competitor", "seen_on"],
    )
    audit.record(actor, "pricing.competitors_noted", None, after={"prices": len(rows), "source": source})
    return len(rows)


@use_case(permission=policies.MANAGE, audits="pricing.competitor_removed")
def remove_competitor_price(actor: Actor, *, price_id: UUID) -> None:
    """Take one price off again; the one before it counts then. Gone before, nothing happens."""
    row = CompetitorPrice.objects.filter(pk=price_id).first()
    if row is None:
        return
    before = {"competitor": row.competitor, "price": row.price, "day": row.seen_on}
    audit.record(actor, "pricing.competitor_removed", row, before=before)
    row.delete()


def _names() -> dict[str, str]:
    known = CompetitorPrice.objects.order_by("competitor").values_list("competitor", flat=True).distinct()
    return {name.lower(): name for name in known}
