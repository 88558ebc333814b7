"""Locations: one default, always active."""

from __future__ import annotations

from typing import Any

import pytest

from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.services import add_location, change_location
from tests.factories.businesses import actor_of, make_business

pytestmark = pytest.mark.django_db


def default_of(business: Business) -> Location:
    return Location.unscoped.get(business=business, is_default=True)


def facts(location: Location, **changes: Any) -> dict[str, Any]:
    names = ("name", "kind", "code", "is_default", "active")
    return {**{name: getattr(location, name) for name in names}, **changes}


def test_the_default_moves_in_one_step() -> None:
    business = make_business()
    pier = add_location(actor_of(business), name="Pier", key="a")

    change_location(actor_of(business), location_id=pier.pk, **facts(pier, is_default=True))

    assert default_of(business) == pier


def test_the_default_cannot_be_closed_or_given_up() -> None:
    business = make_business()
    shop = default_of(business)

    for change in ({"active": False}, {"is_default": False}):
        with pytest.raises(Conflict):
            change_location(actor_of(business), location_id=shop.pk, **facts(shop, **change))


def test_a_code_is_used_once() -> None:
    business = make_business()

    with pytest.raises(InvalidInput) as refusal:
        add_location(actor_of(business), name="Second", code="main", key="a")

    assert "code" in refusal.value.fields


def test_another_businesss_location_is_not_found() -> None:
    mine, theirs = make_business("Mine"), make_business("Theirs")
    foreign = default_of(theirs)

    with pytest.raises(NotFound):
        change_location(actor_of(mine), location_id=foreign.pk, **facts(foreign))
