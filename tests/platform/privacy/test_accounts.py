"""One's own account: the data, and the end of it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.audit import broken_links
from apps.kernel.errors import Conflict, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.accounts.callers import Caller
from apps.platform.accounts.models import AccountEvent, User
from apps.platform.accounts.services.activity import note_event
from apps.platform.businesses.models import Business, Membership
from apps.platform.media.stores import get_store
from apps.platform.privacy.services import close_account, export_account
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.platform.accounts.signing_in import by_password

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def person(business: Business) -> User:
    person: User = make_member(business, "manager")
    EmailAddress.objects.get_or_create(
        user=person, email=person.email, defaults={"primary": True, "verified": True}
    )
    note_event(
        person, AccountEvent.Kind.SIGNED_IN, Caller(ip="203.0.113.7", user_agent="Firefox", request_id="r")
    )
    return person


def oneself(user: User) -> Actor:
    return Actor("user", user.pk, user.name, None)


def test_the_export_holds_account_sign_ins_and_work(person: User, business: Business) -> None:
    export = export_account(oneself(person))
    with get_store().open(export.file) as file:
        text = zipfile.ZipFile(io.BytesIO(file.read())).read("data.json").decode()
    tables = {table["table"]: table for table in json.loads(text)["tables"]}
    assert tables["accounts.user"]["rows"][0]["email"] == person.email
    assert tables["accounts.accountevent"]["rows"][0]["ip"] == "203.0.113.7"
    assert tables["businesses.membership"]["business"] == business.name
    assert person.password not in text


def test_closing_leaves_the_business_and_empties_the_account(person: User, business: Business) -> None:
    address = person.email
    close_account(oneself(person))
    person.refresh_from_db()
    assert (person.is_active, person.display_name, person.has_usable_password()) == (False, "", False)
    assert person.email == f"{person.pk}@closed.invalid"
    assert not Membership.unscoped.filter(user=person).exists()
    assert not AccountEvent.objects.filter(user=person).exists()
    assert not EmailAddress.objects.filter(email=address).exists()
    assert User.objects.filter(email=address).count() == 0
    assert AuditEntry.objects.filter(chain=business.pk, action="team.left").exists()
    assert AuditEntry.objects.filter(action="accounts.closed").exists()
    assert broken_links() == []


def test_who_did_what_stays_provable(person: User, business: Business) -> None:
    close_account(oneself(person))
    entry = AuditEntry.objects.get(chain=business.pk, action="accounts.signed_in", object_id=str(person.pk))
    assert entry.actor_id == person.pk
    assert entry.redacted_at is None


def test_the_only_owner_is_told_which_business(business: Business) -> None:
    owner = owner_of(business)
    with pytest.raises(Conflict, match=business.name):
        close_account(oneself(owner))
    owner.refresh_from_db()
    assert owner.is_active
    assert Membership.unscoped.filter(user=owner).exists()


def test_an_actor_of_a_business_cannot_close_anybody(person: User, business: Business) -> None:
    for actor in (
        Actor("user", person.pk, "x", business.pk),
        Actor.system("x", None),
        Actor.guest(business.pk),
    ):
        with pytest.raises(PermissionRefused):
            close_account(actor)
        with pytest.raises(PermissionRefused):
            export_account(actor)


def test_the_pages(client: Client, person: User, business: Business) -> None:
    staff = sign_in(client, person, business)
    assert b"Close my account" in staff.get("/admin/me/").content
    for address in (
        "/admin/me/close/",
        "/admin/me/data/",
    ):  # who signed in long ago shows the password once more
        assert "reauthenticate" in staff.get(address)["Location"]
        assert "reauthenticate" in staff.post(address)["Location"]
    staff.logout()
    by_password(staff, person.email)
    page = staff.get("/admin/me/close/")
    assert b"Sign-in history" in page.content
    answer = staff.post("/admin/me/data/")
    assert answer.status_code == 302
    body = b"".join(staff.get(answer["Location"]).streaming_content)  # type: ignore[attr-defined]
    assert "data.json" in zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert staff.post("/admin/me/close/")["Location"] == "/"
    assert staff.get("/admin/").status_code == 302
    with tenancy.bind(business.pk):
        assert not Membership.objects.filter(user=person).exists()


def test_another_place_of_work_is_left_too(person: User, business: Business) -> None:
    other = make_business("Second")
    from apps.platform.businesses.models import Role

    with tenancy.bind(other.pk):
        Membership.objects.create(user=person, role=Role.objects.get(code="manager"), status="active")
    close_account(oneself(person))
    assert not Membership.unscoped.filter(user=person).exists()
