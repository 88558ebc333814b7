"""From a row to a line: what each cell means, or why the row is no sale. No database here."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.goods.imports.cells import (
    NO,
    YES,
    Fault,
    formats_of,
    read_moment,
    read_number,
    read_whole,
    read_zone,
    row_zone,
)
from apps.goods.imports.parsing import Layout
from apps.goods.imports.reading import Record
from apps.kernel.errors import InvalidInput
from apps.kernel.money import LARGEST, minor_digits, round_money

from .models import LineKind

ZERO = Decimal(0)
_K = LineKind
# What stands on invoices beside goods, by the codes that shops write.
CHARGES = {
    "POST": _K.DELIVERY, "POSTAGE": _K.DELIVERY, "DOT": _K.DELIVERY, "C2": _K.DELIVERY, "SHIPPING": _K.DELIVERY,
    "DELIVERY": _K.DELIVERY, "D": _K.DISCOUNT, "DISCOUNT": _K.DISCOUNT, "S": _K.SAMPLE, "SAMPLES": _K.SAMPLE,
    "B": _K.BAD_DEBT, "BANK CHARGES": _K.FEE, "AMAZONFEE": _K.FEE, "CRUK": _K.FEE, "FEE": _K.FEE,
}  # fmt: skip
OTHER_NAMES = {
    "EIRE": "IE",
    "RSA": "ZA",
    "USA": "US",
    "UK": "GB",
    "GREAT BRITAIN": "GB",
    "CZECH REPUBLIC": "CZ",
    "HONG KONG": "HK",
    "TURKEY": "TR",
}


class Line(NamedTuple):
    """A row as it was understood. Amounts are whole minor units; `reason` says why it is no line of a paper."""

    row: int
    invoice: str
    at: str
    customer: str
    name: str
    email: str
    country: str
    sku: str
    title: str
    quantity: int
    price: str
    net: int
    tax: int
    # What rounding to the minor unit took away, so that the sum over the file comes out.
    rest: str
    kind: str
    reason: str
    column: str
    message: str


class LineParser:
    """Reads rows under one mapping; what is the same in many rows is read once."""

    def __init__(self, layout: Layout, *, currency: str, time_zone: str) -> None:
        self.layout, self.currency = layout, currency
        self.digits = minor_digits(currency)
        self.zone = read_zone(layout.defaults.get("time_zone", ""), time_zone)
        self.formats = formats_of(layout.defaults.get("date_order", "").lower())
        included = layout.defaults.get("prices_include_tax", "").lower()
        if included not in NO | YES:
            raise InvalidInput(_("Whether prices include tax is yes or no."))
        self.inclusive = included in YES
        self.marked = layout.has("cancelled")
        self.patterns = layout.rules.patterns()
        self._moment = lru_cache(100_000)(self._read_moment)
        self._kind = lru_cache(100_000)(self._find_kind)
        self._country = lru_cache(1_000)(country_of)

    def parse(self, record: Record) -> Line:
        """The line; one with a `reason` is no part of a paper, and says why."""
        cell = self.layout.cell
        invoice = cell(record, "invoice")[:60]
        try:
            if record.problem:
                raise Fault("", record.problem)
            return self._parse(record, invoice)
        except Fault as fault:
            return Line(record.row, invoice, "", "", "", "", "", "", "", 0, "0", 0, 0, str(self._plain(record)), "",
                        fault.reason, fault.column, fault.message)  # fmt: skip

    def _parse(self, record: Record, invoice: str) -> Line:
        cell = self.layout.cell
        if not invoice:
            raise Fault("invoice", _("Enter the number of the invoice."))
        moment = cell(record, "placed_at")
        at = self._moment(moment, self.layout.own(record, "time_zone")) if moment else ""
        quantity = read_whole(cell(record, "quantity"), "quantity")
        price = self._number(cell(record, "price"), "price")
        currency = cell(record, "currency").upper() or self.currency
        if currency != self.currency:
            raise Fault(
                "currency",
                _("The books are kept in %(books)s. Convert the amounts of this paper.")
                % {"books": self.currency},
                "other_currency",
            )
        if not quantity:
            raise Fault("quantity", _("No quantity: nothing was sold."), "no_quantity")
        if not price:
            raise Fault("price", _("No price: a note on stock, or a gift."), "no_price")
        if quantity > 0 and self.marked and cell(record, "cancelled").lower() not in NO:
            raise Fault("cancelled", _("This paper was cancelled before it came to anything."), "cancelled")
        exact = quantity * price
        amount = round_money(exact, self.currency)
        if abs(amount) > LARGEST:
            raise Fault("price", _("This amount is too large."))
        net, tax = self._split(amount, cell(record, "tax_rate"))
        sku = cell(record, "sku").replace("\x00", "")[:120]
        return Line(
            record.row,
            invoice,
            at,
            _number_of(cell(record, "customer")),
            cell(record, "customer_name")[:120],
            self._email(cell(record, "customer_email")),
            self._country(cell(record, "country")),
            sku,
            cell(record, "description")[:255],
            quantity,
            f"{price.normalize():f}",
            int(net.scaleb(self.digits)),
            int(tax.scaleb(self.digits)),
            str(exact - amount if self.inclusive or not tax else exact - net),
            self._kind_of(sku, quantity, amount, invoice),
            "",
            "",
            "",
        )

    def _plain(self, record: Record) -> Decimal:
        """What the row says it comes to, if anything: so that the sum over the file comes out without it."""
        try:
            quantity = read_whole(self.layout.cell(record, "quantity"), "quantity")
            return quantity * self._number(self.layout.cell(record, "price"), "price")
        except Fault:
            return ZERO

    def _split(self, amount: Decimal, rate_text: str) -> tuple[Decimal, Decimal]:
        rate = self._number(rate_text.removesuffix("%").strip() or "0", "tax_rate")
        if not 0 <= rate <= 100:
            raise Fault("tax_rate", _("Enter a rate from 0 to 100."))
        if not rate:
            return amount, ZERO
        if self.inclusive:
            tax = round_money(amount * rate / (100 + rate), self.currency)
            return amount - tax, tax
        return amount, round_money(amount * rate / 100, self.currency)

    def _kind_of(self, sku: str, quantity: int, amount: Decimal, invoice: str) -> str:
        kind = self._kind(sku.upper())
        if kind != _K.GOODS:
            return kind
        if quantity < 0:
            return str(_K.RETURN)
        # A price below nought takes something off, whatever stands beside it.
        return str(_K.MANUAL) if amount < 0 else kind

    def _find_kind(self, code: str) -> str:
        if self.layout.rules.leaves_out(code):
            if code.startswith("GIFT"):
                return str(_K.VOUCHER)
            return str(CHARGES.get(code, _K.MANUAL))
        return str(_K.GOODS) if code else str(_K.MANUAL)

    def _read_moment(self, text: str, zone: str) -> str:
        return read_moment(text, self.formats, row_zone(zone, self.zone), "placed_at").isoformat()

    def _number(self, text: str, column: str) -> Decimal:
        return read_number(text, column, decimal_comma=self.layout.decimal_comma)

    def _email(self, text: str) -> str:
        if not text:
            return ""
        try:
            validate_email(text)
        except ValidationError as error:
            raise Fault(
                "customer_email", _("Enter an e-mail address such as name@example.com, or leave it empty.")
            ) from error
        return text.lower()[:254]


@lru_cache(100_000)
def _number_of(text: str) -> str:
    """A number that a spreadsheet took for an amount is a number again: 17850.0 is 17850."""
    return re.sub(r"^(\d+)\.0$", r"\1", text)[:254]


@lru_cache(1)
def _territories() -> dict[str, str]:
    names = Locale("en").territories
    return {str(name).upper(): code for code, name in names.items() if len(code) == 2 and code.isalpha()}


def country_of(text: str) -> str:
    """The code of a country by its code or English name; another text stays what it is."""
    upper = text.strip().upper()
    known = _territories()
    if upper in known.values() and len(upper) == 2:
        return "GB" if upper == "UK" else upper
    return OTHER_NAMES.get(upper) or known.get(upper) or text.strip()[:60]
