"""Reads of customers that more than one door needs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.kernel.errors import NotFound

from .models import Customer


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
