"""Callers of the API."""

from __future__ import annotations

from typing import Any

import pytest

from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import forget_cached_businesses

from .world import Caller, join, open_business


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    """No limits but those a test sets; nothing remembered from another test's database."""
    settings.API_THROTTLES = {}
    settings.BUSINESS_CACHE_SECONDS = 0
    forget_cached_businesses()


@pytest.fixture
def shop(db: None) -> Business:
    """Sells in pounds, 20 % tax in the price."""
    return open_business("harbour", tax_rate="0.2")


@pytest.fixture
def other_shop(db: None) -> Business:
    """Somebody else's."""
    return open_business("prairie", currency="USD", country="US", tax_inclusive=False, tax_rate="0.08")


@pytest.fixture
def staff(shop: Business) -> Caller:
    """The owner of the shop, by session."""
    from apps.platform.accounts.models import User

    return Caller(shop, User.objects.get(email="owner@harbour.example"))


@pytest.fixture
def member(shop: Business) -> Any:
    """`member("cashier")` is a caller in that role."""

    def make(role: str) -> Caller:
        return Caller(shop, join(shop, role))

    return make


@pytest.fixture
def anybody() -> Caller:
    """A stranger."""
    return Caller()
