"""Customers: one for each address of a business, however often and at once she orders."""

from __future__ import annotations

from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.people.customers.addresses import PostalAddress
from apps.people.customers.models import Customer, CustomerAddress
from apps.people.customers.selectors import (
    company_of_user,
    find_customer_by_email,
    get_customer,
    list_customers,
    search_customers,
)
from apps.people.customers.services import record_customer, remember_address, update_customer
from apps.selling.credit.selectors import find_store_credit
from apps.selling.credit.services import issue_credit
from tests.factories.businesses import make_user
from tests.factories.customers import make_customer
from tests.goods.inventory.crowd import at_once
from tests.money.receivables.furnished import make_company

QUAY = PostalAddress(name="Ada Obi", line1="1 Quay Street", city="Bristol", country="GB")


@pytest.fixture
def guest(business):
    return Actor.guest(business.pk)


@pytest.mark.django_db
def test_same_address_in_any_capitals_is_one_customer(business, guest):
    first = record_customer(guest, email="Ada@Example.com ", name="Ada")
    second = record_customer(guest, email="ada@example.COM", name="Eve", phone="123")
    assert first.pk == second.pk
    assert (second.name, second.phone, second.email) == ("Ada", "123", "ada@example.com")


@pytest.mark.django_db
def test_recording_takes_one_query_for_the_known_and_for_the_new(business, guest):
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            record_customer(guest, email="ada@example.com", name="Ada")
        assert len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]) == 1


@pytest.mark.django_db
def test_consent_is_only_ever_given(business, guest):
    customer = record_customer(guest, email="ada@example.com")
    assert not customer.accepts_marketing
    assert record_customer(guest, email="ada@example.com", accepts_marketing=True).accepts_marketing
    assert record_customer(guest, email="ada@example.com").accepts_marketing


@pytest.mark.django_db
def test_customers_belong_to_one_business(business, other_business, guest):
    mine = make_customer(business, email="ada@example.com")
    theirs = make_customer(other_business, email="ada@example.com")
    assert mine.pk != theirs.pk
    with tenancy.bind(business.pk):
        assert find_customer_by_email("ADA@example.com") == mine
        assert list(list_customers()) == [mine]
        with pytest.raises(NotFound):
            get_customer(theirs.pk)
    with pytest.raises(NotFound):
        remember_address(guest, customer_id=theirs.pk, address=QUAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email", ["nobody", "a@b", "a b@c.de", "x" * 300 + "@example.com", "a@b.co\nBcc: x@y.z"]
)
def test_what_is_no_address_is_refused(guest, email):
    with pytest.raises(InvalidInput) as refused:
        record_customer(guest, email=email)
    assert "email" in refused.value.fields


@pytest.mark.django_db
def test_buyers_without_an_address_are_customers_of_their_own(guest):
    assert record_customer(guest, email="", name="A").pk != record_customer(guest, email=None, name="B").pk


@pytest.mark.django_db
def test_changing_needs_the_permission_and_a_free_address(business, owner, guest):
    customer, other = (
        make_customer(business, email="a@example.com"),
        make_customer(business, email="b@example.com"),
    )
    with pytest.raises(PermissionRefused):
        update_customer(guest, customer_id=customer.pk, changes={"name": "X"})
    with pytest.raises(Conflict):
        update_customer(owner, customer_id=customer.pk, changes={"email": "B@example.com"})
    changed = update_customer(
        owner,
        customer_id=other.pk,
        changes={"name": " Bea ", "email": "bea@example.com", "tags": ["vip", "vip "]},
    )
    assert (changed.name, changed.email, changed.tags) == ("Bea", "bea@example.com", ["vip"])


@pytest.mark.django_db
def test_database_keeps_addresses_small_and_single(business):
    customer = make_customer(business, email="a@example.com")
    for wrong in ("A@example.com", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.unscoped.filter(pk=customer.pk).update(email=wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.unscoped.create(business=business, email="a@example.com")


@pytest.mark.django_db
def test_addresses_are_kept_once_and_the_first_is_the_default(business, guest):
    customer = make_customer(business)
    first = remember_address(guest, customer_id=customer.pk, address=QUAY)
    assert remember_address(guest, customer_id=customer.pk, address=QUAY).pk == first.pk
    second = remember_address(
        guest,
        customer_id=customer.pk,
        address=PostalAddress(name="Ada", line1="2 Hill", city="Bath", country="GB"),
    )
    assert [row.is_default for row in (first, second)] == [True, False]
    assert CustomerAddress.unscoped.count() == 2


@pytest.mark.django_db
def test_search_finds_beginnings_of_addresses_and_parts_of_names(business, other_business):
    ada = make_customer(business, email="ada@example.com", name="Ada Obi")
    make_customer(business, email="zoe@example.com", name="Zoë Quill")
    make_customer(other_business, email="ada@example.com", name="Ada Obi")
    with tenancy.bind(business.pk):
        for term in ("ada@", "ADA", "obi"):
            assert list(search_customers(term)) == [ada], term
        assert list(search_customers("x")) == []


@pytest.mark.django_db(transaction=True)
def test_one_buyer_in_twenty_windows_is_one_customer(business, guest):
    results = at_once([lambda: record_customer(guest, email="ada@example.com")] * 20, threads=10)
    assert len({customer.pk for customer in results}) == 1
    assert Customer.unscoped.count() == 1


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        (PostalAddress(), {"name", "line1", "city", "country"}),
        (PostalAddress(name="A", line1="1", city="B", country="Atlantis"), {"country"}),
        (PostalAddress(name="A", line1="1", city="B", country="ZZ"), {"country"}),
        (PostalAddress(name="A\x00", line1="1", city="B" * 81, country="GB"), {"name", "city"}),
    ],
)
def test_incomplete_addresses_name_every_field_at_fault(address, fields):
    with pytest.raises(InvalidInput) as refused:
        address.required()
    assert set(refused.value.fields) == fields


def test_country_is_read_in_any_capitals():
    assert PostalAddress(name="A", line1="1", city="B", country="gb").required().country == "GB"


@pytest.mark.django_db
def test_a_typed_address_makes_nobody_a_customer_and_a_proved_one_does(business):
    """Whoever opens an account with a customer's address spends neither her company's account nor her credit."""
    system = Actor.system("tests", business.pk)
    company = make_company(business, email="bisi@adire.example.com")
    bisi, eve = make_user("bisi@adire.example.com"), make_user("eve@elsewhere.example.com")
    with tenancy.bind(business.pk):
        customer = Customer.objects.get(email="bisi@adire.example.com")
        issue_credit(system, amount=Decimal(5), reason="Sorry", customer_id=customer.pk)
        assert (company_of_user(bisi.pk), find_store_credit(bisi.pk)) == (None, None)
        EmailAddress.objects.filter(user=bisi).update(verified=True)
        credit = find_store_credit(bisi.pk)
        assert company_of_user(bisi.pk) == company
        assert credit is not None
        assert credit.customer_id == customer.pk
        assert (company_of_user(eve.pk), find_store_credit(eve.pk)) == (None, None)
