"""A business comes into being."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.permissions import expand
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User
from apps.platform.accounts.services import register_user
from apps.platform.businesses.events import BusinessCreated
from apps.platform.businesses.models import Business, Location, Membership, Role
from apps.platform.businesses.selectors import forget_cached_businesses
from apps.platform.businesses.services.settings import check_business
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES, ShippedRole

# Words that are addresses of the product itself.
RESERVED_SLUGS = frozenset({"admin", "api", "accounts", "store", "static", "media", "www", "track"})


@use_case(audits=("accounts.user_registered", "identity.business_created"))
def sign_up(
    actor: Actor,
    /,
    *,
    email: str,
    password: str,
    display_name: str,
    business_name: str,
    country: str,
    currency: str,
    **settings: Any,
) -> Membership:
    """Create a user and a business owned by that user; returns the owner's membership.

    `settings` are those of `create_business`. Raises `InvalidInput` with the fields at fault.
    Events: `identity.business_created`.
    """
    user = register_user(actor, email=email, password=password, display_name=display_name)
    business = create_business(
        actor,
        owner=user,
        name=business_name,
        country=country,
        currency=currency,
        email=user.email,
        **settings,
    )
    with tenancy.bind(business.pk):
        return Membership.objects.select_related("business", "role").get(user=user)


@use_case(audits="identity.business_created")
def create_business(
    actor: Actor, /, *, owner: User, name: str, country: str, currency: str, slug: str = "", **settings: Any
) -> Business:
    """Create a business with the shipped roles, its owner and a default location named "Main shop".

    `settings` are fields of `Business` (`tax_inclusive`, `tax_rate` as a fraction, `time_zone`, ...). Ledger
    and shipping prepare themselves on the event `identity.business_created`.
    """
    _check_money_and_place(country, currency)
    business = Business(
        name=name.strip(), slug=_free_slug(slug or name), country=country, currency=currency, **settings
    )
    if isinstance(business.tax_rate, str | int | float):
        business.tax_rate = Decimal(str(business.tax_rate))
    check_business(business)
    with tenancy.bind(business.pk):
        business.save(force_insert=True)
    forget_cached_businesses()
    _furnish(Actor.system("sign-up", business.pk, actor.request_id), business=business, owner=owner)
    return business


@use_case(audits="identity.business_created")
def _furnish(actor: Actor, *, business: Business, owner: User) -> None:
    roles = Role.objects.bulk_create(_role(business, shipped) for shipped in SHIPPED_ROLES)
    Location.objects.create(business=business, name=str(_("Main shop")), code="MAIN", is_default=True)
    Membership.objects.create(business=business, user=owner, role=roles[0], joined_at=clock.now())
    audit.record(
        actor, "identity.business_created", business, after={"name": business.name, "owner": owner.email}
    )
    publish(BusinessCreated(business_id=business.pk, currency=business.currency, country=business.country))


def _role(business: Business, shipped: ShippedRole) -> Role:
    return Role(
        business=business,
        code=shipped.code,
        name=str(shipped.name),
        permissions=list(shipped.permissions),
        offered=sorted(expand(shipped.permissions)),
        is_shipped=True,
    )


def _check_money_and_place(country: str, currency: str) -> None:
    wrong: dict[str, list[Any]] = {}
    if not countries.name(country):
        wrong["country"] = [_("Choose a country from the list.")]
    if currency not in list_currencies():
        wrong["currency"] = [_("Choose a currency from the list.")]
    if wrong:
        raise InvalidInput(fields=wrong)


def _free_slug(wish: str) -> str:
    base = slugify(wish)[:50] or "shop"
    if base in RESERVED_SLUGS:
        base = f"{base}-shop"
    taken = set(Business.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
