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
