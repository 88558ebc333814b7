"""Secrets are kept encrypted, bound to their place, shown to nobody, and moved to new keys without a stop."""

from __future__ import annotations

import datetime as dt
import logging
import os
import stat
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django import forms
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business
from apps.platform.vault.forms import SecretField, SecretFormMixin
from apps.platform.vault.keys import VaultUnavailable, keyring, new_key
from apps.platform.vault.models import Secret, SecretUse
from apps.platform.vault.sealing import SecretUnreadable
from apps.platform.vault.services import (
    accepted_secrets,
    forget_secret,
    keep_secret,
    open_secret,
    replace_secret,
    rotate_batch,
)
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in

NAME = "payments.acme.api_key"
VALUE = "sk_live_4242abcdWXYZ"


@pytest.fixture(autouse=True)
def keys(settings: Any) -> str:
    settings.VAULT_KEYS = new_key("1")
    return str(settings.VAULT_KEYS)


def test_a_secret_comes_back_and_is_not_in_the_database(actor: Actor, business: Business) -> None:
    secret = keep_secret(actor, name=NAME, value=VALUE)
    assert open_secret(actor, name=NAME, purpose="tests") == VALUE
    assert (secret.last_four, secret.version, secret.key_version) == ("WXYZ", 1, "1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_secret::text, encode(sealed, 'escape') FROM vault_secret")
        assert VALUE[:10] not in str(cursor.fetchall())


def test_a_short_secret_shows_no_characters(actor: Actor) -> None:
    assert keep_secret(actor, name=NAME, value="hunter2").last_four == ""


def test_another_business_has_none_of_it(
    actor: Actor, other_business: Business, make_actor: Callable[..., Actor]
) -> None:
    secret = keep_secret(actor, name=NAME, value=VALUE)
    stranger = make_actor(other_business)
    with pytest.raises(NotFound):
        open_secret(stranger, name=NAME, purpose="tests")
    with pytest.raises(NotFound):
        replace_secret(stranger, secret_id=secret.pk, value="x")
    with pytest.raises(NotFound):
        forget_secret(stranger, secret_id=secret.pk)


