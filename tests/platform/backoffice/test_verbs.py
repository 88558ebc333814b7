"""Verbs: they say first, do once, and keep what was typed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.platform.backoffice.verbs import list_verb_url, verb_url
from apps.platform.businesses.models import Business, Location, Membership, Role
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db
ADD = "/admin/businesses/location/do/add/"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def key_in(answer: Any) -> str:
    found = re.search(rb'name="idempotency_key" value="([^"]+)"', answer.content)
    assert found
    return found.group(1).decode()


def test_the_page_shows_and_does_nothing(staff: Client) -> None:
    assert staff.get(list_verb_url(Location, "add")).status_code == 200
    assert Location.unscoped.count() == 1


def test_a_double_submit_does_it_once_and_answers_twice(staff: Client) -> None:
    key = key_in(staff.get(ADD))
    sent = {"name": "Pier", "kind": "shop", "idempotency_key": key}

    answers = [staff.post(ADD, sent) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Location.unscoped.filter(name="Pier").count() == 1


def test_the_same_page_sent_with_other_words_is_refused(staff: Client) -> None:
    key = key_in(staff.get(ADD))
    staff.post(ADD, {"name": "Pier", "kind": "shop", "idempotency_key": key})

    answer = staff.post(ADD, {"name": "Quay", "kind": "shop", "idempotency_key": key})

    assert answer.status_code == 422
    assert not Location.unscoped.filter(name="Quay").exists()


def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(staff: Client) -> None:
    answer = staff.post(ADD, {"name": "Second shop", "kind": "shop", "code": "MAIN"})

    assert answer.status_code == 400
    assert b'value="Second shop"' in answer.content
    assert b"Another location has this code." in answer.content


def test_after_a_refusal_the_same_key_works(staff: Client) -> None:
    key = key_in(staff.get(ADD))
    staff.post(ADD, {"name": "Pier", "kind": "shop", "code": "MAIN", "idempotency_key": key})

    answer = staff.post(ADD, {"name": "Pier", "kind": "shop", "code": "PIER", "idempotency_key": key})

    assert answer.status_code == 302


def test_a_conflict_says_what_to_do(staff: Client, business: Business) -> None:
    shop = Location.unscoped.get(business=business)
    answer = staff.post(
        verb_url(shop, "change"), {"name": "Main", "kind": "shop", "code": "MAIN", "is_default": "on"}
    )

    assert answer.status_code == 409
    assert b"Make another location the default first." in answer.content


def test_buttons_are_shown_by_permission(business: Business) -> None:
    manager = sign_in(Client(), make_member(business, "manager"), business)
    shop = Location.unscoped.get(business=business)
    address = reverse("admin:businesses_location_change", args=[shop.pk])

    assert verb_url(shop, "change").encode() not in manager.get(address).content
    assert manager.get(verb_url(shop, "change")).status_code == 403
    assert manager.post(verb_url(shop, "change"), {}).status_code == 403


def test_a_verb_that_is_too_late_says_so(staff: Client, business: Business) -> None:
    cashier = Membership.unscoped.get(business=business, user=make_member(business, "cashier"))

    assert staff.get(verb_url(cashier, "reactivate")).status_code == 409
    assert staff.post(verb_url(cashier, "reactivate"), {}).status_code == 409


def test_an_unknown_verb_is_not_found(staff: Client) -> None:
    assert staff.get("/admin/businesses/location/do/explode/").status_code == 404
    assert staff.get("/admin/nothing/location/do/add/").status_code == 404


def test_the_whole_team_story_by_buttons(staff: Client, business: Business) -> None:
    cashier = Membership.unscoped.get(business=business, user=make_member(business, "cashier"))
    support = Role.unscoped.get(business=business, code="support")

    staff.post(verb_url(cashier, "role"), {"role_id": str(support.pk)})
    staff.post(verb_url(cashier, "suspend"), {"reason": "on leave"})
    cashier.refresh_from_db()
    assert (cashier.role_id, cashier.status) == (support.pk, "suspended")

    staff.post(verb_url(cashier, "reactivate"))
    answer = staff.post(verb_url(cashier, "remove"), {"reason": ""})

    assert answer.headers["Location"] == "/admin/businesses/membership/"
    assert not Membership.unscoped.filter(pk=cashier.pk).exists()


def test_the_permission_grid_saves_ticks(staff: Client, business: Business) -> None:
    role = Role.unscoped.get(business=business, code="cashier")
    address = reverse("admin:businesses_role_change", args=[role.pk])

    staff.post(address, {"permissions": ["business.read", "team.read"]})

    role.refresh_from_db()
    assert role.permissions == ["business.read", "team.read"]


def test_the_owners_grid_cannot_be_sent(staff: Client, business: Business) -> None:
    role = Role.unscoped.get(business=business, code="owner")

    answer = staff.post(reverse("admin:businesses_role_change", args=[role.pk]), {"permissions": []})

    assert answer.status_code == 409
    role.refresh_from_db()
    assert role.permissions == ["*"]


def test_a_grid_sent_by_an_administrator_keeps_what_he_cannot_tick(business: Business) -> None:
    role = Role.unscoped.get(business=business, code="buyer")
    Role.unscoped.filter(pk=role.pk).update(permissions=["business.own", "team.read"])
    admin = sign_in(Client(), make_member(business, "admin"), business)

    admin.post(reverse("admin:businesses_role_change", args=[role.pk]), {"permissions": ["roles.read"]})

    role.refresh_from_db()
    assert role.permissions == ["business.own", "roles.read"]


def test_two_who_edit_the_same_record_do_not_undo_each_other(staff: Client, business: Business) -> None:
    """Two tabs, one product: the second one hears what the first one saved, and nothing is lost unseen."""
    mug = make_product(business, title="Mug", price="12.00")
    address = verb_url(mug, "edit")

    def opened() -> dict[str, Any]:
        """The form as a browser would send it back untouched."""
        form = staff.get(address).context["form"]
        seen = staff.get(address).context["seen"]
        values = {name: form[name].value() for name in form.fields}
        return {name: value for name, value in values.items() if value not in (None, False)} | {"seen": seen}

    def now() -> tuple[str, str]:
        mug.refresh_from_db()
        return mug.title, mug.subtitle

    first, second = opened(), opened()
    assert staff.post(address, {**first, "title": "Stone mug"}).status_code == 302
    # Sent again by a double click it is what stands there already.
    assert staff.post(address, {**first, "title": "Stone mug"}).status_code == 302
    refused: Any = staff.post(address, {**second, "subtitle": "350 ml"})
    assert refused.status_code == 409
    assert "Now it is “Stone mug”." in refused.content.decode()
    assert 'value="350 ml"' in refused.content.decode()
    assert now() == ("Stone mug", "")
    # What she typed is kept in the form, and knowing of the other she may save it.
    again = {**second, "title": "Stone mug", "subtitle": "350 ml", "seen": refused.context["seen"]}
    assert staff.post(address, again).status_code == 302
    assert now() == ("Stone mug", "350 ml")
    # Who changed the same to the same is not stopped, and who sends no memory of the form neither.
    assert staff.post(address, {**first, "title": "Stone mug", "subtitle": "350 ml"}).status_code == 302
    without = {name: value for name, value in opened().items() if name != "seen"}
    assert staff.post(address, {**without, "seen": "[]", "title": "Cup"}).status_code == 302
    assert now() == ("Cup", "350 ml")
