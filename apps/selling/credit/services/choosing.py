"""Credit that a buyer means to spend on her cart: by the card's code, or as who has signed in."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.use_cases import use_case
from apps.selling.credit.models import CreditAccount, CreditChoice
from apps.selling.credit.selectors import find_by_code, why_not

from .moving import OwnerLike

MOST_CHOSEN = 5


@use_case(unaudited="what a visitor means to pay with, before anything is agreed")
def choose_credit(
    actor: Actor, *, owner: OwnerLike, code: str = "", account: CreditAccount | None = None
) -> CreditAccount:
    """Mean to pay with a card, by its code or as an account that the caller has found for who signed in.

    Only the account is remembered, never the code. Raises `InvalidInput` (`unknown_card`, `card_not_good`).
    """
    account = account or find_by_code(code)
    if account is None:
        message = _("We do not know this gift card. Check the code, letter by letter.")
        raise InvalidInput(message, code="unknown_card", fields={"code": [message]})
    if problem := why_not(account):
        raise InvalidInput(problem, code="card_not_good", fields={"code": [problem]})
    chosen = CreditChoice.objects.filter(owner_type=owner.type, owner_id=owner.id)
    if chosen.count() >= MOST_CHOSEN:
        message = _("At most %(most)s gift cards at once.") % {"most": MOST_CHOSEN}
        raise InvalidInput(message, fields={"code": [message]})
    CreditChoice.objects.bulk_create(
        [CreditChoice(owner_type=owner.type, owner_id=owner.id, account=account)], ignore_conflicts=True
    )
    return account


@use_case(unaudited="what a visitor means to pay with, before anything is agreed")
def drop_credit(actor: Actor, *, owner: OwnerLike, account_id: UUID) -> None:
    """Do not pay with it after all; one that was not chosen changes nothing."""
    CreditChoice.objects.filter(owner_type=owner.type, owner_id=owner.id, account_id=account_id).delete()


def forget_choices(owner: OwnerLike) -> None:
    """The owner has been paid for; inside the caller's use case."""
    CreditChoice.objects.filter(owner_type=owner.type, owner_id=owner.id).delete()
