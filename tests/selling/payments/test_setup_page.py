"""The page where a shop enters its keys: nothing secret comes back, nothing is offered before it can work."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, tenancy
from apps.platform.businesses.models import Business
from apps.platform.vault.services import accepted_secrets
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.providers import registry
from tests.factories.businesses import make_business, make_member, owner_of, sign_in

from .companies.stripe_server import Stripe


@pytest.fixture
def shop(db: None) -> Business:
    return make_business()


def test_keys_are_entered_tried_and_offered(shop: Business) -> None:
    owner = sign_in(Client(), owner_of(shop), shop)
    page = f"{reverse('admin:payments_setup')}?company=stripe"
    there = Stripe()
    before = registry.get_provider("stripe")
    registry.register(there.adapter())
    try:
        first = owner.get(page).content.decode()
        assert f"/webhooks/payments/stripe/{shop.pk}/" in first
        assert "Still to enter: Test or live, Secret key, Signing secret of the webhook." in first
        owner.post(page, {"offer": "1"})
        assert not ProviderAccount.unscoped.filter(provider="stripe", active=True).exists()

        live = {"save": "1", "mode": "live", **there.secrets}
        refused = owner.post(page, live)
        assert refused.status_code == 400
        assert "A key of this mode begins with sk_live_ or rk_live_." in refused.content.decode()
        assert there.secrets["secret_key"] not in refused.content.decode()

        saved = owner.post(page, {**live, "mode": "test"}, follow=True).content.decode()
        assert "ends in ghij" in saved
        assert there.secrets["secret_key"] not in saved
        assert "answers and accepts your keys" in owner.post(page, {"try": "1"}, follow=True).content.decode()
        offered = owner.post(page, {"offer": "1"}, follow=True).content.decode()
        assert "it is in test mode" in offered

        # The mode is not changed without its key; a new webhook secret leaves the old one a day.
        assert owner.post(page, {"save": "1", "mode": "live"}).status_code == 400
        owner.post(page, {"save": "1", "mode": "test", "webhook_secret": "whsec_the_next"})
        with tenancy.bind(shop.pk):
            accepted = accepted_secrets("payments.stripe.webhook_secret", clock.now())
        assert accepted == ["whsec_the_next", "whsec_of_the_test"]
        there.secrets = {**there.secrets, "secret_key": "sk_test_was_rolled"}
        told = owner.post(page, {"try": "1"}, follow=True).content.decode()
        assert "Stripe: Invalid API Key provided" in told
    finally:
        registry.register(before)
        there.close()
    seller = sign_in(Client(), make_member(shop, "sales"), shop)
    assert seller.get(page).status_code == 403
