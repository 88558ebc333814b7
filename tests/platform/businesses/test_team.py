"""Who belongs, who may change it, and that there is always an owner."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, NotFound, PermissionRefused, WrongState
from apps.kernel.models import AuditEntry
from apps.platform.accounts.models import User
from apps.platform.businesses import services
from apps.platform.businesses.models import Business, Location, Membership, Role
from apps.platform.businesses.selectors import actor_for
from apps.platform.notifications.models import Message
from tests.factories.businesses import PASSWORD, actor_of, make_business, make_member, make_user, owner_of

pytestmark = pytest.mark.django_db


def role_of(business: Business, code: str) -> Role:
    return Role.unscoped.get(business=business, code=code)


def member_of(business: Business, user: User) -> Membership:
    return Membership.unscoped.get(business=business, user=user)


def link_in(message: Message) -> str:
    found = re.search(r"http://[^/]+(/invitations/\S+)", message.text)
    assert found
    return found.group(1)


def invite(
    business: Business, email: str = "new@example.com", code: str = "cashier", key: str = "k1"
) -> Message:
    services.invite_member(actor_of(business), email=email, role_id=role_of(business, code).pk, key=key)
    return Message.unscoped.filter(business=business, to=email).latest("created_at")


def test_an_invited_person_chooses_a_password_and_is_in(client: Client) -> None:
    business = make_business()
    link = link_in(invite(business))
    assert client.get(link).status_code == 200

    answer = client.post(link, {"display_name": "Chi Eze", "password1": PASSWORD}, follow=True)

    assert answer.redirect_chain[0][0] == "/admin/"
    member = Membership.unscoped.get(user__email="new@example.com")
    assert member.status == Membership.Status.ACTIVE
    assert member.user.check_password(PASSWORD)
    assert answer.context["request"].actor.role == "cashier"


def test_a_link_works_once(client: Client) -> None:
    link = link_in(invite(make_business()))
    client.post(link, {"display_name": "Chi", "password1": PASSWORD})

    assert Client().get(link).status_code == 409


def test_a_link_ends_after_seven_days(client: Client) -> None:
    link = link_in(invite(make_business()))

    with clock.travel(dt.timedelta(days=7, minutes=1)):
        answer = client.post(link, {"display_name": "Chi", "password1": PASSWORD})

    assert answer.status_code == 409
    assert Membership.unscoped.get(user__email="new@example.com").status == Membership.Status.INVITED


def test_a_forged_link_is_not_found(client: Client) -> None:
    link = link_in(invite(make_business()))

    assert client.get(link[:-4] + "aaa/").status_code == 404


def test_inviting_again_makes_the_earlier_link_worthless(client: Client) -> None:
    business = make_business()
    first = link_in(invite(business))
    member = Membership.unscoped.get(user__email="new@example.com")
    with clock.travel(dt.timedelta(minutes=5)):
        services.resend_invitation(actor_of(business), membership_id=member.pk, key="again")

    assert client.get(first).status_code == 409
    assert Message.unscoped.filter(to="new@example.com").count() == 2


def test_a_known_person_must_sign_in_to_join(client: Client) -> None:
    make_user("new@example.com")
    link = link_in(invite(make_business()))

    answer = client.get(link)

    assert b"Sign in and join" in answer.content
    assert client.post(link, {"display_name": "Thief", "password1": "another horse 77"}).status_code == 200
    assert not User.objects.get(email="new@example.com").check_password("another horse 77")


def test_a_known_signed_in_person_joins_by_one_click(client: Client) -> None:
    user = make_user("new@example.com")
    link = link_in(invite(make_business()))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    client.post(link)

    assert Membership.unscoped.get(user=user).status == Membership.Status.ACTIVE


def test_an_invitation_pressed_twice_is_sent_once() -> None:
    business = make_business()
    actor, role = actor_of(business), role_of(business, "cashier")

    first = services.invite_member(actor, email="new@example.com", role_id=role.pk, key="same")
    second = services.invite_member(actor, email="new@example.com", role_id=role.pk, key="same")

    assert first.pk == second.pk
    assert Message.unscoped.count() == 1


def test_nobody_is_invited_twice() -> None:
    business = make_business()
    invite(business)

    with pytest.raises(Conflict):
        invite(business, key="k2")


def test_a_role_beyond_ones_own_cannot_be_given() -> None:
    business = make_business()
    admin = actor_of(business, "admin")

    with pytest.raises(PermissionRefused):
        services.invite_member(admin, email="x@example.com", role_id=role_of(business, "owner").pk, key="a")


def test_an_administrator_cannot_touch_an_owner() -> None:
    business = make_business()
    admin = actor_of(business, "admin")
    owner = member_of(business, owner_of(business))

    for change in (services.suspend_member, services.remove_member):
        with pytest.raises(PermissionRefused):
            change(admin, membership_id=owner.pk)


def test_the_last_owner_stays() -> None:
    business = make_business()
    actor = actor_of(business)
    owner = member_of(business, owner_of(business))
    system = Actor.system("tests", business.pk)

    with pytest.raises(Conflict) as refusal:
        services.set_role(actor, membership_id=owner.pk, role_id=role_of(business, "cashier").pk)
    assert refusal.value.code == "last_owner"
    with pytest.raises(Conflict):
        services.suspend_member(system, membership_id=owner.pk)
    with pytest.raises(Conflict):
        services.remove_member(system, membership_id=owner.pk)


def test_an_owner_may_go_when_another_stays() -> None:
    business = make_business()
    second = make_member(business, "owner")
    actor = actor_of(business)

    services.remove_member(actor, membership_id=member_of(business, second).pk, reason="left the company")

    entry = AuditEntry.objects.filter(chain=business.pk, action="team.removed").get()
    assert entry.reason == "left the company"


def test_nobody_suspends_or_removes_himself() -> None:
    business = make_business()
    make_member(business, "owner")
    actor = actor_of(business)
    own = member_of(business, owner_of(business))

    with pytest.raises(Conflict):
        services.remove_member(actor, membership_id=own.pk)


def test_suspension_holds_from_the_next_click(client: Client) -> None:
    business = make_business()
    cashier = make_member(business, "cashier")
    client.force_login(cashier, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/").status_code == 200

    services.suspend_member(actor_of(business), membership_id=member_of(business, cashier).pk)

    assert client.get("/admin/").status_code == 403


def test_members_of_another_business_are_not_found() -> None:
    mine, theirs = make_business("Mine"), make_business("Theirs")
    stranger = member_of(theirs, owner_of(theirs))

    with pytest.raises(NotFound):
        services.remove_member(actor_of(mine), membership_id=stranger.pk)
    with pytest.raises(NotFound):
        services.set_role(
            actor_of(mine),
            membership_id=member_of(mine, owner_of(mine)).pk,
            role_id=role_of(theirs, "cashier").pk,
        )


def test_locations_of_a_member_reach_the_actor() -> None:
    business = make_business()
    cashier = make_member(business, "cashier")
    with tenancy.bind(business.pk):
        shop = services.add_location(actor_of(business), name="Pier", key="p")
        services.set_member_reach(
            actor_of(business), membership_id=member_of(business, cashier).pk, location_ids=[shop.pk]
        )
    from apps.platform.businesses.selectors import actor_for

    assert actor_for(cashier, business).location_ids == frozenset({shop.pk})
    assert actor_of(business).location_ids is None


def test_reactivating_wants_a_suspended_member() -> None:
    business = make_business()
    cashier = make_member(business, "cashier")

    with pytest.raises(WrongState):
        services.reactivate_member(actor_of(business), membership_id=member_of(business, cashier).pk)


def test_leaving_ends_ones_own_membership_but_never_the_last_owners() -> None:
    business = make_business()
    with pytest.raises(Conflict):
        services.leave_business(actor_of(business))
    person = make_member(business, "cashier")
    services.leave_business(actor_for(person, business))
    with pytest.raises(NotFound):
        actor_for(person, business)


def test_an_owner_is_never_limited() -> None:
    business = make_business()
    second = make_member(business, "owner")
    with tenancy.bind(business.pk):
        place = Location.objects.get()
        member = Membership.objects.get(user=second)
    with pytest.raises(Conflict):
        services.set_member_reach(actor_of(business), membership_id=member.pk, location_ids=[place.pk])
