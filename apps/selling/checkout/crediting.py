"""Gift cards and store credit at checkout: what is shown to the buyer, and what is locked when she submits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.actors import Actor
from apps.kernel.money import ZERO
from apps.kernel.tenancy import require_business_id
from apps.selling.checkout.pricing import PricedGroup
from apps.selling.credit.models import CreditAccount
from apps.selling.credit.selectors import list_chosen
from apps.selling.credit.services import hold
from apps.selling.credit.services.moving import Held
from apps.selling.orders.tenders import paid_by

OWNER_TYPE = "cart"


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One account that the buyer has chosen, and what it would pay of the total now."""

    account: CreditAccount
    amount: Decimal

    @property
    def label(self) -> str:
        return paid_by(self.account.kind, self.account.last4)


def credit_of_cart(cart_id: UUID, total: Decimal) -> list[CreditRow]:
    """What was chosen for the cart, and how much of `total` each would pay; one query, nothing is locked."""
    rows, left = [], total
    for account in list_chosen(OWNER_TYPE, cart_id):
        share = min(left, account.balance) if account.can_be_spent else ZERO
        rows.append(CreditRow(account, share))
        left -= share
    return rows


def hold_credit(
    actor: Actor, groups: Sequence[PricedGroup], account_ids: Sequence[UUID], agreed: Decimal | None
) -> dict[UUID, list[Held]]:
    """Lock the accounts for the order of this store, by its seller; cards of one shop pay no other's goods."""
    seller_id = require_business_id()
    own = next((group for group in groups if group.seller.pk == seller_id), None)
    if not account_ids or own is None:
        return {}
    totals = own.totals
    return {
        seller_id: hold(
            actor, account_ids=account_ids, total=totals.total, currency=totals.currency, agreed=agreed
        )
    }
