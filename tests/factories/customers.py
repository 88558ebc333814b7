"""Customers, made through the services."""

from __future__ import annotations

from typing import Any

from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.people.customers.models import Customer
from apps.people.customers.services import record_customer
from apps.platform.businesses.models import Business


def make_customer(business: Business, *, email: str = "", name: str = "Ada Obi", **fields: Any) -> Customer:
    """A customer of `business` with an address of her own unless one is named."""
    email = email or f"{new_id().hex}@example.com"
    return record_customer(Actor.system("factory", business.pk), email=email, name=name, **fields)