@pytest.mark.parametrize("change", ["business_id", "name", "version", "sealed", "key_version"])
def test_a_row_that_was_moved_or_changed_does_not_open(
    actor: Actor, bound: Business, other_business: Business, settings: Any, change: str
) -> None:
    settings.VAULT_KEYS += "," + settings.VAULT_KEYS.replace("1:", "2:", 1)  # the same key under another name
    row = keep_secret(actor, name=NAME, value=VALUE)
    sealed = bytes(row.sealed)
    changed = {
        "business_id": other_business.pk,
        "name": "payments.acme.other",
        "version": 2,
        "sealed": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "key_version": "2",
    }
    with tenancy.crossing("tests"):
        Secret.unscoped.filter(pk=row.pk).update(**{change: changed[change]})
        moved = Secret.unscoped.get(pk=row.pk)
    with pytest.raises(SecretUnreadable) as caught:
        open_secret(actor.__class__.system("t", moved.business_id), name=moved.name, purpose="tests")
    assert caught.value.code == "vault_tampered"
    assert moved.name in str(caught.value)
    assert str(moved.business_id) in str(caught.value)
    assert VALUE not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_a_missing_key_is_named_and_nothing_leaks_into_logs(
    actor: Actor, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keep_secret(actor, name=NAME, value=VALUE)
    settings.VAULT_KEYS = new_key("2")
    with pytest.raises(SecretUnreadable, match=r"payments\.acme\.api_key v1 .*key 1 is not among") as caught:
        open_secret(actor, name=NAME, purpose="tests")
    assert caught.value.code == "vault_key_missing"
    assert VALUE not in caplog.text
    assert settings.VAULT_KEYS.split(":")[1] not in str(caught.value)


def test_a_wrong_key_of_the_same_version_is_told(actor: Actor, settings: Any) -> None:
    keep_secret(actor, name=NAME, value=VALUE)
    settings.VAULT_KEYS = new_key("1")
    with pytest.raises(SecretUnreadable) as caught:
        open_secret(actor, name=NAME, purpose="tests")
    assert caught.value.code == "vault_tampered"


def test_writes_and_the_first_use_of_a_day_are_audited_without_the_value(
    actor: Actor, bound: Business
) -> None:
    keep_secret(actor, name=NAME, value=VALUE)
    for _time in range(3):
        open_secret(actor, name=NAME, purpose="open a session")
    open_secret(actor, name=NAME, purpose="send a refund")
    with clock.travel(dt.timedelta(days=1)):
        open_secret(actor, name=NAME, purpose="open a session")
    entries = AuditEntry.objects.filter(action__startswith="vault.").order_by("sequence")
    assert [entry.action for entry in entries] == ["vault.secret_saved"] + ["vault.secret_used"] * 3
    assert [entry.after["purpose"] for entry in entries[1:]] == [
        "open a session",
        "send a refund",
        "open a session",
    ]
    assert all(VALUE not in str(entry.__dict__) for entry in entries)
    assert SecretUse.objects.count() == 3


def test_a_noted_use_costs_no_write(actor: Actor, bound: Business, django_assert_num_queries: Any) -> None:
    keep_secret(actor, name=NAME, value=VALUE)
    open_secret(actor, name=NAME, purpose="tests")
    with django_assert_num_queries(2):  # the secret, the look for a note
        open_secret(actor, name=NAME, purpose="tests")


def test_an_old_version_is_accepted_for_the_time_given(actor: Actor, bound: Business) -> None:
    for value in ("first-secret-1", "second-secret-2", "third-secret-3"):
        keep_secret(actor, name=NAME, value=value, accept_old_for=dt.timedelta(hours=24))
    assert accepted_secrets(NAME, clock.now()) == ["third-secret-3", "second-secret-2", "first-secret-1"]
    later = clock.now() + dt.timedelta(hours=25)
    assert accepted_secrets(NAME, later) == ["third-secret-3"]
    keep_secret(actor, name=NAME, value="fourth-secret-4")
    assert accepted_secrets(NAME, clock.now()) == ["fourth-secret-4"]
    assert Secret.objects.count() == 1


def test_no_more_versions_are_kept_than_asked(actor: Actor, bound: Business) -> None:
    for number in range(8):
        keep_secret(
            actor, name=NAME, value=f"value {number}", accept_old_for=dt.timedelta(hours=1), keep_versions=3
        )
    assert accepted_secrets(NAME, clock.now()) == ["value 7", "value 6", "value 5"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nodots", "x"),
        ("Upper.case", "x"),
        ("a.b" * 60, "x"),
        (NAME, ""),
        (NAME, "a\x00b"),
        (NAME, "x" * 20_001),
    ],
)
def test_bad_input_is_refused(actor: Actor, bound: Business, name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        keep_secret(actor, name=name, value=value)
    assert value not in str(caught.value.fields) or not value or value == "x"
    assert not Secret.objects.exists()


def test_replacing_and_removing_ask_for_the_permission(
    actor: Actor, business: Business, make_actor: Callable[..., Actor]
) -> None:
    secret = keep_secret(actor, name=NAME, value=VALUE)
    cashier = make_actor(business, permissions=frozenset({"orders.read"}))
    with pytest.raises(PermissionRefused):
        replace_secret(cashier, secret_id=secret.pk, value="x")
    with pytest.raises(PermissionRefused):
        forget_secret(cashier, secret_id=secret.pk)


def rotate(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_vault", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_rotation_moves_every_business_in_batches(
    actor: Actor, other_business: Business, make_actor: Callable[..., Actor], settings: Any
) -> None:
    stranger = make_actor(other_business)
    for number in range(5):
        keep_secret(actor, name=f"mail.acme.key{number}", value=f"harbour secret {number}")
        keep_secret(stranger, name=f"mail.acme.key{number}", value=f"prairie secret {number}")
    settings.VAULT_KEYS = f"{new_key('2')},{settings.VAULT_KEYS}"
    said = rotate(batch=2)
    assert "Done: 10 moved to key 2, 0 could not be opened." in said
    assert "Keys in use: 2." in said
    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]  # the old key is thrown away
    assert open_secret(actor, name="mail.acme.key3", purpose="tests") == "harbour secret 3"
    assert open_secret(stranger, name="mail.acme.key4", purpose="tests") == "prairie secret 4"


def test_a_rotation_that_was_cut_off_goes_on_where_it_was(
    actor: Actor, bound: Business, settings: Any
) -> None:
    for number in range(5):
        keep_secret(actor, name=f"mail.acme.key{number}", value=f"secret {number}")
    settings.VAULT_KEYS = f"{new_key('2')},{settings.VAULT_KEYS}"
    rotate_batch(actor, limit=2)  # and then the process is killed
    assert sorted(Secret.objects.values_list("key_version", flat=True)) == ["1", "1", "1", "2", "2"]
    for number in range(5):
        assert open_secret(actor, name=f"mail.acme.key{number}", purpose="tests") == f"secret {number}"
    assert "Done: 3 moved" in rotate()
    assert "Done: 0 moved" in rotate()


def test_rotation_names_what_it_cannot_open_and_moves_the_rest(
    actor: Actor, bound: Business, settings: Any
) -> None:
    for number in range(3):
        keep_secret(actor, name=f"mail.acme.key{number}", value=f"secret {number}")
    Secret.objects.filter(name="mail.acme.key1").update(sealed=b"x" * 40)
    settings.VAULT_KEYS = f"{new_key('2')},{settings.VAULT_KEYS}"
    out = StringIO()
    with pytest.raises(CommandError, match="1 secrets could not be opened"):
        call_command("rotate_vault", batch=1, stdout=out, stderr=out)
    assert "mail.acme.key1 v1" in out.getvalue()
    assert sorted(Secret.objects.values_list("key_version", flat=True)) == ["1", "2", "2"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["nokey", "1:short", "1:%%%", ":", "1:", "a b:x"])
