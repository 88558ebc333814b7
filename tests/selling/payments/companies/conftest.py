"""Each company in its turn, on loopback, with a business that has entered its keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.payments.providers import registry
from apps.selling.payments.services import offer_provider, set_up_provider

from .base import Company
from .paypal_server import PayPal
from .paystack_server import Paystack
from .razorpay_server import Razorpay
from .stripe_server import Stripe

COMPANIES = (Stripe, PayPal, Paystack, Razorpay)


@pytest.fixture(params=COMPANIES, ids=lambda kind: kind.code)
def there(request: pytest.FixtureRequest) -> Iterator[Company]:
    """A company that is reached, in place of the real one."""
    registry._load()
    place: Company = request.param()
    before = registry._providers[place.code]
    registry.register(place.adapter())
    yield place
    registry.register(before)
    place.close()


@pytest.fixture
def shop(business: Business, actor: Actor, there: Company) -> Business:
    """Its keys are entered and buyers may choose it."""
    set_up_provider(actor, provider=there.code, values=there.values, secrets=there.secrets)
    offer_provider(actor, provider=there.code, active=True)
    return business
