"""Businesses and people, made through the services."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client

from apps.kernel.actors import Actor
from apps.platform.accounts.models import User
from apps.platform.accounts.services import register_user
from apps.platform.businesses.middleware import SESSION_KEY
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.selectors import actor_for
from apps.platform.businesses.services import add_member, create_business

PASSWORD = "correct horse 9"
_numbers = count(1)


def make_user(email: str = "", *, password: str | None = PASSWORD, display_name: str = "Ada Obi") -> User:
    """A person who can sign in with PASSWORD."""
    address = email or f"person{next(_numbers)}@example.com"
    return register_user(
        Actor.system("tests", None), email=address, password=password, display_name=display_name
    )


def make_business(
    name: str = "Harbour Goods",
    *,
    currency: str = "GBP",
    country: str = "GB",
    tax_inclusive: bool = True,
    tax_rate: Decimal = Decimal("0.2"),
    owner: User | None = None,
    **fields: Any,
) -> Business:
    """A furnished business: shipped roles, an owner, a default location, `identity.business_created` told."""
    return create_business(
        Actor.system("tests", None),
        owner=owner or make_user(),
        name=name,
        currency=currency,
        country=country,
        tax_inclusive=tax_inclusive,
        tax_rate=tax_rate,
        **fields,
    )


def make_member(business: Business, role: str = "cashier", *, user: User | None = None) -> User:
    """A person with a role in the business."""
    person = user or make_user(display_name=role.replace("_", " ").title())
    add_member(Actor.system("tests", business.pk), user=person, role_code=role)
    return person


def owner_of(business: Business) -> User:
    """The first owner."""
    membership = (
        Membership.unscoped.filter(business=business, role__code="owner").order_by("created_at").first()
    )
    assert membership is not None
    return membership.user


def actor_of(business: Business, role: str = "owner") -> Actor:
    """A signed-in person's actor, with exactly the permissions of the shipped role."""
    person = owner_of(business) if role == "owner" else make_member(business, role)
    return actor_for(person, business)


def sign_in(client: Client, user: User, business: Business | None = None) -> Client:
    """The browser of a signed-in person, working for `business`."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if business is not None:
        session = client.session
        session[SESSION_KEY] = str(business.pk)
        session.save()
    return client
