"""Asking for money."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.money import LARGEST, ZERO, round_money
from apps.kernel.prepared import insert
from apps.kernel.use_cases import use_case
from apps.selling.payments.models import Payment
from apps.selling.payments.providers import get_provider
from apps.selling.payments.selectors import takes

from .accounts import ensure_offered


@dataclass(frozen=True, slots=True)
class Owner:
    """What is paid for: a type and an id that this context only carries."""

    type: str
    id: UUID


class OwnerLike(Protocol):
    """Any owner reference."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> UUID: ...


@use_case(idempotent=True, unaudited="asked together with the order it pays, which is entered")
def request_payment(
    actor: Actor,
    *,
    owner: OwnerLike,
    reference: str,
    amount: Decimal,
    currency: str,
    provider: str,
    return_url: str,
    expires_at: dt.datetime | None = None,
    key: str | None = None,
) -> Payment:
    """Ask for `amount` (more than zero, on the minor unit of `currency`) for `owner`; two queries, no
    network.

    `reference` is what the payer reads on the company's page; `return_url` is where the company sends the
    payer back to. The owner's service decides who may ask. Raises `InvalidInput` for an impossible amount,
    `NotFound` for an unknown company, `Conflict` for one that is not offered or does not take the currency.
    """
    check_amount(amount, currency)
    account = ensure_offered(provider)
    _check_currency(provider, currency)
    payment = Payment(
        owner_type=owner.type,
        owner_id=owner.id,
        reference=reference,
        amount=amount,
        currency=currency,
        provider=provider,
        return_url=return_url,
        expires_at=expires_at,
        reserves=get_provider(provider).can_authorise and account.settings.get("take") == "sent",
    )
    insert([payment])
    return payment


def _check_currency(provider: str, currency: str) -> None:
    if not takes(get_provider(provider), currency):
        raise Conflict(
            _("This payment method does not take %(currency)s.") % {"currency": currency},
            code="provider_currency",
            remedy=_("Please choose another payment method."),
        )


def check_amount(amount: Decimal, currency: str) -> None:
    """Refuse what is no amount of money in `currency`."""
    message = ""
    if not isinstance(amount, Decimal) or not amount.is_finite():
        message = _("This is not an amount of money.")
    elif not ZERO < amount <= LARGEST:
        message = _("The amount must be more than zero and not absurdly large.")
    elif amount != round_money(amount, currency):
        message = _("The amount is finer than the currency allows.")
    if message:
        raise InvalidInput(message, fields={"amount": [message]})
