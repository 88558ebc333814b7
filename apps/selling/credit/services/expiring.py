"""Cards whose last day is over: what is left on them is income on the day after."""

from __future__ import annotations

from uuid import UUID

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.selling.credit.models import CreditAccount, CreditEntry

from .writing import write


@use_case(audits="credit.expired")
def expire_credit(actor: Actor, *, account_id: UUID) -> bool:
    """Take what is left off a card that is over; by the product itself only. False: there was nothing to do.

    A blocked card keeps what is on it until somebody has decided. Publishes `credit.revalued`.
    """
    if actor.kind != "system":
        raise PermissionRefused()
    rows = lock(Rank.CREDIT, CreditAccount.objects.filter(pk=account_id))
    if not rows or not rows[0].has_expired or rows[0].balance <= 0 or rows[0].blocked_at is not None:
        return False
    account = rows[0]
    left = account.balance
    write(actor, account, CreditEntry.Kind.EXPIRED, -left)
    audit.record(
        actor, "credit.expired", account, before={"balance": left}, after={"balance": account.balance}
    )
    return True
