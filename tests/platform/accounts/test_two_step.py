"""A second step that holds at every door, and help for who has lost it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.kernel import clock
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.accounts.models import AccountEvent
from apps.platform.accounts.services import SecondFactorNeeded, SignInLocked, authenticate_person
from apps.platform.businesses.models import Membership
from apps.platform.businesses.services.platform import require_two_step, reset_member_second_factor
from apps.platform.notifications.models import AccountMessage
from tests.factories.businesses import (
    PASSWORD,
    actor_of,
    make_business,
    make_member,
    make_user,
    owner_of,
    sign_in,
)

from .signing_in import SECRET, by_app, by_password, give_app, prove_address, totp_code

pytestmark = pytest.mark.django_db


def person(email: str = "ada@example.com") -> Any:
    return make_user(email)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_setting_up_an_app_asks_for_its_code_and_then_at_each_sign_in(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    user = person()
    prove_address(user)
    by_password(client, user.email)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret

    assert client.post(reverse("mfa_activate_totp"), {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    assert done.status_code == 302

    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored  # encrypted at rest
    fresh = Client()
    assert by_password(fresh, user.email).url == reverse("mfa_authenticate")
    assert not is_in(fresh)
    assert AccountMessage.objects.filter(subject__contains="authenticator app").count() == 1


def test_the_code_opens_and_a_code_works_once(client: Client) -> None:
    user = person()
    give_app(user)
    code = totp_code()

    by_app(client, user.email, code)
    assert is_in(client)
    again = Client()
    by_app(again, user.email, code)
    assert not is_in(again)


def test_a_recovery_code_opens_once(client: Client) -> None:
    user = person()
    code = give_app(user)[0]

    by_app(client, user.email, code)
    assert is_in(client)
    again = Client()
    by_app(again, user.email, code)
    assert not is_in(again)


def test_guessing_codes_is_locked_like_guessing_passwords(client: Client) -> None:
    user = person()
    give_app(user)
    by_password(client, user.email)

    answers = [client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code for _n in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert client.post(reverse("mfa_authenticate"), {"code": totp_code()}).status_code == 429
    assert not is_in(client)
    assert AccountEvent.objects.filter(kind="code_failed").count() == 5


def test_a_program_needs_the_code_too() -> None:
    user = person()
    give_app(user)

    def ask(code: str) -> Any:
        request = RequestFactory().post("/api/v1/auth/token/", REMOTE_ADDR="203.0.113.9")
        return authenticate_person(request, email=user.email, password=PASSWORD, code=code)

    with pytest.raises(SecondFactorNeeded) as missing:
        ask("")
    assert missing.value.code == "second_factor_needed"
    assert ask(totp_code()).second_factor
    for _n in range(4):
        with pytest.raises(SecondFactorNeeded) as wrong:
            ask("000000")
    assert wrong.value.code == "second_factor_wrong"
    with pytest.raises(SignInLocked):
        ask("000000")


@pytest.mark.django_db(transaction=True)
def test_a_business_that_asks_for_it_leads_there_and_nowhere_else(client: Client) -> None:
    business = make_business()
    cashier = make_member(business, "cashier")
    prove_address(cashier)
    require_two_step(actor_of(business), days=0)
    by_password(client, cashier.email)

    for path in ("/admin/", "/admin/me/", "/admin/switch/", "/admin/orders/order/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, reverse("mfa_index")), path
    assert b"asks everybody" in client.get(reverse("mfa_index")).content

    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    assert client.get("/admin/").status_code == 200


def test_grace_lets_work_go_on_and_says_until_when(client: Client) -> None:
    business = make_business()
    cashier = make_member(business, "cashier")
    require_two_step(actor_of(business), days=7)
    sign_in(client, cashier, business)

    page = client.get("/admin/")
    assert page.status_code == 200
    assert b"needs two-step sign-in" in page.content
    with clock.travel(dt.timedelta(days=8)):
        assert client.get("/admin/").status_code == 302


def test_only_an_owner_makes_the_rule() -> None:
    business = make_business()
    with pytest.raises(PermissionRefused):
        require_two_step(actor_of(business, "admin"), days=0)
    with pytest.raises(InvalidInput):
        require_two_step(actor_of(business), days=-1)


def test_the_rule_costs_a_page_no_query(client: Client, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    business = make_business()
    owner = owner_of(business)
    give_app(owner)
    by_app(client, owner.email)
    client.get("/admin/me/sessions/")
    with CaptureQueriesContext(connection) as before:
        client.get("/admin/switch/")
    require_two_step(actor_of(business), days=0)
    with CaptureQueriesContext(connection) as after:
        assert client.get("/admin/switch/").status_code == 200

    assert len(after) == len(before)


def member_of(business: Any, user: Any) -> Membership:
    return Membership.unscoped.get(business=business, user=user)


def test_an_owner_resets_a_lost_factor_and_the_person_is_told(client: Client) -> None:
    business = make_business()
    cashier = make_member(business, "cashier")
    give_app(cashier)
    by_app(client, cashier.email)
    assert client.get("/admin/").status_code == 200

    reset_member_second_factor(
        actor_of(business), membership_id=member_of(business, cashier).pk, reason="Stood before me."
    )

    assert not Authenticator.objects.filter(user=cashier).exists()
    assert client.get("/admin/").status_code == 302  # signed out everywhere
    mail = AccountMessage.objects.get(to=cashier.email)
    assert "Stood before me." in mail.text
    assert "Stood before me." in mail.html
    assert AuditEntry.objects.filter(chain=business.pk, action="accounts.factor_reset").count() == 1


def test_who_works_elsewhere_too_is_not_weakened_by_one_owner() -> None:
    business, other = make_business(), make_business("Other")
    cashier = make_member(business, "cashier")
    make_member(other, "cashier", user=cashier)
    give_app(cashier)

    with pytest.raises(Conflict):
        reset_member_second_factor(
            actor_of(business), membership_id=member_of(business, cashier).pk, reason="Asked."
        )
    with pytest.raises(PermissionRefused):
        reset_member_second_factor(
            actor_of(business, "admin"), membership_id=member_of(business, cashier).pk, reason="Asked."
        )


def test_resetting_asks_for_the_password_again_when_the_sign_in_is_old(client: Client) -> None:
    business = make_business()
    cashier = make_member(business, "cashier")
    give_app(cashier)
    address = reverse(
        "admin:verb", args=["businesses", "membership", member_of(business, cashier).pk, "reset-two-step"]
    )
    by_password(client, owner_of(business).email)
    assert client.get(address).status_code == 200

    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()

    answer = client.post(address, {"reason": "Asked."})
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(user=cashier).exists()


def test_an_unproved_address_cannot_be_locked_behind_a_stranger_s_app(client: Client) -> None:
    user = person()
    by_password(client, user.email)

    assert client.get(reverse("mfa_activate_totp")).status_code == 302
    assert b"First confirm" in client.get(reverse("mfa_index")).content
    client.post(reverse("account_confirm_again"))
    assert AccountMessage.objects.filter(to=user.email, subject__startswith="Confirm").count() == 1


def test_a_secret_of_an_earlier_key_is_still_read_and_of_a_foreign_one_not(settings: Any) -> None:
    user = person()
    give_app(user)
    totp = Authenticator.objects.get(type="totp").wrap()
    assert SECRET not in str(totp.instance.data)
    earlier = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-key-of-this-installation", [earlier]
    assert totp.validate_code(totp_code())
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        totp.validate_code(totp_code())
