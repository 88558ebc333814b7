"""Amounts as each company counts them; what it cannot count is refused and never rounded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.selling.payments.providers import ProviderRefused, paypal_facts, razorpay, stripe
from apps.selling.payments.providers.minor import from_minor


@pytest.mark.parametrize(
    ("count", "amount", "currency", "said"),
    [
        (stripe._minor, "24.30", "GBP", 2430),
        (stripe._minor, "2430", "JPY", 2430),
        (stripe._minor, "24.300", "KWD", 24300),
        (stripe._minor, "500", "UGX", 50000),
        (stripe._minor, "24.305", "KWD", None),
        (stripe._minor, "24.305", "GBP", None),
        (razorpay._minor, "24.30", "INR", 2430),
        (razorpay._minor, "295", "JPY", 295),
        (razorpay._minor, "99.991", "KWD", None),
        (paypal_facts.written, "24.3", "EUR", "24.30"),
        (paypal_facts.written, "2430", "HUF", "2430"),
        (paypal_facts.written, "24.30", "HUF", None),
    ],
)
def test_units(count: object, amount: str, currency: str, said: object) -> None:
    if said is None:
        with pytest.raises(ProviderRefused):
            count(Decimal(amount), currency)  # type: ignore[operator]
    else:
        assert count(Decimal(amount), currency) == said  # type: ignore[operator]


@pytest.mark.parametrize("units", [None, "2430", 24.3, True])
def test_what_is_no_whole_number_is_no_amount(units: object) -> None:
    with pytest.raises(ValueError, match="no amount"):
        from_minor(units, 2)
