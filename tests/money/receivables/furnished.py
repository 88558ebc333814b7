"""Companies on account, for tests and for the walks over the back office."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.money.receivables.services import record_payment, reverse_payment, set_cadence
from apps.people.customers.models import Company
from apps.people.customers.services import add_company, join_company, record_customer
from apps.people.customers.services.companies import CompanyDraft
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order
from tests.factories.goods import make_variant
from tests.factories.orders import QUAY, make_order, ship, system_of


def make_company(
    business: Business, *, email: str, limit: str = "1000.00", name: str = "Quay Traders Ltd", **fields: Any
) -> Company:
    """A company with thirty days to pay, and one person who buys for it."""
    system = Actor.system("tests", business.pk)
    draft = CompanyDraft(name=name, terms_days=30, credit_limit=Decimal(limit), **fields)
    company = add_company(system, draft=draft)
    customer = record_customer(system, email=email, name=f"{name} buyer"[:120])
    join_company(system, company_id=company.pk, customer_id=customer.pk)
    return company


def order_on_account(business: Business, email: str, lines: Any, **fields: Any) -> Order:
    """An order of the company's person, without delivery."""
    contact = Contact(email=email, name="Tess Trader")
    return make_order(
        business, lines=lines, contact=contact, address=QUAY, shipping=None, on_account=True, **fields
    )


def furnish_receivables(business: Business, marker: str = "Quay") -> Company:
    """A company with invoices, a payment, one that was taken back, and an order that waits for approval."""
    system, email = system_of(business), f"trade-{marker}@example.com".lower()
    company = make_company(
        business,
        email=email,
        name=f"{marker} Traders",
        limit="150.00",
        tax_number=f"{marker}-1",
        note=f"{marker} pays late",
    )
    board = make_variant(business, title=f"{marker} board", price="60.00", stock=20)
    ship(order_on_account(business, email, [(board, 2)], po_number=f"{marker}-77"))
    order_on_account(business, email, [(board, 1)])
    order_on_account(business, email, [(board, 2)])
    outbox.drain()
    record_payment(
        system, company_id=company.pk, amount=Decimal(50), way="bank", reference=f"{marker} transfer"
    )
    wrong = record_payment(system, company_id=company.pk, amount=Decimal(20), way="cash")
    reverse_payment(system, settlement_id=wrong.pk, reason=f"{marker} counted twice")
    set_cadence(system, days=[1, 14, 30])
    return company
