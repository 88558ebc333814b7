"""Reads of customers that more than one door needs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.kernel.errors import NotFound
from apps.platform.accounts.selectors import confirmed_addresses

from .models import Company, Customer


def get_customer(customer_id: UUID) -> Customer:
    """A customer of the bound business; raises `NotFound`."""
    customer: Customer | None = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound()
    return customer


def find_customer_by_email(email: str) -> Customer | None:
    """The customer with this address in any capitals, or None."""
    customer: Customer | None = Customer.objects.filter(email=email.strip().lower()).first()
    return customer


def list_customers() -> QuerySet[Customer]:
    """All customers of the bound business, newest first."""
    customers: QuerySet[Customer] = Customer.objects.order_by("-id")
    return customers


def get_company(company_id: UUID) -> Company:
    """A company of the bound business; raises `NotFound`."""
    company: Company | None = Company.objects.filter(pk=company_id).first()
    if company is None:
        raise NotFound()
    return company


def is_of_user(user_id: UUID, path: str = "") -> Q:
    """The rows of customers, or at `path` from them, that are of who has signed in: linked, or by a proved address.

    An address alone proves nothing: anybody may open an account with another's.
    """
    proved = Q(**{f"{path}email__in": confirmed_addresses(user_id)})
    return Q(**{f"{path}user_id": user_id}) | proved


def company_of_user(user_id: UUID | None) -> Company | None:
    """The company for which who has signed in buys here, or None; one query, none for guests."""
    if user_id is None:
        return None
    company: Company | None = Company.objects.filter(is_of_user(user_id, "persons__")).first()
    return company


def company_of_email(email: str) -> Company | None:
    """The company of the customer with this address, or None. Staff name buyers by it; visitors prove nothing by it."""
    if not email.strip():
        return None
    company: Company | None = Company.objects.filter(persons__email=email.strip().lower()).first()
    return company


MOST_FOUND = 200
SHORTEST_NAME = 3


def search_customers(term: str, limit: int = MOST_FOUND) -> QuerySet[Customer]:
    """Customers by the beginning of their e-mail address, or a part of their name.

    Each look-up reads one index and is bounded, so that a search costs the same among a thousand and a million.
    """
    term = term.strip()
    found: QuerySet[Customer] = Customer.objects.none()
    if len(term) >= 2:
        by_email = Customer.objects.filter(email__startswith=term.lower()).values_list("pk", flat=True)[
            :limit
        ]
        ids = set(by_email)
        if len(term) >= SHORTEST_NAME:
            # Shorter than three letters the trigram index would read everything.
            ids |= set(Customer.objects.filter(name__icontains=term).values_list("pk", flat=True)[:limit])
        found = Customer.objects.filter(pk__in=ids)
    return found.order_by("-id")
