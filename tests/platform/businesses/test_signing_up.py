"""Signing up makes everything a business needs, or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, UnboundTenant
from apps.kernel.models import OutboxEvent
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business, Location, Membership, Role
from apps.platform.businesses.selectors import find_business_by_slug
from apps.platform.businesses.services import change_settings, create_business, sign_up
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES
from tests.factories.businesses import PASSWORD, actor_of, make_business, make_user, sign_in

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests", None)
FORM = {
    "display_name": "Ada Obi",
    "email": "ada@example.com",
    "password1": PASSWORD,
    "business_name": "Harbour Goods",
    "country": "GB",
    "currency": "GBP",
    "time_zone": "",
    "tax_inclusive": "yes",
    "tax_name": "VAT",
    "tax_rate": "20",
}


def test_signing_up_makes_owner_roles_location_and_tells_it() -> None:
    membership = sign_up(
        SYSTEM,
        email="ada@example.com",
        password=PASSWORD,
        display_name="Ada",
        business_name="Harbour Goods",
        country="GB",
        currency="GBP",
        tax_rate=Decimal("0.2"),
    )

    with tenancy.bind(membership.business_id):
        assert Role.objects.count() == len(SHIPPED_ROLES)
        assert Location.objects.get().is_default
        assert Membership.objects.get().role.is_owner
    event = OutboxEvent.objects.get(name="identity.business_created")
    assert event.business_id == membership.business_id
    assert event.payload["currency"] == "GBP"


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "XX"), ("currency", "ABC"), ("tax_rate", Decimal(2)), ("time_zone", "Moon/Base")],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_half_made(field: str, value: object) -> None:
    wanted = {"business_name": "Harbour", "country": "GB", "currency": "GBP", field: value}

    with pytest.raises(InvalidInput) as refusal:
        sign_up(SYSTEM, email="ada@example.com", password=PASSWORD, display_name="Ada", **wanted)

    assert field in refusal.value.fields
    assert not User.objects.exists()
    assert not Business.objects.exists()


def test_addresses_of_stores_do_not_collide_and_are_never_the_products_own() -> None:
    slugs = [make_business("Harbour Goods").slug, make_business("Harbour Goods").slug]

    assert slugs == ["harbour-goods", "harbour-goods-2"]
    assert make_business("Admin").slug == "admin-shop"


def test_the_form_signs_in_and_opens_today(client: Client) -> None:
    answer = client.post("/accounts/signup/", FORM, follow=True)

    assert answer.redirect_chain == [("/admin/", 302)]
    business = Business.objects.get()
    assert (business.tax_rate, business.time_zone) == (Decimal("0.2"), "Europe/London")
    assert answer.context["request"].business == business


def test_a_taken_address_keeps_what_was_typed(client: Client) -> None:
    make_user("ada@example.com")

    answer = client.post("/accounts/signup/", FORM)

    assert answer.status_code == 400
    assert b'value="Harbour Goods"' in answer.content
    assert not Business.objects.exists()


def test_a_signed_in_person_opens_a_second_business_without_a_new_account(client: Client) -> None:
    owner = make_user("ada@example.com")
    make_business(owner=owner)
    sign_in(client, owner)

    answer = client.post("/accounts/signup/", {**FORM, "business_name": "Second"})

    assert answer.status_code == 302
    assert Membership.unscoped.filter(user=owner).count() == 2
    assert User.objects.count() == 1


def test_a_store_is_found_by_its_address_and_a_change_shows_at_once() -> None:
    business = make_business("Harbour Goods")
    assert find_business_by_slug("harbour-goods") == business

    change_settings(actor_of(business), slug="harbour")

    assert find_business_by_slug("harbour-goods") is None
    assert find_business_by_slug("harbour") == business


def test_the_store_address_is_remembered_for_a_moment(
    settings: object, django_assert_num_queries: object
) -> None:
    settings.BUSINESS_CACHE_SECONDS = 5  # type: ignore[attr-defined]
    make_business("Harbour Goods")

    with django_assert_num_queries(1):  # type: ignore[operator]
        find_business_by_slug("harbour-goods")
        find_business_by_slug("harbour-goods")


def test_rows_asked_for_without_a_business_raise() -> None:
    make_business()

    with pytest.raises(UnboundTenant):
        Location.objects.count()


def test_settings_take_no_currency_and_write_down_what_changed() -> None:
    business = make_business()
    actor = actor_of(business)

    with pytest.raises(InvalidInput):
        change_settings(actor, currency="USD")
    change_settings(actor, name="Harbour & Sons")

    event = OutboxEvent.objects.get(name="identity.business_changed")
    assert event.payload["fields"] == ["name"]


def test_create_business_refuses_an_empty_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_business(SYSTEM, owner=make_user(), name=" ", country="GB", currency="GBP")

    assert "name" in refusal.value.fields
