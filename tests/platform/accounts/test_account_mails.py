"""Links work once, mails go by the queue and leave nothing behind, and nothing tells who has an account."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher, identify_hasher
from django.test import Client
from django.urls import reverse

from apps.kernel import clock
from apps.platform.accounts.letters import LETTERS
from apps.platform.accounts.models import User
from apps.platform.notifications.models import AccountMessage
from apps.platform.notifications.tasks import send_due_messages
from tests.factories.businesses import PASSWORD, make_business, make_user

from .signing_in import by_password, link_in

pytestmark = pytest.mark.django_db
NEW = "another horse 7"


def ask_for_reset(client: Client, email: str) -> Any:
    return client.post(reverse("account_reset_password"), {"email": email})


def test_a_reset_link_works_once_and_ends_every_session(client: Client, mailoutbox: list[Any]) -> None:
    user = make_user("ada@example.com")
    make_business(owner=user)
    elsewhere = Client()
    by_password(elsewhere, user.email)
    assert elsewhere.get("/admin/").status_code == 200
    ask_for_reset(client, user.email)
    send_due_messages()
    link = link_in(mailoutbox[0].body)

    form = client.get(link, follow=True)
    done = client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert done.status_code == 302
    assert elsewhere.get("/admin/").status_code == 302
    assert by_password(Client(), user.email, NEW).status_code == 302
    assert Client().get(link, follow=True).context["token_fail"]


def test_a_reset_link_ends_after_an_hour(client: Client, mailoutbox: list[Any], settings: Any) -> None:
    user = make_user("ada@example.com")
    ask_for_reset(client, user.email)
    send_due_messages()
    settings.PASSWORD_RESET_TIMEOUT = -1

    assert client.get(link_in(mailoutbox[0].body), follow=True).context["token_fail"]


def test_asking_for_a_reset_answers_alike_for_everybody(client: Client) -> None:
    make_user("ada@example.com")
    known, unknown = ask_for_reset(client, "ada@example.com"), ask_for_reset(client, "nobody@example.com")

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert set(AccountMessage.objects.values_list("to", flat=True)) == {
        "ada@example.com",
        "nobody@example.com",
    }


def test_what_was_sent_keeps_no_link(client: Client, mailoutbox: list[Any]) -> None:
    make_user("ada@example.com")
    ask_for_reset(client, "ada@example.com")
    send_due_messages()

    message = AccountMessage.objects.get()
    assert (message.state, message.text, message.html) == ("sent", "", "")
    assert mailoutbox[0].alternatives[0].mimetype == "text/html"
    assert link_in(mailoutbox[0].body) in mailoutbox[0].alternatives[0].content


def test_an_address_changes_only_when_the_new_one_is_proved(client: Client, mailoutbox: list[Any]) -> None:
    user = make_user("ada@example.com")
    by_password(client, user.email)
    client.post(reverse("account_email"), {"email": "ada@new.example.com", "action_add": "1"})
    user.refresh_from_db()
    assert user.email == "ada@example.com"
    send_due_messages()
    mail = next(mail for mail in mailoutbox if mail.to == ["ada@new.example.com"])

    client.post(link_in(mail.body))

    user.refresh_from_db()
    assert user.email == "ada@new.example.com"
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified")) == [
        (user.email, True)
    ]
    send_due_messages()
    assert any(mail.to == ["ada@example.com"] for mail in mailoutbox)  # the old address is warned


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(client: Client) -> None:
    user = make_user("ada@example.com")
    make_business(owner=user)
    elsewhere = Client()
    by_password(elsewhere, user.email)
    by_password(client, user.email)

    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), fields).status_code == 302

    assert client.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302
    assert AccountMessage.objects.filter(to=user.email, subject="Your password was changed").exists()


def test_a_bcrypt_hash_is_accepted_and_written_anew(client: Client, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    ]
    user = make_user("ada@example.com")
    hasher = BCryptSHA256PasswordHasher()
    User.objects.filter(pk=user.pk).update(password=hasher.encode(PASSWORD, hasher.salt()))

    assert by_password(client, user.email).status_code == 302

    user.refresh_from_db()
    now = identify_hasher(user.password)
    assert (now.algorithm, "argon2id" in user.password) == ("argon2", True)


@pytest.mark.parametrize("occasion", sorted(LETTERS))
def test_every_letter_has_words(occasion: str) -> None:
    context = {
        "password_reset_url": "/reset",
        "activate_url": "/confirm",
        "timestamp": clock.now() - dt.timedelta(minutes=1),
        "ip": "203.0.113.7",
        "user_agent": "Firefox",
    }
    letter = LETTERS[occasion](context)

    assert str(letter["subject"])
    assert all(str(sentence) for sentence in letter["sentences"])
    assert letter["url"]
