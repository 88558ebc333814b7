"""A running house with one furnished business."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.platform.accounts.services import register_user
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import create_business

from .house import House, install_queue

PASSWORD = "a-long-story-password"


@pytest.fixture(autouse=True)
def real_passwords(settings: Any) -> None:
    """The servers run with the product's own settings and know no quick test hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.fixture
def make_house(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Start a house; it is ended before the database is emptied."""
    install_queue()
    houses: list[House] = []

    def make(*, web_workers: int = 2, servers: tuple[str, ...] = ("web", "worker", "beat")) -> House:
        house = House(tmp_path, web_workers=web_workers)
        houses.append(house)
        house.start(*servers)
        return house

    yield make
    for house in houses:
        house.stop()


@pytest.fixture
def shop(transactional_db: None) -> Business:
    """A business that was signed up as any other: chart of accounts, rates, payment account stand."""
    return sign_up_shop("harbour", "Harbour Goods", "GBP", tax_rate="0.2")


def sign_up_shop(slug: str, name: str, currency: str, **fields: Any) -> Business:
    system = Actor.system("story", None)
    owner = register_user(
        system, email=f"owner@{slug}.example.com", password=PASSWORD, display_name="Olive Owner"
    )
    business = create_business(
        system,
        owner=owner,
        name=name,
        slug=slug,
        country="GB",
        currency=currency,
        tax_inclusive=True,
        **fields,
    )
    outbox.drain()
    return business


@pytest.fixture
def system(shop: Business) -> Actor:
    return Actor.system("story", shop.pk)
