"""A shop that takes gift cards."""

from __future__ import annotations

import pytest

from apps.kernel import tenancy
from apps.platform.businesses.models import Business
from apps.selling.payments.services.accounts import ensure_account
from tests.factories.businesses import make_business
from tests.factories.orders import make_rate


@pytest.fixture
def shop(db: None) -> Business:
    business = make_business()
    make_rate(business, price="0.00", name="Collected")
    with tenancy.bind(business.pk):
        ensure_account("sandbox")
    return business
