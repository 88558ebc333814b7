"""The one way into the ledger of credit."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.selling.credit.events import CreditRevalued
from apps.selling.credit.models import CreditAccount, CreditEntry

Kind = CreditEntry.Kind
# What the books learn from here; all else they learn from the order.
TOLD = frozenset({Kind.ISSUED, Kind.EXPIRED, Kind.CORRECTED, Kind.TOPPED_UP})


def write(
    actor: Actor,
    account: CreditAccount,
    kind: Kind,
    amount: Decimal,
    *,
    owner_type: str = "",
    owner_id: UUID | None = None,
    reference: str = "",
    reason: str = "",
    tender: str = "",
) -> CreditEntry:
    """Write an entry; the database adds it to the balance and refuses what would take it below zero.

    The account must be locked or new. Its balance in memory follows.
    """
    entry = CreditEntry(
        business_id=account.business_id,
        account=account,
        kind=kind,
        amount=amount,
        balance_after=account.balance + amount,
        owner_type=owner_type,
        owner_id=owner_id,
        reference=reference[:40],
        reason=reason[:200],
        actor_label=actor.label[:200],
    )
    entry.save(force_insert=True)
    account.balance += amount
    if kind in TOLD:
        assert account.business_id is not None  # noqa: S101  (every row of a tenant has one)
        publish(
            CreditRevalued(
                business_id=account.business_id,
                account_id=account.pk,
                entry_id=entry.pk,
                account_kind=account.kind,
                kind=str(kind),
                amount=amount,
                currency=account.currency,
                last4=account.last4,
                tender=tender,
            )
        )
    return entry
