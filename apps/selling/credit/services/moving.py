"""Credit pays for an order, and comes back from it. Nothing here opens an order: owners are references."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, WrongState
from apps.kernel.locks import Rank, lock
from apps.kernel.money import ZERO
from apps.people.customers.models import Customer
from apps.selling.credit.models import CreditAccount, CreditEntry

from .issuing import give_store_credit
from .writing import write


class OwnerLike(Protocol):
    """Any owner reference."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> UUID: ...


@dataclass(slots=True)
class Held:
    """An account that is locked for an order, and how much of it is to be spent."""

    account: CreditAccount
    amount: Decimal


def hold(
    actor: Actor, *, account_ids: Sequence[UUID], total: Decimal, currency: str, agreed: Decimal | None = None
) -> list[Held]:
    """Lock accounts for an order of `total` and say what each will pay, in the order given; rank credit.

    What cannot be spent (blocked, over, empty, another currency) pays nothing. `agreed` is what the buyer was shown
    that credit pays: raises `Conflict` (`credit_changed`) when it is another amount now, so that nobody is asked for
    more than she agreed to.
    """
    found = {row.pk: row for row in lock(Rank.CREDIT, CreditAccount.objects.filter(pk__in=account_ids))}
    held: list[Held] = []
    left = total
    for pk in account_ids:
        account = found.get(pk)
        if account is None or account.currency != currency or not account.can_be_spent or left <= 0:
            continue
        held.append(Held(account, min(left, account.balance)))
        left -= held[-1].amount
    if agreed is not None and total - left != agreed:
        raise Conflict(
            _("What is on your gift card has changed since you last looked."),
            code="credit_changed",
            kept=_("Your cart and your details are kept; nothing was charged."),
            remedy=_("Please look at what is left to pay and confirm again."),
        )
    return held


def redeem(actor: Actor, held: Held, *, owner: OwnerLike, reference: str) -> CreditEntry:
    """Spend what was held on the owner; its entry's id is the capture that the owner records."""
    return write(
        actor,
        held.account,
        CreditEntry.Kind.REDEEMED,
        -held.amount,
        owner_type=owner.type,
        owner_id=owner.id,
        reference=reference,
    )


def give_back(
    actor: Actor,
    *,
    account_id: UUID,
    amount: Decimal,
    owner: OwnerLike,
    reference: str,
    reason: str,
    customer: Customer | None,
    language: str = "",
) -> CreditEntry:
    """Put what was spent on an order back on its card, rank credit.

    A card that is over or blocked would swallow it: then it becomes the customer's store credit. A buyer who is not
    known gets it back on the card all the same.
    """
    account = lock(Rank.CREDIT, CreditAccount.objects.filter(pk=account_id))[0]
    if customer is not None and (account.has_expired or account.blocked_at is not None):
        return pay_out(
            actor,
            customer=customer,
            currency=account.currency,
            amount=amount,
            owner=owner,
            reference=reference,
            reason=reason,
            language=language,
        )
    return write(
        actor,
        account,
        CreditEntry.Kind.GIVEN_BACK,
        amount,
        owner_type=owner.type,
        owner_id=owner.id,
        reference=reference,
        reason=reason,
    )


def pay_out(
    actor: Actor,
    *,
    customer: Customer,
    currency: str,
    amount: Decimal,
    owner: OwnerLike,
    reference: str,
    reason: str,
    language: str = "",
) -> CreditEntry:
    """Give a refund of the owner as store credit instead of money, rank credit."""
    return give_store_credit(
        actor,
        customer=customer,
        currency=currency,
        amount=amount,
        owner_type=owner.type,
        owner_id=owner.id,
        reference=reference,
        reason=reason,
        language=language,
    )


def take_back_cards(
    actor: Actor,
    *,
    line_ids: Collection[UUID],
    amounts: dict[UUID, Decimal],
    owner: OwnerLike,
    reference: str,
) -> Decimal:
    """Take refunded cards of these lines back, `amounts` by line; rank credit. Returns what was taken in all.

    Raises `WrongState` when somebody has spent of them what is to be paid back.
    """
    cards = lock(Rank.CREDIT, CreditAccount.objects.filter(sold_line_id__in=line_ids))
    taken = ZERO
    for line_id, wanted in amounts.items():
        left = wanted
        for card in sorted((one for one in cards if one.sold_line_id == line_id), key=_piece, reverse=True):
            share = min(left, card.balance)
            if share > 0:
                write(
                    actor,
                    card,
                    CreditEntry.Kind.TAKEN_BACK,
                    -share,
                    owner_type=owner.type,
                    owner_id=owner.id,
                    reference=reference,
                )
                left -= share
                taken += share
        if left:
            raise WrongState(
                _("These gift cards have been spent in part: there is not so much left on them."),
                code="credit_spent",
                remedy=_("Give back at most what is still on the cards."),
            )
    return taken


def _piece(card: CreditAccount) -> int:
    return card.sold_piece or 0
