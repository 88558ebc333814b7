"""The rounding rule, tax and spreading: sums always come out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.money import allocate, format_money, minor_digits, minor_unit, round_money, tax_split

CURRENCIES = ["GBP", "JPY", "KWD"]
amounts = st.decimals(min_value=0, max_value=10**9, places=4)
rates = st.decimals(min_value=0, max_value="0.9999", places=4)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "GBP", "0.01"),
        ("0.0049", "GBP", "0.00"),
        ("-0.005", "GBP", "-0.01"),
        ("2.675", "USD", "2.68"),
        ("0.5", "JPY", "1"),
        ("1.4999", "JPY", "1"),
        ("0.0005", "KWD", "0.001"),
    ],
)
def test_rounds_half_away_from_zero_to_the_minor_unit(amount: str, currency: str, rounded: str) -> None:
    assert round_money(Decimal(amount), currency) == Decimal(rounded)


def test_knows_the_minor_units() -> None:
    assert [minor_digits(currency) for currency in CURRENCIES] == [2, 0, 3]


@given(amount=amounts, rate=rates, currency=st.sampled_from(CURRENCIES), inclusive=st.booleans())
def test_net_and_tax_make_the_gross(amount: Decimal, rate: Decimal, currency: str, inclusive: bool) -> None:
    split = tax_split(amount, rate, currency, inclusive=inclusive)
    assert split.net + split.tax == split.gross
    assert split.tax >= 0
    assert (split.gross if inclusive else split.net) == round_money(amount, currency)


def test_tax_of_the_wholesale_example() -> None:
    split = tax_split(Decimal("826500"), Decimal("0.075"), "NGN", inclusive=False)
    assert (split.tax, split.gross) == (Decimal("61987.50"), Decimal("888487.50"))


@given(
    units=st.integers(min_value=-(10**9), max_value=10**9),
    weights=st.lists(st.decimals(min_value=0, max_value=10**6, places=4), min_size=1, max_size=40),
    currency=st.sampled_from(CURRENCIES),
)
def test_spread_parts_sum_to_the_total_and_differ_from_fair_by_less_than_a_unit(
    units: int, weights: list[Decimal], currency: str
) -> None:
    unit = minor_unit(currency)
    total = units * unit
    parts = allocate(total, weights, currency)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - total * weight / whole) < unit + Decimal("1e-9")


def test_spreading_needs_somewhere_to_go() -> None:
    assert allocate(Decimal(0), [], "GBP") == []
    with pytest.raises(ValueError, match="nothing to spread"):
        allocate(Decimal("0.01"), [], "GBP")
    with pytest.raises(ValueError, match="minor unit"):
        allocate(Decimal("0.001"), [Decimal(1)], "GBP")


def test_writes_amounts_as_people_do() -> None:
    assert format_money(Decimal("1234.5"), "GBP") == "£1,234.50"
    assert format_money(Decimal("1200"), "JPY") == "¥1,200"
    assert format_money(Decimal("6400"), "NGN") == "₦6,400.00"
    assert format_money(Decimal("1234.5"), "EUR", "de").replace("\xa0", " ") == "1.234,50 €"
