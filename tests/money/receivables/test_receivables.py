"""What the story does not walk through: parts of payments, credit notes, what is refused, who sees what."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.kernel import clock, outbox, tenancy
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.money.ledger.selectors import balance_of as in_the_books
from apps.money.ledger.verification import verify_books
from apps.money.receivables.models import Allocation, Receivable, Settlement
from apps.money.receivables.pages import REPORTS
from apps.money.receivables.selectors import ageing, balance_of, bucket_of, level_for
from apps.money.receivables.services import record_payment, reverse_payment, set_cadence
from apps.people.customers.models import Company, Customer
from apps.people.customers.services import add_company, change_company, companies, leave_company
from apps.people.customers.services.companies import CompanyDraft
from apps.platform.approvals.services import set_caps
from apps.platform.businesses.models import Business, Role
from apps.platform.businesses.selectors import actor_for
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.models import Order
from apps.selling.orders.services import (
    amend_order,
    approve_order,
    cancel_order,
    confirm_order,
    decide_order,
    record_money,
    refund_order,
    refuse_order,
)
from tests.factories.businesses import actor_of, make_business, make_member
from tests.factories.goods import make_variant
from tests.factories.orders import deliver, lines_of, reread, ship, system_of

from .furnished import furnish_receivables, make_company, order_on_account

pytestmark = pytest.mark.django_db
D = Decimal
EMAIL = "trade@example.com"


@pytest.fixture
def business(db: None) -> Business:
    """Sells in pounds, prices include 20 % tax; with roles and an owner."""
    return make_business()


def test_ages_and_levels_by_hand() -> None:
    assert [bucket_of(late) for late in (-40, 0, 1, 30, 31, 60, 61, 90, 91, 4000)] == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]
    assert [level_for(late, [1, 14, 30]) for late in (0, 1, 13, 14, 29, 30, 400)] == [0, 1, 1, 2, 2, 3, 3]
    assert level_for(90, []) == 0


def right(business: Business) -> Decimal:
    """The books fit; what they say companies owe, which the open invoices say too."""
    outbox.drain()
    with tenancy.bind(business.pk):
        assert verify_books().findings == []
        booked = in_the_books("receivables")
        today = clock.today(business.time_zone)
        assert sum((row.total for row in ageing(today)), D(0)) == booked
        assert (
            sum((balance_of(pk, today) for pk in Company.objects.values_list("pk", flat=True)), D(0))
            == booked
        )
    return booked


def test_one_payment_over_several_invoices_and_back_by_credit_notes(business: Business) -> None:
    system = system_of(business)
    company = make_company(business, email=EMAIL, limit="5000.00")
    board = make_variant(business, price="120.00", cost="50.00", stock=40)
    one = ship(order_on_account(business, EMAIL, [(board, 5)]))
    two = deliver(ship(order_on_account(business, EMAIL, [(board, 3)])))
    assert right(business) == D(960)
    first, second = Receivable.unscoped.order_by("id")
    assert (first.amount, second.amount) == (D(600), D(360))

    for wrong, amount in (
        ({first.pk: D(600), second.pk: D("360.01")}, "960.01"),
        ({first.pk: D(-1), second.pk: D(2)}, "1"),
    ):
        with pytest.raises(Conflict) as refused:
            record_payment(system, company_id=company.pk, amount=D(amount), way="bank", parts=wrong)
        assert refused.value.code == "receivables.too_much"
    for facts in (
        {"amount": D(10), "parts": {first.pk: D(9)}},
        {"amount": D(0)},
        {"amount": D("NaN")},
        {"amount": D("0.001")},
        {"amount": D(5), "way": "cheque"},
        {"amount": D(5), "received_on": clock.today() + dt.timedelta(days=2)},
        {"amount": D(5), "received_on": clock.today() - dt.timedelta(days=3)},
    ):
        with pytest.raises(InvalidInput):
            record_payment(system, **{"company_id": company.pk, "way": "bank", **facts})
    with pytest.raises(NotFound):
        record_payment(system, company_id=company.pk, amount=D(5), way="bank", parts={new_id(): D(5)})
    assert not Settlement.unscoped.exists()

    # 700: all of the first, and 100 of the second; the same key pays once.
    for _again in range(2):
        record_payment(system, company_id=company.pk, amount=D(700), way="bank", key="once")
    assert list(Allocation.unscoped.order_by("-amount").values_list("amount", flat=True)) == [D(600), D(100)]
    assert right(business) == D(260)
    assert (reread(one).payment_state, reread(two).payment_state) == ("paid", "on_terms")

    # Three boards of the first come back: it was paid, so 260 of 360 pay the second, 100 wait for the next invoice.
    refund_order(system, order_id=one.pk, lines=[(lines_of(one)[0].pk, 3)], restock=True, key="back")
    assert right(business) == D(-100)
    assert (reread(two).state, reread(two).payment_state) == ("closed", "paid")
    note = Settlement.unscoped.get(kind="credit_note")
    assert (note.amount, note.rest) == (D(360), D(100))
    three = ship(order_on_account(business, EMAIL, [(board, 1)]))
    assert right(business) == D(20)
    note.refresh_from_db()
    assert note.rest == 0
    # What the company owes is counted in its limit the same way.
    with tenancy.bind(business.pk):
        from apps.selling.orders.services.terms import exposure_of

        assert exposure_of(company.pk) == D(20)
    with pytest.raises(WrongState):
        record_money(system, order_id=three.pk, amount=D(20), tender="cash")

    # A payment that did not stand opens its invoices again, once; a credit note stays.
    paid = Settlement.unscoped.get(kind="payment")
    with pytest.raises(InvalidInput):
        reverse_payment(system, settlement_id=paid.pk, reason=" ")
    reverse_payment(system, settlement_id=paid.pk, reason="Bounced")
    assert right(business) == D(720)
    assert (reread(one).payment_state, reread(two).state) == ("on_terms", "confirmed")
    for settlement in (paid, note):
        with pytest.raises(WrongState):
            reverse_payment(system, settlement_id=settlement.pk, reason="Again")
    # The database repeats it: nothing is settled beyond its amount, nothing is rubbed out.
    with pytest.raises(IntegrityError), transaction.atomic():
        Receivable.unscoped.filter(pk=first.pk).update(settled=D(601))


def test_any_number_of_invoices_is_settled_in_one_statement_a_table(business: Business) -> None:
    """A payment over six invoices, and the rests of two credit notes against the seventh, in parts that sum up."""
    system = system_of(business)
    company = make_company(business, email=EMAIL, limit="5000.00")
    board = make_variant(business, price="10.00", stock=90)
    orders = [ship(order_on_account(business, EMAIL, [(board, number)])) for number in (1, 2, 3, 4, 5, 6)]
    assert right(business) == D(210)

    def writes(captured: CaptureQueriesContext) -> Counter[str]:
        found = (re.match(r'(INSERT INTO|UPDATE) "(receivables_\w+)"', one["sql"]) for one in captured)
        return Counter(f"{one[1]} {one[2]}" for one in found if one)

    with CaptureQueriesContext(connection) as captured:
        record_payment(system, company_id=company.pk, amount=D(205), way="bank")
    assert writes(captured) == {
        "INSERT INTO receivables_settlement": 1,
        "INSERT INTO receivables_allocation": 1,
        "UPDATE receivables_receivable": 1,
    }
    assert [one.open_amount for one in Receivable.unscoped.order_by("id")] == [0, 0, 0, 0, 0, 5]
    assert right(business) == D(5)
    # Two credit notes: the first pays the 5.00 that are open and leaves 5.00, the second leaves 20.00.
    refund_order(system, order_id=orders[0].pk, lines=[(lines_of(orders[0])[0].pk, 1)], restock=True, key="a")
    refund_order(system, order_id=orders[1].pk, lines=[(lines_of(orders[1])[0].pk, 2)], restock=True, key="b")
    assert right(business) == D(-25)
    with CaptureQueriesContext(connection) as captured:
        ship(order_on_account(business, EMAIL, [(board, 4)]))
        assert right(business) == D(15)
    assert writes(captured)["INSERT INTO receivables_allocation"] == 1
    assert writes(captured)["UPDATE receivables_settlement"] == 1
    assert [one.rest for one in Settlement.unscoped.filter(kind="credit_note")] == [0, 0]


def test_what_goes_over_the_limit_is_decided(business: Business) -> None:
    system, owner = system_of(business), actor_of(business)
    make_company(business, email=EMAIL, limit="250.00", least_order=D(50))
    board = make_variant(business, price="100.00", stock=40)
    cup = make_variant(business, price="10.00", stock=40)
    with pytest.raises(InvalidInput) as small:
        order_on_account(business, EMAIL, [(cup, 1)])
    assert small.value.code == "orders.below_least"
    with pytest.raises(InvalidInput) as stranger:
        order_on_account(business, "nobody@example.com", [(board, 1)])
    assert stranger.value.code == "orders.no_company"
    over = order_on_account(business, EMAIL, [(board, 3)])
    assert (over.needs_approval, over.over_limit_by, over.expires_at) == (True, D(50), None)
    for by_the_back_door in (
        lambda: confirm_order(owner, order_id=over.pk),
        lambda: decide_order(owner, order_id=over.pk, accept=True),
    ):
        with pytest.raises(WrongState) as refused:
            by_the_back_door()
        assert refused.value.code == "orders.needs_approval"

    # Less of it needs no approval; a taken order grows up to the limit and no further.
    line = lines_of(over)[0]
    amend_order(system, order_id=over.pk, draft=AmendmentDraft(quantities={line.pk: 2}))
    assert (reread(over).state, reread(over).over_limit_by, reread(over).total) == ("confirmed", D(0), D(200))
    with pytest.raises(WrongState) as refused:
        amend_order(system, order_id=over.pk, draft=AmendmentDraft(quantities={line.pk: 3}))
    assert refused.value.code == "orders.over_limit"
    assert reread(over).total == D(200)

    second = order_on_account(business, EMAIL, [(board, 1)])
    with pytest.raises(InvalidInput):
        refuse_order(owner, order_id=second.pk, reason="")
    refuse_order(owner, order_id=second.pk, reason="Pay the first one, please")
    gone = reread(second)
    assert (gone.state, gone.payment_state) == ("rejected", "unpaid")
    # A role that is bounded approves so far, and never alone what it placed itself.
    third = order_on_account(business, EMAIL, [(board, 1)])
    manager = actor_for(make_member(business, "manager"), business)
    with tenancy.bind(business.pk):
        role = Role.objects.get(code="manager")
    set_caps(owner, role_id=role.pk, caps={"orders.approve": D(40)})
    with pytest.raises(PermissionRefused) as beyond:
        approve_order(manager, order_id=third.pk)
    assert beyond.value.code == "beyond_role_limit"
    set_caps(owner, role_id=role.pk, caps={"orders.approve": D(60)})
    Order.unscoped.filter(pk=third.pk).update(placed_by_id=manager.id)
    with pytest.raises(PermissionRefused) as own:
        approve_order(manager, order_id=third.pk)
    assert own.value.code == "own_act_alone"
    Order.unscoped.filter(pk=third.pk).update(placed_by_id=owner.id)
    approve_order(manager, order_id=third.pk)
    assert reread(third).state == "confirmed"
    # Cancelled before anything left: nobody owes anything, and there is room again.
    cancel_order(system, order_id=third.pk)
    assert (reread(third).state, reread(third).payment_state) == ("cancelled", "unpaid")
    assert order_on_account(business, EMAIL, [(cup, 5)]).state == "confirmed"
    assert right(business) == D(0)


def test_terms_are_given_by_who_may_and_own_companies_seen(
    business: Business, django_assert_max_num_queries: Any
) -> None:
    system = system_of(business)
    seller = actor_for(make_member(business, "sales"), business)
    plain = add_company(seller, draft=CompanyDraft(name="Cash & Carry"))
    with pytest.raises(PermissionRefused):
        change_company(seller, company_id=plain.pk, changes={"terms_days": 30})
    for wrong in (
        {"name": " "},
        {"terms_days": 400},
        {"credit_limit": D(-1)},
        {"country": "XX"},
        {"email": "no"},
    ):
        with pytest.raises(InvalidInput):
            add_company(system, draft=CompanyDraft(**{"name": "Wrong", **wrong}))
    company = furnish_receivables(business)
    limited = replace(seller, own_customers_only=True)
    with tenancy.bind(business.pk, limited.limit):
        assert not Company.objects.filter(pk=company.pk).exists()
        assert not Receivable.objects.exists()
    with pytest.raises(NotFound):
        change_company(limited, company_id=company.pk, changes={"name": "Mine now"})
    change_company(system, company_id=company.pk, changes={"rep_id": seller.id})
    with tenancy.bind(business.pk, limited.limit):
        assert Company.objects.get().pk == company.pk
        assert Receivable.objects.count() == 1
        person = Customer.objects.get()
    # The pages cost the same for one company and for many.
    with tenancy.bind(business.pk):
        today = clock.today(business.time_zone)
        for report in REPORTS:
            with django_assert_max_num_queries(3):
                assert report.read(today, today).rows
    with pytest.raises(InvalidInput):
        set_cadence(system, days=[0, 5])
    assert set_cadence(system, days=[7, 7, 3]) == [3, 7]
    leave_company(system, customer_id=person.pk)
    with pytest.raises(InvalidInput):
        order_on_account(business, str(person.email), [(make_variant(business, stock=1), 1)])


def test_who_changes_a_note_brings_no_former_limit_back(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody lowers the limit just before this change holds the company."""
    system = system_of(business)
    company = add_company(system, draft=CompanyDraft(name="Cash & Carry", terms_days=30, credit_limit=D(900)))
    lock_company = companies.lock_company

    def held_later(company_id: Any) -> Any:
        Company.unscoped.filter(pk=company_id).update(credit_limit=D(100))
        return lock_company(company_id)

    monkeypatch.setattr(companies, "lock_company", held_later)
    changed = change_company(system, company_id=company.pk, changes={"note": "Ring before nine"})
    changed.refresh_from_db()
    assert (changed.note, changed.credit_limit, changed.terms_days) == ("Ring before nine", D(100), 30)
