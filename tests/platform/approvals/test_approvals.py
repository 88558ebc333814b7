"""How far a role goes alone, and what it takes to go further: refunds are the act that is bounded."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, InvalidInput, PermissionRefused, RateLimited
from apps.kernel.models import AuditEntry
from apps.platform.accounts.models import User
from apps.platform.approvals.models import ApprovalPin, PinTries
from apps.platform.approvals.selectors import cap_of, caps_of_role, list_approvers
from apps.platform.approvals.services import remove_pin, set_caps, set_pin, with_approver
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.policies import list_givable
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import copy_role, invite_member
from apps.selling.orders.models import Order, OrderRefund
from apps.selling.orders.services import cancel_order, refund_order
from tests.api.conftest import Caller
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_location, make_variant
from tests.factories.orders import make_order, pay
from tests.platform.accounts.signing_in import by_password

pytestmark = pytest.mark.django_db
PIN = "4071"


class Desk:
    """A business whose support may give back 30.00 alone, whose manager 60.00, and whose owner anything."""

    def __init__(self) -> None:
        self.business = make_business(currency="GBP", tax_inclusive=True, tax_rate=Decimal("0.2"))
        self.owner = actor_of(self.business)
        self.support_user = make_member(self.business, "support")
        self.manager_user = make_member(self.business, "manager")
        for code, most in (("support", "30"), ("manager", "60")):
            self.cap(code, Decimal(most))
        self.set_pin(owner_of(self.business), PIN)
        self.set_pin(self.manager_user, "9024")

    def cap(self, code: str, most: Decimal | None) -> None:
        role = Role.unscoped.get(business=self.business, code=code)
        set_caps(self.owner, role_id=role.pk, caps={"orders.refund": most})

    def actor(self, user: User) -> Actor:
        found = actor_for(user, self.business.pk)
        assert found is not None
        return found

    @property
    def support(self) -> Actor:
        return self.actor(self.support_user)

    def set_pin(self, user: User, pin: str) -> None:
        with tenancy.bind(self.business.pk):
            set_pin(self.actor(user), pin=pin)

    def member(self, user: User) -> Membership:
        return Membership.unscoped.get(business=self.business, user=user)

    def order(self) -> Order:
        """Paid with 100.00, nothing sent."""
        return pay(
            make_order(self.business, lines=[(make_variant(self.business, stock=9, price="97.00"), 1)])
        )

    def entries(self, action: str) -> list[AuditEntry]:
        with tenancy.bind(self.business.pk):
            return list(AuditEntry.objects.filter(action=action).order_by("sequence"))


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def refusal(call: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value


def test_beyond_the_cap_a_second_person_is_asked_and_named(desk: Desk) -> None:
    order = desk.order()
    refund_order(desk.support, order_id=order.pk, amount=Decimal("30.00"))
    assert not desk.entries("approvals.given")

    # What was given back before counts: thirty more pennies are beyond.
    more = refusal(lambda: refund_order(desk.support, order_id=order.pk, amount=Decimal("0.30")))
    assert (more.code, str(more.message)) == (
        "beyond_role_limit",
        "Your role may do this up to £30.00; this would be £30.30.",
    )

    owner = desk.member(owner_of(desk.business))
    beside = with_approver(desk.support, approver_id=owner.pk, pin=PIN)
    refund_order(beside, order_id=order.pk, amount=Decimal("70.00"), key="one")
    (entry,) = desk.entries("approvals.given")
    assert entry.actor_id == desk.support_user.pk
    assert entry.object_id == str(order.pk)
    assert entry.after == {
        "act": "orders.refund",
        "amount": "100.0000",
        "alone up to": "30.0000",
        "approved by": owner.user.name,
    }
    assert sum(r.amount for r in OrderRefund.unscoped.filter(order=order)) == 100


def test_cancelling_a_paid_order_is_giving_money_back(desk: Desk) -> None:
    order = desk.order()
    assert refusal(lambda: cancel_order(desk.support, order_id=order.pk)).code == "beyond_role_limit"
    assert Order.unscoped.get(pk=order.pk).state == "confirmed"
    unpaid = make_order(desk.business)
    assert cancel_order(desk.support, order_id=unpaid.pk).state == "cancelled"


def test_who_approves_must_be_able_to_do_it_himself(desk: Desk) -> None:
    order = desk.order()
    manager = desk.member(desk.manager_user)
    beside = with_approver(desk.support, approver_id=manager.pk, pin="9024")
    too_much = refusal(lambda: refund_order(beside, order_id=order.pk, amount=Decimal("61.00")))
    assert too_much.code == "approver_may_not"
    assert refund_order(beside, order_id=order.pk, amount=Decimal("60.00")).amount == 60
    with tenancy.bind(desk.business.pk):
        assert {m.user_id for m in list_approvers(desk.support, "orders.refund")} == {
            owner_of(desk.business).pk,
            desk.manager_user.pk,
        }
        assert [m.user_id for m in list_approvers(desk.actor(desk.manager_user), "orders.refund")] == [
            owner_of(desk.business).pk
        ]


def test_who_works_elsewhere_approves_nothing_of_this_place(desk: Desk) -> None:
    order, manager = desk.order(), desk.member(desk.manager_user)
    van = make_location(desk.business, name="Van")
    with tenancy.bind(desk.business.pk):
        manager.locations.add(van)
    beside = with_approver(desk.support, approver_id=manager.pk, pin="9024")
    elsewhere = refusal(lambda: refund_order(beside, order_id=order.pk, amount=Decimal(40)))
    assert elsewhere.code == "approver_may_not"
    with tenancy.bind(desk.business.pk):
        manager.locations.clear()
    assert refund_order(beside, order_id=order.pk, amount=Decimal(40)).amount == 40


def test_nobody_approves_himself_and_no_forged_approver_helps(desk: Desk) -> None:
    desk.set_pin(desk.support_user, "5182")
    me = desk.member(desk.support_user)
    assert refusal(lambda: with_approver(desk.support, approver_id=me.pk, pin="5182")).code == "wrong_pin"
    forged = replace(desk.support, approver_id=me.pk)
    assert refusal(lambda: refund_order(forged, order_id=desk.order().pk, amount=Decimal(50))).code == (
        "approver_may_not"
    )
    stranger = make_business(slug="elsewhere", currency="GBP")
    theirs = Membership.unscoped.get(business=stranger, user=owner_of(stranger))
    with tenancy.bind(stranger.pk):
        set_pin(actor_of(stranger), pin="7301")
    assert refusal(lambda: with_approver(desk.support, approver_id=theirs.pk, pin="7301")).code == "wrong_pin"


def guess(actor: Actor, owner: Membership, times: int) -> None:
    for _try in range(times):
        with pytest.raises(InvalidInput):
            with_approver(actor, approver_id=owner.pk, pin="0007")


def test_wrong_numbers_are_counted_although_each_is_refused(desk: Desk) -> None:
    owner = desk.member(owner_of(desk.business))
    guess(desk.support, owner, 5)
    with pytest.raises(RateLimited):
        with_approver(desk.support, approver_id=owner.pk, pin=PIN)  # the right one comes too late
    assert [(entry.after or {})["locked"] for entry in desk.entries("approvals.pin_refused")] == [
        False
    ] * 4 + [True]
    manager = desk.actor(desk.manager_user)
    assert with_approver(manager, approver_id=owner.pk, pin=PIN).approver_id == owner.pk, "others go on"
    page = Client()
    by_password(page, owner_of(desk.business).email)
    assert f"{desk.support_user.name} entered five wrong" in page.get("/admin/me/pin/").content.decode()
    with clock.travel(dt.timedelta(minutes=15, seconds=1)):
        assert with_approver(desk.support, approver_id=owner.pk, pin=PIN).approver_id == owner.pk
    assert not PinTries.unscoped.filter(pin__membership=owner).exists()


def test_several_who_guess_together_are_stopped_together(desk: Desk) -> None:
    owner = desk.member(owner_of(desk.business))
    crowd = [desk.actor(make_member(desk.business, "support")) for _member in range(4)]
    for one in crowd:
        guess(one, owner, 5)
    with pytest.raises(RateLimited):
        with_approver(desk.actor(desk.manager_user), approver_id=owner.pk, pin=PIN)
    desk.set_pin(owner_of(desk.business), "7305")
    beside = with_approver(desk.actor(desk.manager_user), approver_id=owner.pk, pin="7305")
    assert beside.approver_id == owner.pk, "a new number ends it"


@pytest.mark.parametrize("pin", ["", "123", "1234", "8765", "0000", "123456789", "12a4", "١٢٣٥"])
def test_a_number_that_is_guessed_at_once_is_refused(desk: Desk, pin: str) -> None:
    with tenancy.bind(desk.business.pk), pytest.raises(InvalidInput):
        set_pin(desk.support, pin=pin)


def test_only_the_person_himself_sets_his_number(desk: Desk) -> None:
    worn = replace(desk.support, is_worn=True)
    with tenancy.bind(desk.business.pk):
        for call in (lambda: set_pin(worn, pin="5182"), lambda: remove_pin(worn)):
            with pytest.raises(PermissionRefused):
                call()
        remove_pin(desk.actor(owner_of(desk.business)))
    owner = desk.member(owner_of(desk.business))
    assert refusal(lambda: with_approver(desk.support, approver_id=owner.pk, pin=PIN)).code == "wrong_pin"


def test_limits_are_set_by_who_has_wider_ones(desk: Desk) -> None:
    admin = desk.actor(make_member(desk.business, "admin"))
    desk.cap("admin", Decimal(200))
    support = Role.unscoped.get(business=desk.business, code="support")
    assert set_caps(admin, role_id=support.pk, caps={"orders.refund": Decimal(200)}) == {"orders.refund": 200}
    for most in (Decimal("200.01"), None):
        beyond = refusal(lambda m=most: set_caps(admin, role_id=support.pk, caps={"orders.refund": m}))
        assert beyond.code == "grant_beyond_own"
    with tenancy.bind(desk.business.pk):
        assert cap_of(desk.support, "orders.refund") == 200
        assert cap_of(desk.owner, "orders.refund") is None
    with pytest.raises(InvalidInput):
        set_caps(desk.owner, role_id=support.pk, caps={"orders.unheard": Decimal(1)})
    owners = Role.unscoped.get(business=desk.business, code="owner")
    assert refusal(lambda: set_caps(desk.owner, role_id=owners.pk, caps={})).code == "owner_role_is_fixed"


def test_nobody_lets_somebody_in_who_may_go_further(desk: Desk, django_assert_num_queries: Any) -> None:
    """Who is bounded gives bounded roles; a copy of one is bounded like it."""
    admin = desk.actor(make_member(desk.business, "admin"))
    desk.cap("admin", Decimal(60))
    support = Role.unscoped.get(business=desk.business, code="support")
    copied = copy_role(desk.owner, role_id=support.pk, name="Night support")
    with tenancy.bind(desk.business.pk):
        assert caps_of_role(copied) == {"orders.refund": Decimal(30)}
    assert invite_member(admin, email="night@example.com", role_id=copied.pk).role_id == copied.pk
    desk.cap("support", None)
    with pytest.raises(PermissionRefused, match="no more than yours"):
        invite_member(admin, email="late@example.com", role_id=support.pk)
    with tenancy.bind(desk.business.pk):
        roles = list(Role.objects.all())
        with django_assert_num_queries(2):
            givable = {role.code for role in list_givable(admin, roles)}
    assert copied.code in givable
    assert not givable & {"support", "owner"}


@pytest.mark.parametrize(("currency", "most"), [("GBP", 100), ("JPY", 10_000)])
def test_a_new_business_starts_with_the_shipped_cap(drain_outbox: Any, currency: str, most: int) -> None:
    business = make_business(currency=currency)
    drain_outbox()
    support, manager, admin = (
        actor_for(make_member(business, role), business.pk) for role in ("support", "manager", "admin")
    )
    with tenancy.bind(business.pk):
        assert support is not None
        assert manager is not None
        assert admin is not None
        assert cap_of(support, "orders.refund") == most
        assert (cap_of(manager, "orders.approve"), cap_of(manager, "orders.refund")) == (most * 10, None)
        assert cap_of(admin, "orders.approve") is None


def test_the_pages_ask_for_name_and_number(desk: Desk, client: Client) -> None:
    order = desk.order()
    staff = sign_in(client, desk.support_user, desk.business)
    url = verb_url(order, "refund")
    page = staff.get(url)
    assert "Alone you may go up to £30.00." in page.content.decode()
    owner = desk.member(owner_of(desk.business))
    alone = staff.post(url, {"amount": "40.00", "idempotency_key": "k1"})
    assert alone.status_code == 403
    assert "choose their name and enter their PIN" in alone.content.decode()
    wrong = staff.post(url, {"amount": "40.00", "approver": owner.pk, "pin": "1111", "idempotency_key": "k1"})
    assert wrong.status_code == 400
    assert wrong.context["form"].errors["pin"] == ["This PIN is not right."]
    sent = {"amount": "40.00", "approver": owner.pk, "pin": PIN, "idempotency_key": "k1"}
    for _again in range(2):
        assert staff.post(url, sent).status_code == 302
    assert OrderRefund.unscoped.get(order=order).amount == 40
    # Whoever is not bounded is not asked.
    own = sign_in(Client(), owner_of(desk.business), desk.business).get(url)
    assert "approver" not in own.context["form"].fields


def test_the_owner_sets_limits_on_the_role_page_and_a_number_on_his_own(desk: Desk, client: Client) -> None:
    staff = sign_in(client, owner_of(desk.business), desk.business)
    role = Role.unscoped.get(business=desk.business, code="support")
    page = f"/admin/businesses/role/{role.pk}/"
    assert staff.post(page, {"caps": "1", "orders.refund": "-1"}).status_code == 400
    assert staff.post(page, {"caps": "1", "orders.refund": "12.50"}).status_code == 302
    with tenancy.bind(desk.business.pk):
        assert cap_of(desk.support, "orders.refund") == Decimal("12.50")
    assert "12.50" in staff.get(page).content.decode()
    assert "reauthenticate" in staff.get("/admin/me/pin/")["Location"]  # signed in long ago
    staff.logout()
    by_password(staff, owner_of(desk.business).email)
    assert staff.post("/admin/me/pin/", {"pin": "5182", "again": "5183"}).status_code == 400
    assert staff.post("/admin/me/pin/", {"pin": "5182", "again": "5182"}).status_code == 302
    owner = desk.member(owner_of(desk.business))
    assert with_approver(desk.support, approver_id=owner.pk, pin="5182").approver_id == owner.pk
    assert staff.post("/admin/me/pin/", {"remove": "1"}).status_code == 302
    assert not ApprovalPin.unscoped.filter(membership=owner).exists()


def test_programs_name_the_approver_as_well(desk: Desk) -> None:
    caller = Caller(desk.business, desk.support_user)
    order = desk.order()
    (manager, owner) = sorted(
        caller.get("orders/approvers/").json(),
        key=lambda one: one["id"] != str(desk.member(desk.manager_user).pk),
    )
    assert set(owner) == {"id", "name"}
    assert manager["id"] == str(desk.member(desk.manager_user).pk)
    alone = caller.post(f"orders/{order.pk}/refund/", {"amount": "55.00"}, Idempotency_Key="a")
    assert (alone.status_code, alone.json()["code"]) == (403, "beyond_role_limit")
    unproved = {"amount": "55.00", "approver": manager["id"]}
    half = caller.post(f"orders/{order.pk}/refund/", unproved, Idempotency_Key="a")
    assert half.status_code == 400
    both = {"amount": "55.00", "approver": manager["id"], "pin": "9024"}
    assert caller.post(f"orders/{order.pk}/refund/", both, Idempotency_Key="a").status_code == 201
    (entry,) = desk.entries("approvals.given")
    assert "9024" not in str(entry.after)
