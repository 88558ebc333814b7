"""A store with things to buy and ways to have them sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import forget_cached_businesses
from apps.selling.shipping.services import create_default_rates


@pytest.fixture(autouse=True)
def _fresh_businesses(settings: Any) -> Iterator[None]:
    settings.BUSINESS_CACHE_SECONDS = 0
    forget_cached_businesses()
    yield
    forget_cached_businesses()


@pytest.fixture
def store(business: Business) -> Business:
    create_default_rates(
        Actor.system("tests", business.pk), currency=business.currency, country=business.country
    )
    return business
