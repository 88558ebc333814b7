"""Ways to pay without a company: people say what came and what went back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, NoReturn
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.selling.payments.signatures import WebhookRefused

from .base import Account, ProviderFact, ProviderRefused, Session, SessionRequest, Setting

_DAYS = Setting(
    "days",
    _("Days to pay"),
    "days",
    help=_("The goods are kept for the buyer that long, from 1 to 60 days; then the order expires."),
)


class ByHand:
    """What cash and bank transfer have in common: nobody to call, and nobody whose messages are believed."""

    is_test: ClassVar[bool] = False
    is_manual: ClassVar[bool] = True
    can_authorise: ClassVar[bool] = False
    on_by_default: ClassVar[bool] = False
    currencies: ClassVar[frozenset[str] | None] = None
    signed_with: ClassVar[str] = ""
    makes_secret: ClassVar[bool] = False
    webhook_help: ClassVar[Any] = ""

    def open_session(self, request: SessionRequest) -> Session:
        """There is no page to go to: the order's own page says how to pay."""
        self._refuse()

    def ask(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Nobody knows more than was recorded."""
        return ProviderFact("unknown", provider_ref, str(key))

    def close_session(self, *, account: Account, provider_ref: str, key: UUID) -> ProviderFact:
        """Nothing to take away."""
        return ProviderFact("unknown", provider_ref, str(key))

    def take(
        self,
        *,
        account: Account,
        provider_ref: str,
        key: UUID,
        authorised_ref: str,
        amount: Decimal,
        currency: str,
    ) -> ProviderFact:
        """Nothing was reserved."""
        self._refuse()

    def refund(
        self,
        *,
        account: Account,
        provider_ref: str,
        capture_ref: str,
        key: str,
        amount: Decimal,
        currency: str,
        reason: str,
    ) -> ProviderFact:
        """People pay it out and record it; no worker does."""
        return ProviderFact("open", provider_ref, key, amount, currency)

    def verify(self, *, account: Account, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
        """No message is genuine: whoever could send one could make money out of nothing."""
        raise WebhookRefused(code="webhook_signature_wrong")

    def read_event(self, body: bytes) -> ProviderFact:
        """There are no messages."""
        raise ValueError("nobody sends messages about money that people take")

    def try_out(self, *, account: Account) -> None:
        """Nothing to try."""

    def _refuse(self) -> NoReturn:
        raise ProviderRefused(
            _("This is paid by hand: the order's page says how."),
            code="paid_by_hand",
            kept=_("Your order is kept."),
        )


class BankTransfer(ByHand):
    """The buyer sends money to the account that the business names."""

    code: ClassVar[str] = "bank_transfer"
    tender: ClassVar[str] = "bank"
    name: ClassVar[Any] = _("Bank transfer")
    description: ClassVar[Any] = _(
        "You get the bank details with the order; it is sent when the money is here."
    )
    settings: ClassVar[Sequence[Setting]] = (
        Setting(
            "words",
            _("Bank details for the buyer"),
            "long",
            help=_(
                "Account holder, account number or IBAN, bank. The amount and the order's number are added for the "
                "buyer; invoices show it as well."
            ),
        ),
        _DAYS,
    )


class Cash(ByHand):
    """The buyer pays in notes and coins where the goods are handed over."""

    code: ClassVar[str] = "cash"
    tender: ClassVar[str] = "cash"
    name: ClassVar[Any] = _("Cash")
    description: ClassVar[Any] = _("You pay when the goods are handed to you.")
    settings: ClassVar[Sequence[Setting]] = (
        Setting(
            "words",
            _("Words for the buyer"),
            "long",
            help=_("Where and when the buyer pays, for example the address and the hours of the shop."),
        ),
        Setting(
            "deliveries",
            _("Ways of delivery it is offered with"),
            "deliveries",
            help=_("Where your own people hand the goods over: collection, your own driver."),
        ),
        _DAYS,
    )