def test_keys_that_cannot_be_read_are_refused_without_showing_them(settings: Any, text: str) -> None:
    settings.VAULT_KEYS = text
    with pytest.raises(VaultUnavailable) as caught:
        keyring()
    assert "short" not in str(caught.value)
    assert [error.id for error in deploy_errors()] == ["vault.E002"]


def test_two_keys_of_one_version_are_refused(settings: Any) -> None:
    settings.VAULT_KEYS = f"{new_key('1')},{new_key('1')}"
    with pytest.raises(VaultUnavailable, match="twice"):
        keyring()


def deploy_errors() -> list[Any]:
    return [
        found
        for found in run_checks(tags=["security"], include_deployment_checks=True)
        if found.id.startswith("vault")
    ]


@pytest.mark.django_db
def test_production_needs_keys(settings: Any, tmp_path: Any) -> None:
    settings.VAULT_KEYS, settings.PRODUCTION = "", True
    settings.VAULT_KEY_FILE = tmp_path / "vault.keys"
    assert [error.id for error in deploy_errors()] == ["vault.E001"]
    with pytest.raises(VaultUnavailable, match="no keys"):
        keyring()
    assert not settings.VAULT_KEY_FILE.exists()
    settings.VAULT_KEYS = new_key("1")
    assert deploy_errors() == []


def test_ones_own_machine_makes_a_key_that_only_its_owner_reads(settings: Any, tmp_path: Any) -> None:
    settings.VAULT_KEYS, settings.PRODUCTION = "", False
    settings.VAULT_KEY_FILE = tmp_path / "fresh" / "vault.keys"
    first = keyring()
    assert stat.S_IMODE(os.stat(settings.VAULT_KEY_FILE).st_mode) == 0o600
    assert keyring() == first
    assert os.listdir(settings.VAULT_KEY_FILE.parent) == ["vault.keys"]


def test_the_command_prints_a_key_that_works(settings: Any) -> None:
    out = StringIO()
    call_command("make_vault_key", "2027", stdout=out)
    settings.VAULT_KEYS = out.getvalue().strip()
    assert list(keyring()) == ["2027"]


class MailForm(SecretFormMixin, forms.Form):
    host = forms.CharField()
    password = SecretField("mail.smtp.password", label="Password", required=True)


def test_a_settings_form_never_shows_what_it_saved(actor: Actor, bound: Business) -> None:
    assert not MailForm({"host": "a"}).is_valid()
    form = MailForm({"host": "a", "password": VALUE})
    assert form.is_valid()
    assert VALUE not in form.as_p()
    form.keep_secrets(actor)
    again = MailForm({"host": "b", "password": ""})
    assert again.is_valid(), "what is saved need not be typed again"
    assert again.keep_secrets(actor) == []
    shown = MailForm(initial={"host": "b"}).as_p()
    assert "ends in WXYZ" in shown
    assert VALUE not in shown
    assert open_secret(actor, name="mail.smtp.password", purpose="tests") == VALUE


@pytest.mark.django_db
def test_the_back_office_lists_replaces_and_removes_without_showing_values() -> None:
    business = make_business()
    owner = actor_of(business)
    client = sign_in(Client(), owner_of(business), business)
    secret = keep_secret(owner, name=NAME, value=VALUE)
    open_secret(owner, name=NAME, purpose="send a refund")
    page = client.get("/admin/vault/secret/").content.decode()
    assert NAME in page
    assert "…WXYZ" in page
    detail = client.get(f"/admin/vault/secret/{secret.pk}/").content.decode()
    assert "send a refund" in detail
    assert VALUE not in page + detail
    answer = client.post(verb_url(secret, "replace"), {"value": "a-brand-new-value-9999"})
    assert answer.status_code == 302
    assert client.get("/admin/vault/secret/").content.decode().count("…9999") == 1
    with tenancy.bind(business.pk):
        replaced = Secret.objects.get()
    assert client.get(verb_url(replaced, "remove")).status_code == 200
    assert client.post(verb_url(replaced, "remove")).status_code == 302
    assert "No secrets yet" in client.get("/admin/vault/secret/").content.decode()
    cashier = sign_in(Client(), make_member(business, "cashier"), business)
    assert cashier.get("/admin/vault/secret/").status_code == 403


@pytest.mark.django_db
def test_the_list_costs_the_same_for_many(django_assert_max_num_queries: Any) -> None:
    business = make_business()
    owner = actor_of(business)
    client = sign_in(Client(), owner_of(business), business)

    def queries() -> int:
        with django_assert_max_num_queries(30) as counted:
            assert client.get("/admin/vault/secret/").status_code == 200
        return len(counted)

    keep_secret(owner, name="mail.acme.key0", value="one secret only")
    queries()
    few = queries()
    for number in range(1, 30):
        keep_secret(owner, name=f"mail.acme.key{number}", value=f"secret number {number}")
    assert queries() == few
