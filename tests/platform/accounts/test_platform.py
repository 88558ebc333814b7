"""Who runs the platform helps businesses and sees nothing of their trade; working as somebody is never silent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.kernel import clock
from apps.kernel.errors import Conflict, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.kernel.permissions import all_permissions
from apps.platform.alerts.models import Preference
from apps.platform.businesses import impersonation
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.selectors import actor_for, find_business_by_slug
from apps.platform.businesses.services.platform import create_platform_admin
from apps.platform.notifications.models import AccountMessage, PushDevice
from apps.platform.notifications.services import remember_device
from tests.factories.businesses import PASSWORD, make_business, make_member, owner_of, sign_in
from tests.platform.notifications.browsers import SomeBrowser

from .signing_in import by_app, by_password, give_app

pytestmark = pytest.mark.django_db
REASON = "Asked by telephone to look at the tax settings"


def make_admin(email: str = "root@example.com") -> Any:
    from apps.kernel.actors import Actor

    user = create_platform_admin(
        Actor.system("tests", None), email=email, password=PASSWORD, display_name="Root Ade"
    )
    give_app(user)
    return user


def platform_client() -> Client:
    client = Client()
    by_app(client, make_admin().email)
    return client


def act(client: Client, business: Business, verb: str, **data: Any) -> Any:
    return client.post(reverse("platform_do", args=[business.pk, verb]), data)


def work_as(client: Client, business: Business, user: Any, **data: Any) -> Any:
    member = Membership.unscoped.get(business=business, user=user)
    fields = {"membership_id": member.pk, "reason": REASON, "minutes": 30, **data}
    return act(client, business, "work-as", **fields)


def test_the_area_is_for_platform_administrators_with_a_second_step(client: Client) -> None:
    business = make_business()
    assert client.get("/platform/").status_code == 302
    assert sign_in(Client(), owner_of(business), business).get("/platform/").status_code == 404
    bare = Client()
    admin = make_admin("bare@example.com")
    sign_in(bare, admin)
    assert bare.get("/platform/").url == reverse("mfa_index")
    full = platform_client()
    assert full.get("/platform/").status_code == 200
    assert full.get("/admin/").url == "/platform/"


def test_the_list_finds_by_name_address_and_owner_in_few_queries(django_assert_max_num_queries: Any) -> None:
    client = platform_client()
    wanted = make_business("Kestrel Books")
    for number in range(12):
        make_business(f"Shop {number}")

    for term in ("kestrel", wanted.slug[:5], owner_of(wanted).email):
        rows = client.get("/platform/", {"q": term}).context["rows"]
        assert wanted in rows
    with django_assert_max_num_queries(4):
        assert len(client.get("/platform/").context["rows"]) == 13


def test_a_suspended_business_is_shut_at_every_door_and_opens_again(client: Client) -> None:
    business = make_business()
    sign_in(client, owner_of(business), business)
    assert client.get("/admin/").status_code == 200
    root = platform_client()

    assert act(root, business, "suspend", reason="").status_code == 400
    assert act(root, business, "suspend", reason="Bills unpaid since May").status_code == 302

    shut = client.get("/admin/")
    assert shut.status_code == 403
    assert b"Bills unpaid since May" in shut.content
    assert find_business_by_slug(business.slug) is None
    assert client.get("/api/v1/orders/").status_code in {401, 403, 404}
    act(root, business, "resume")
    assert client.get("/admin/").status_code == 200
    actions = AuditEntry.objects.filter(chain=business.pk, action__startswith="business.").values_list(
        "action"
    )
    assert {action for (action,) in actions} >= {"business.suspended", "business.resumed"}


def test_working_as_somebody_is_announced_on_each_page_by_mail_and_in_the_trail() -> None:
    business = make_business()
    manager = make_member(business, "manager")
    client = platform_client()

    assert work_as(client, business, manager).url == "/admin/"
    page = client.get("/admin/")

    assert page.status_code == 200
    assert f"You work as {manager.name}".encode() in page.content
    mailed = set(AccountMessage.objects.filter(text__contains=REASON).values_list("to", flat=True))
    assert mailed == {manager.email, owner_of(business).email}
    started = AuditEntry.objects.get(chain=business.pk, action="impersonation.started")
    assert (started.reason, started.actor_label) == (REASON, "Root Ade (MoniDesk)")
    client.post(reverse("platform_stop"))
    assert client.get("/admin/").url == "/platform/"
    assert AuditEntry.objects.filter(chain=business.pk, action="impersonation.ended").count() == 1


def test_each_act_bears_both_names_and_money_and_rights_are_out_of_reach() -> None:
    business = make_business()
    owner = owner_of(business)
    client = platform_client()
    work_as(client, business, owner)

    actor = client.get("/admin/").wsgi_request.actor
    assert owner.name in actor.label
    assert "Root Ade" in actor.label
    for code in (
        "orders.refund",
        "payments.refund",
        "team.change",
        "team.invite",
        "roles.change",
        "business.own",
    ):
        assert not actor.may(code), code
    assert actor.may("orders.read")
    assert (
        client.get(reverse("admin:list_verb", args=["businesses", "membership", "invite"])).status_code == 403
    )
    assert client.get("/admin/settings/sign-in/").status_code == 403


def test_what_is_forbidden_is_read_from_the_whole_register() -> None:
    left = {code for code in all_permissions() if not impersonation.is_forbidden(code)}

    risky = (
        "refund",
        "payout",
        "erase",
        "export",
        "roles.",
        "team.",
        "business.",
        "vault",
        "secret",
        "keys",
        "ledger.",
    )
    assert [
        code for code in sorted(left) if any(word in code for word in risky) and not code.endswith(".read")
    ] == []


def test_it_ends_by_itself() -> None:
    business = make_business()
    client = platform_client()
    work_as(client, business, owner_of(business), minutes=15)
    assert client.get("/admin/").status_code == 200

    with clock.travel(dt.timedelta(minutes=16)):
        assert client.get("/admin/").url == "/platform/"
    ended = AuditEntry.objects.get(chain=business.pk, action="impersonation.ended")
    assert ended.after == {"how": "time is over"}


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"reason": "help"}, {"minutes": 600}, {"membership_id": "x"}]
)
def test_without_a_reason_or_for_longer_it_is_refused(wrong: dict[str, Any]) -> None:
    business = make_business()
    client = platform_client()

    assert work_as(client, business, owner_of(business), **wrong).status_code == 400
    assert impersonation.SESSION_KEY not in client.session
    assert not AccountMessage.objects.filter(text__contains=REASON).exists()


def test_a_member_of_another_business_is_not_found() -> None:
    business, other = make_business(), make_business("Other")
    client = platform_client()
    foreign = Membership.unscoped.get(business=other, user=owner_of(other))

    assert (
        act(client, business, "work-as", membership_id=foreign.pk, reason=REASON, minutes=15).status_code
        == 404
    )
    assert act(client, business, "reset-factor", membership_id=foreign.pk, reason=REASON).status_code == 404


def test_an_owner_cannot_use_the_verbs_of_the_platform() -> None:
    business = make_business()
    client = Client()
    by_password(client, owner_of(business).email)

    assert act(client, business, "suspend", reason="mine").status_code == 404
    assert work_as(client, business, owner_of(business)).status_code == 404


def test_the_command_makes_one_and_asks_for_yes_in_production(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PLATFORM_ADMIN_PASSWORD", PASSWORD)
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="--yes"):
        call_command("create_platform_admin", "root@example.com")
    call_command("create_platform_admin", "root@example.com", "--yes", "--name", "Root")

    with pytest.raises(CommandError, match="works for a business"):
        call_command("create_platform_admin", owner_of(make_business()).email, "--yes")


def test_who_runs_the_platform_cannot_be_made_of_a_member() -> None:
    business = make_business()
    with pytest.raises(Conflict):
        make_admin(owner_of(business).email)


def test_what_is_a_members_own_is_out_of_reach_of_whoever_works_as_him() -> None:
    """A browser turned on then would hear the member's alerts long after the time is over."""
    business = make_business()
    client = platform_client()
    work_as(client, business, owner_of(business))
    page = reverse("admin:my_alerts")
    assert client.get(page).status_code == 200
    client.post(page, {"endpoint": "https://fcm.googleapis.com/fcm/send/planted", **SomeBrowser().keys})
    assert client.post(page, {"bell:order_paid": "on"}).status_code == 403
    worn_actor = replace(actor_for(owner_of(business), business), is_worn=True)
    with pytest.raises(PermissionRefused):
        remember_device(worn_actor, endpoint="https://x.example", p256dh="", auth="", label="")
    assert not PushDevice.unscoped.exists()
    assert not Preference.unscoped.exists()
