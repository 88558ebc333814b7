"""From a row of a company's file to a line of ours. No database here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.goods.imports.cells import Fault, formats_of, read_moment, read_number, read_zone, row_zone
from apps.goods.imports.parsing import Layout
from apps.goods.imports.reading import Record
from apps.kernel.money import round_money
from apps.selling.payments.providers import list_providers

from .models import PayoutLine

_K = PayoutLine.Kind
ZERO = Decimal(0)
# What the companies call it; the first that is found in the text wins.
WORDS: tuple[tuple[str, str], ...] = (
    ("dispute_reversal", _K.DISPUTE_WON), ("dispute won", _K.DISPUTE_WON), ("chargeback reversal", _K.DISPUTE_WON),
    ("reversal of chargeback", _K.DISPUTE_WON), ("dispute_won", _K.DISPUTE_WON),
    ("dispute", _K.DISPUTE), ("chargeback", _K.DISPUTE), ("adjustment", _K.OTHER),
    ("payout", _K.PAYOUT), ("settlement", _K.PAYOUT), ("withdrawal", _K.PAYOUT), ("transfer to bank", _K.PAYOUT),
    ("refund", _K.REFUND), ("reversal", _K.REFUND),
    ("fee", _K.FEE),
    ("charge", _K.CAPTURE), ("payment", _K.CAPTURE), ("capture", _K.CAPTURE), ("checkout", _K.CAPTURE),
    ("sale", _K.CAPTURE), ("transaction", _K.CAPTURE),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as it was understood."""

    row: int
    provider: str
    line_ref: str
    kind: str
    references: tuple[str, ...]
    payout_ref: str
    occurred_at: dt.datetime
    occurred_on: dt.date
    currency: str
    gross: Decimal
    fee: Decimal

    @property
    def net(self) -> Decimal:
        """What the row does to the balance at the company."""
        return self.gross - self.fee


class PayoutParser:
    """Reads rows under one mapping."""

    def __init__(self, layout: Layout, *, currency: str, time_zone: str) -> None:
        self.layout, self.currency = layout, currency
        self.home = read_zone("", time_zone)
        self.zone = read_zone(layout.defaults.get("time_zone", ""), time_zone)
        self.formats = formats_of(layout.defaults.get("date_order", "").lower())
        self.companies = {provider.code: provider.code for provider in list_providers()}
        self.companies |= {str(provider.name).lower(): provider.code for provider in list_providers()}

    def parse(self, record: Record) -> Draft:
        """The row; raises `Fault` for a cell that cannot be taken."""
        cell = self.layout.cell
        if record.problem:
            raise Fault("", record.problem)
        provider = self.companies.get(cell(record, "provider").strip().lower())
        if provider is None:
            raise Fault(
                "provider", _("Enter one of: %(names)s.") % {"names": ", ".join(sorted(self.companies))}
            )
        currency = cell(record, "currency").upper() or self.currency
        if currency != self.currency:
            raise Fault(
                "currency",
                _("The books are kept in %(books)s. Book this line by hand.") % {"books": self.currency},
                "other_currency",
            )
        line_ref = cell(record, "line")[:120]
        if not line_ref:
            raise Fault("line", _("Enter the number of the line."))
        moment = " ".join(part for part in (cell(record, "occurred_at"), cell(record, "time")) if part)
        zone = row_zone(self.layout.own(record, "time_zone"), self.zone)
        at = read_moment(moment, self.formats, zone, "occurred_at")
        kind = kind_of(cell(record, "type"))
        gross, fee = self._amounts(record, kind)
        references = [cell(record, name)[:120] for name in ("reference", "other_reference")]
        return Draft(
            record.row,
            provider,
            line_ref,
            kind,
            tuple(dict.fromkeys(ref for ref in (*references, line_ref) if ref)),
            cell(record, "payout")[:120],
            at,
            at.astimezone(self.home).date(),
            currency,
            gross,
            fee,
        )

    def _amounts(self, record: Record, kind: str) -> tuple[Decimal, Decimal]:
        fee = abs(self._amount(record, "fee") + self._amount(record, "fee_tax"))
        if self._amount(record, "fee") and self._gives_back(record):
            fee = -fee
        split = self.layout.has("credit") or self.layout.has("debit")
        if split and not self.layout.own(record, "gross"):
            # Razorpay's two columns are net of the fee: what came is more, what went is less.
            return self._amount(record, "credit") - self._amount(record, "debit") + fee, fee
        gross = self._amount(record, "gross")
        if kind in (PayoutLine.Kind.REFUND, PayoutLine.Kind.DISPUTE, PayoutLine.Kind.PAYOUT):
            gross = -abs(gross)
        return gross, fee

    def _gives_back(self, record: Record) -> bool:
        """Whether the fee is one that the company gives back: written with the other sign than its fees are."""
        fee = self._amount(record, "fee")
        return fee > 0 if self.layout.cell(record, "fee_sign").lower() == "minus" else fee < 0

    def _amount(self, record: Record, column: str) -> Decimal:
        amount = read_number(
            self.layout.cell(record, column), column, decimal_comma=self.layout.decimal_comma
        )
        if round_money(amount, self.currency) != amount:
            raise Fault(column, _("This amount has more decimal places than the currency."))
        return amount


def kind_of(text: str) -> str:
    """What the company's word stands for."""
    said = text.strip().lower()
    return next((str(kind) for word, kind in WORDS if word in said), str(_K.OTHER))
