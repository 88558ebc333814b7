"""People: one address each whatever its case, and nobody suspended gets in."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.kernel.errors import InvalidInput
from apps.platform.accounts.models import User
from apps.platform.notifications.tasks import send_due_messages
from tests.factories.businesses import PASSWORD, make_business, make_user

pytestmark = pytest.mark.django_db


def sign_in_by_form(client: Client, email: str, password: str = PASSWORD) -> int:
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    return answer.status_code


def test_an_address_is_taken_without_regard_to_case() -> None:
    make_user("Ada@Example.com")

    with pytest.raises(InvalidInput) as refusal:
        make_user("ada@example.COM")

    assert "email" in refusal.value.fields


def test_the_database_refuses_capitals_so_that_uniqueness_cannot_be_passed_by() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Ada@Example.com")])


def test_a_weak_password_is_named_at_its_field_and_nothing_is_kept() -> None:
    with pytest.raises(InvalidInput) as refusal:
        make_user("ada@example.com", password="password")

    assert "password1" in refusal.value.fields
    assert not User.objects.exists()


def test_sign_in_by_address_in_any_case(client: Client) -> None:
    make_user("ada@example.com")

    assert sign_in_by_form(client, "ADA@example.com") == 302


def test_a_suspended_person_cannot_sign_in(client: Client) -> None:
    user = make_user("ada@example.com")
    User.objects.filter(pk=user.pk).update(status=User.Status.SUSPENDED)

    sign_in_by_form(client, "ada@example.com")

    assert "_auth_user_id" not in client.session


def test_suspension_ends_a_running_session(client: Client) -> None:
    user = make_user("ada@example.com")
    make_business(owner=user)
    sign_in_by_form(client, "ada@example.com")
    assert client.get("/admin/").status_code == 200

    User.objects.filter(pk=user.pk).update(status=User.Status.SUSPENDED)

    assert client.get("/admin/").status_code == 302


def test_is_staff_means_an_active_membership_anywhere() -> None:
    stranger, owner = make_user(), make_user()
    make_business(owner=owner)

    assert not User.objects.get(pk=stranger.pk).is_staff
    assert User.objects.get(pk=owner.pk).is_staff


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"]
)
def test_pages_for_strangers_open(client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200


def test_a_forgotten_password_is_mailed_as_a_link(client: Client, mailoutbox: list[object]) -> None:
    make_user("ada@example.com")

    client.post(reverse("account_reset_password"), {"email": "ada@example.com"})

    assert mailoutbox == []  # never from within the request
    assert send_due_messages() == 1
    assert len(mailoutbox) == 1
