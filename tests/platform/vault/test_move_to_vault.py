"""The migration that brings payment secrets into the vault, forward and back."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from apps.kernel import clock, tenancy
from apps.platform.businesses.models import Business
from apps.platform.vault.models import Secret
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.services.accounts import accepted_webhook_secrets, current_secret

migration: Any = import_module("apps.selling.payments.migrations.0002_secrets_to_vault")


@pytest.fixture
def account(bound: Business) -> ProviderAccount:
    """As it was stored before: newest first, the old one still accepted, one sealed under a key that is gone."""
    box = migration.old_box()

    def entry(value: str, ends_at: dt.datetime | None = None) -> dict[str, Any]:
        return {
            "sealed": box.encrypt(value.encode()).decode(),
            "added_at": clock.now().isoformat(),
            "ends_at": ends_at.isoformat() if ends_at else None,
        }

    lost = {"sealed": "gAAAAABm", "added_at": None, "ends_at": None}
    until = clock.now() + dt.timedelta(hours=3)
    kept = [entry("whsec_new"), entry("whsec_old", until), lost]
    return ProviderAccount.objects.create(provider="sandbox", settings={"secrets": kept, "mode": "test"})


def test_secrets_move_there_and_back(account: ProviderAccount) -> None:
    migration.to_vault(apps, None)
    account.refresh_from_db()
    assert account.settings == {"mode": "test"}
    assert accepted_webhook_secrets(account, clock.now()) == ["whsec_new", "whsec_old"]
    assert accepted_webhook_secrets(account, clock.now() + dt.timedelta(hours=4)) == ["whsec_new"]
    assert current_secret(account) == "whsec_new"

    migration.from_vault(apps, None)
    account.refresh_from_db()
    opened = [migration.old_box().decrypt(e["sealed"].encode()).decode() for e in account.settings["secrets"]]
    assert opened == ["whsec_new", "whsec_old"]
    assert account.settings["secrets"][0]["ends_at"] is None
    assert not Secret.objects.exists()

    migration.to_vault(apps, None)
    account.refresh_from_db()
    assert accepted_webhook_secrets(account, clock.now()) == ["whsec_new", "whsec_old"]


def test_an_account_without_secrets_gets_one_at_first_use(bound: Business) -> None:
    account = ProviderAccount.objects.create(provider="sandbox")
    migration.to_vault(apps, None)
    with tenancy.bind(None):
        first = current_secret(account)
    assert first.startswith("whsec_")
    assert current_secret(account) == first
