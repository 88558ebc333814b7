"""Invariants of pricing for any cart, and the worked examples that people check by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.errors import InvalidInput
from apps.kernel.money import minor_unit, round_money
from apps.selling.pricing.lines import PriceLine, Totals
from apps.selling.pricing.services import price_lines

D = Decimal
CURRENCIES = ["GBP", "USD", "JPY", "KWD"]
RATES = [D(0), D("0.05"), D("0.075"), D("0.2"), D("0.21"), D(1)]


@st.composite
def carts(draw: st.DrawFn) -> dict[str, Any]:
    currency = draw(st.sampled_from(CURRENCIES))
    lines = []
    room = D(0)
    for index in range(draw(st.integers(0, 12))):
        quantity = draw(st.integers(1, 1000))
        price = draw(st.decimals(0, 100_000, places=4))
        subtotal = round_money(price * quantity, currency)
        discount = round_money(subtotal * draw(st.decimals(0, 1, places=2)), currency)
        room += subtotal - discount
        rate, taxable = draw(st.sampled_from(RATES)), draw(st.booleans())
        lines.append(PriceLine(index, quantity, price, rate, taxable, discount))
    return {
        "lines": lines,
        "currency": currency,
        "tax_inclusive": draw(st.booleans()),
        "shipping": draw(st.decimals(0, 500, places=2)),
        "shipping_tax_rate": draw(st.sampled_from(RATES)),
        "rounding": draw(st.sampled_from(["line", "document"])),
        "order_discount": round_money(room * draw(st.decimals(0, 1, places=3)), currency).min(room),
    }


@given(carts())
def test_lines_and_delivery_sum_to_the_total(cart: dict[str, Any]) -> None:
    totals = price_lines(**cart)

    assert totals.total == sum(line.gross for line in totals.lines) + totals.shipping_gross
    assert totals.tax == sum(line.tax for line in totals.lines) + totals.shipping_tax
    assert totals.discount == sum(line.discount for line in totals.lines)
    assert totals.subtotal == sum(line.subtotal for line in totals.lines)
    assert totals.shipping_gross == totals.shipping_net + totals.shipping_tax
    for line in totals.lines:
        assert line.gross == line.net + line.tax
        taken = line.gross if totals.tax_inclusive else line.net
        assert taken == line.subtotal - line.discount
        assert line.net >= 0
        assert line.tax >= 0
        assert line.discount >= 0


@given(carts())
def test_every_amount_stands_on_the_minor_unit(cart: dict[str, Any]) -> None:
    totals = price_lines(**cart)
    unit = minor_unit(totals.currency)
    amounts = [totals.total, totals.tax, totals.shipping_net, totals.shipping_tax, totals.discount]
    amounts += [part for line in totals.lines for part in (line.subtotal, line.discount, line.net, line.tax)]
    assert all(amount % unit == 0 for amount in amounts)


@given(carts())
def test_discount_is_spread_whole_and_never_beyond_a_line(cart: dict[str, Any]) -> None:
    totals = price_lines(**cart)
    own = sum((line.discount for line in cart["lines"]), D(0))
    assert totals.discount == own + cart["order_discount"]
    assert all(line.discount <= line.subtotal for line in totals.lines)


@given(carts())
def test_tax_bands_sum_to_the_total(cart: dict[str, Any]) -> None:
    totals = price_lines(**cart)
    bands = totals.tax_bands()
    assert sum((band.tax for band in bands), D(0)) == totals.tax
    assert sum((band.net for band in bands), D(0)) == totals.net


@given(carts())
def test_document_rounding_rounds_once_per_rate(cart: dict[str, Any]) -> None:
    totals = price_lines(**{**cart, "rounding": "document"})
    for band in totals.tax_bands():
        taken = band.net + band.tax if totals.tax_inclusive else band.net
        base = taken / (1 + band.rate) if totals.tax_inclusive else taken
        exact = round_money(base, totals.currency) if totals.tax_inclusive else base * band.rate
        expected = taken - exact if totals.tax_inclusive else round_money(exact, totals.currency)
        assert band.tax == expected


@given(carts())
def test_the_order_of_lines_does_not_change_the_total(cart: dict[str, Any]) -> None:
    # Only without an order discount: equal remainders go to the earlier line, which may be taxed otherwise.
    cart = {**cart, "order_discount": D(0)}
    mirrored = {**cart, "lines": cart["lines"][::-1]}
    assert price_lines(**cart).total == price_lines(**mirrored).total


def one(price: str, quantity: int = 1, rate: str = "0.2", **more: Any) -> Totals:
    options = {"currency": "GBP", "tax_inclusive": True} | more
    return price_lines([PriceLine("a", quantity, D(price), D(rate))], **options)


def test_inclusive_price_keeps_its_total() -> None:
    totals = one("12.00", 2)
    assert (totals.net, totals.tax, totals.total) == (D("20.00"), D("4.00"), D("24.00"))


def test_exclusive_price_adds_its_tax() -> None:
    totals = one("14500", 60, "0.075", currency="NGN", tax_inclusive=False, order_discount=D("43500"))
    assert (totals.net, totals.tax, totals.total) == (D("826500.00"), D("61987.50"), D("888487.50"))


def test_yen_has_no_decimals_and_dinar_has_three() -> None:
    assert one("99.5", 1, "0.1", currency="JPY", tax_inclusive=False).total == D(110)
    assert one("1.2345", 1, "0.05", currency="KWD", tax_inclusive=False).total == D("1.297")


def test_half_is_rounded_up() -> None:
    assert one("0.125", 1, "0").total == D("0.13")


def test_order_discount_goes_to_the_largest_remainders() -> None:
    lines = [PriceLine(name, 1, D("10.00")) for name in "abc"]
    totals = price_lines(lines, currency="GBP", tax_inclusive=True, order_discount=D("10.00"))
    assert [line.discount for line in totals.lines] == [D("3.34"), D("3.33"), D("3.33")]
    assert totals.total == D("20.00")


def test_rounding_per_line_and_per_document_differ_by_the_declared_rule() -> None:
    lines = [PriceLine(index, 1, D("0.33"), D("0.2")) for index in range(3)]
    per_line = price_lines(lines, currency="GBP", tax_inclusive=False)
    per_document = price_lines(lines, currency="GBP", tax_inclusive=False, rounding="document")
    assert per_line.tax == D("0.21")
    assert per_document.tax == D("0.20")
    assert sum(line.gross for line in per_document.lines) == per_document.total


def test_what_is_not_taxable_carries_no_tax() -> None:
    totals = price_lines(
        [PriceLine("book", 1, D("10.00"), D("0.2"), taxable=False)], currency="GBP", tax_inclusive=True
    )
    assert totals.tax == 0
    assert totals.lines[0].tax_rate == 0


def test_an_empty_cart_costs_its_delivery() -> None:
    totals = price_lines(
        [], currency="GBP", tax_inclusive=True, shipping=D("4.80"), shipping_tax_rate=D("0.2")
    )
    assert (totals.shipping_net, totals.shipping_tax, totals.total) == (D("4.00"), D("0.80"), D("4.80"))


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("quantity", PriceLine("a", 0, D(1))),
        ("quantity", PriceLine("a", -1, D(1))),
        ("quantity", PriceLine("a", 10**9, D(1))),
        ("quantity", PriceLine("a", True, D(1))),
        ("quantity", PriceLine("a", 1.5, D(1))),  # type: ignore[arg-type]
        ("unit_price", PriceLine("a", 1, D("-0.01"))),
        ("unit_price", PriceLine("a", 1, D("NaN"))),
        ("unit_price", PriceLine("a", 1, D("sNaN"))),
        ("unit_price", PriceLine("a", 1, D("Infinity"))),
        ("unit_price", PriceLine("a", 1, D("1e20"))),
        ("unit_price", PriceLine("a", 1, D("9" * 1000))),
        ("unit_price", PriceLine("a", 1, D("0.00001"))),
        ("unit_price", PriceLine("a", 1, 1.1)),  # type: ignore[arg-type]
        ("total", PriceLine("a", 1_000_000, D("9999999999"))),
        ("tax_rate", PriceLine("a", 1, D(1), D(20))),
        ("tax_rate", PriceLine("a", 1, D(1), D("-0.1"))),
        ("tax_rate", PriceLine("a", 1, D(1), D("NaN"))),
        ("discount", PriceLine("a", 1, D(1), D(0), True, D(2))),
        ("discount", PriceLine("a", 1, D(1), D(0), True, D(-1))),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(field: str, line: PriceLine) -> None:
    with pytest.raises(InvalidInput) as refusal:
        price_lines([line], currency="GBP", tax_inclusive=True)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("order_discount", {"order_discount": D("1.01")}),
        ("order_discount", {"order_discount": D(-1)}),
        ("shipping", {"shipping": D(-1)}),
        ("shipping", {"shipping": D("NaN")}),
        ("tax_rate", {"shipping_tax_rate": D(2)}),
        ("currency", {"currency": "pounds"}),
        ("currency", {"currency": ""}),
    ],
)
def test_what_cannot_be_meant_of_an_order_is_refused_by_name(field: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        price_lines([PriceLine("a", 1, D(1))], **{"currency": "GBP", "tax_inclusive": True} | options)
    assert list(refusal.value.fields) == [field]
