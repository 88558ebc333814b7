"""Reads of the businesses context, and who acts in a request."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.limits import Limit
from apps.kernel.permissions import expand, whole_business
from apps.kernel.prepared import Prepared
from apps.platform.accounts.models import User
from apps.platform.businesses import shipped_roles
from apps.platform.businesses.models import Business, Location, Membership, Role

SECONDS_CACHED = 5.0
BACK_OFFICE = "/admin/"
MOST_FOUND = 200
# The row of the bound business, so that a hundred amounts on a page do not ask for it a hundred times.
current_business: ContextVar[Business | None] = ContextVar("current_business", default=None)
_read_beside: dict[str, Callable[[], Any]] = {}
_by_slug: dict[str, tuple[float, Business]] = {}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts in a request, and for which business."""

    actor: Actor
    business: Business
    membership: Membership


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works in the bound business, and the part of it he is limited to."""

    user_id: UUID
    email: str
    language: str
    limit: Limit | None


def find_business_by_slug(slug: str) -> Business | None:
    """The business whose store has this address: not suspended, and it sells. Kept in the process for five seconds."""
    known = _by_slug.get(slug)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    sellers = Business.objects.exclude(trade=Business.Trade.BUYER)
    business = sellers.filter(slug=slug, suspended_at=None).first()
    if business is None:
        _by_slug.pop(slug, None)
        return None
    if len(_by_slug) > 1000:
        _by_slug.clear()
    seconds = getattr(settings, "BUSINESS_CACHE_SECONDS", SECONDS_CACHED)
    if seconds:
        _by_slug[slug] = (time.monotonic() + seconds, business)
    return business


def forget_cached_businesses() -> None:
    """Drop what this process remembers; others see a change within five seconds."""
    _by_slug.clear()


def get_business(business_id: UUID) -> Business:
    """The business; raises `NotFound`."""
    business = Business.objects.filter(pk=business_id).first()
    if business is None:
        raise NotFound()
    return business


def get_current_business() -> Business:
    """The bound business: the one the middleware read, else read now. Raises `UnboundTenant`."""
    business_id = tenancy.require_business_id()
    known = current_business.get()
    return known if known is not None and known.pk == business_id else get_business(business_id)


def list_locations() -> QuerySet[Location]:
    """Active locations of the bound business, the default one first."""
    return Location.objects.filter(active=True)


def get_default_location() -> Location:
    """The default location of the bound business; raises `NotFound`."""
    location = Location.objects.filter(is_default=True).first()
    if location is None:
        raise NotFound()
    return location


def find_default_location(business_id: UUID) -> Location | None:
    """The default location of a business that need not be bound (an upper app preparing it)."""
    with tenancy.bind(business_id):
        return Location.objects.filter(is_default=True).first()


@tenancy.across("people.memberships")
def list_memberships(user: User) -> list[Membership]:
    """A person's active memberships of open businesses, oldest first: what the switch offers."""
    return list(_find_across_memberships(user.pk))


def _find_across_memberships(user_id: UUID) -> QuerySet[Membership]:
    return (
        Membership.unscoped.filter(
            user_id=user_id, status=Membership.Status.ACTIVE, business__suspended_at=None
        )
        .select_related("business", "role")
        .order_by("created_at", "id")
    )


def effective_permissions(patterns: Iterable[str], *, is_limited: bool) -> frozenset[str]:
    """What the patterns mean to somebody: who is limited to a part of the business lacks what cannot be cut."""
    codes = expand(patterns)
    return codes - whole_business() if is_limited else codes


def list_holders(permission: str, *, since: dt.datetime | None = None) -> list[Colleague]:
    """Who works in the bound business and has this permission, each with the part he is limited to; one query.

    With `since` those only who had been asked in by that moment.
    """
    members = (
        Membership.objects.filter(status=Membership.Status.ACTIVE, user__is_active=True)
        .select_related("user", "role")
        .annotate(scope=ArrayAgg("locations", filter=Q(locations__isnull=False), default=[]))
    )
    if since is not None:
        members = members.filter(created_at__lte=since)
    found = []
    for member in members.order_by("created_at", "id"):
        places = frozenset(member.scope) or None
        is_limited = places is not None or member.own_customers_only
        if permission in effective_permissions(member.role.permissions, is_limited=is_limited):
            limit = Limit(places, member.user_id if member.own_customers_only else None)
            user = member.user
            found.append(Colleague(user.pk, user.email, user.locale, limit if is_limited else None))
    return found


def list_colleagues() -> QuerySet[User]:
    """Who works in the bound business, by name."""
    here = Membership.objects.exclude(status=Membership.Status.INVITED).values("user_id")
    return User.objects.filter(pk__in=here).order_by("display_name", "email")


def list_across_workplaces(user: User) -> list[UUID]:
    """The businesses a person belongs to: on their audit chains stand the person's sign-ins."""
    return [place.business_id for place in list_memberships(user) if place.business_id is not None]


@tenancy.across("people.memberships")
def list_across_memberships(user_id: UUID) -> list[Membership]:
    """Every membership of a person, in whatever state and business."""
    rows = Membership.unscoped.filter(user_id=user_id).select_related("business", "role")
    return list(rows.order_by("created_at", "id"))


@tenancy.across("people.memberships")
def find_across_membership(user: User, statuses: Sequence[str]) -> Membership | None:
    """The person's first membership in one of the states, of whatever business."""
    rows = Membership.unscoped.filter(user=user, status__in=statuses).select_related("business", "role")
    return rows.order_by("created_at", "id").first()


def read_beside_identity(name: str, make: Callable[[], Any]) -> None:
    """Have every page of the back office read an upper app's expression in the query that finds who acts.

    The membership gets it as an attribute. `make` is asked inside a crossing and names user and business itself.
    """
    _read_beside[name] = make


def find_identity(
    user: User, business_id: UUID | str | None, request: HttpRequest | None = None
) -> Identity | None:
    """Who `user` is in a business (or in the first one he belongs to), in one query; None for a stranger."""
    in_back_office = request is not None and request.path_info.startswith(BACK_OFFICE)
    with tenancy.crossing("people.memberships"):
        if business_id is None:
            membership = _FIRST_MEMBERSHIP[in_back_office].first(user.pk)
        else:
            membership = _MEMBERSHIP_IN[in_back_office].first(user.pk, UUID(str(business_id)))
    if membership is None:
        return None
    places = frozenset(membership.scope) or None  # type: ignore[attr-defined]
    is_limited = places is not None or membership.own_customers_only
    actor = Actor(
        kind="user",
        id=user.pk,
        label=user.name,
        business_id=membership.business_id,
        role=membership.role.code,
        permissions=effective_permissions(membership.role.permissions, is_limited=is_limited),
        location_ids=places,
        own_customers_only=membership.own_customers_only,
        request_id=getattr(request, "request_id", ""),
        ip=(request.META.get("REMOTE_ADDR", "") if request is not None else ""),
    )
    return Identity(actor=actor, business=membership.business, membership=membership)


def _acting(user_id: UUID, business_id: UUID | None = None, *, beside: bool) -> QuerySet[Membership]:
    """The membership by which a person acts, with its locations and, `beside`, what every page shows."""
    found = _find_across_memberships(user_id).annotate(
        scope=ArrayAgg("locations", filter=Q(locations__isnull=False), default=[])
    )
    if business_id is not None:
        found = found.filter(business_id=business_id)
    if beside:
        found = found.annotate(**{name: make() for name, make in _read_beside.items()})
    return found[:1]


# Asked by every request of the back office and of the API: making the SQL took longer than running it.
_FIRST_MEMBERSHIP, _MEMBERSHIP_IN = (
    {beside: Prepared(partial(_acting, beside=beside), *samples) for beside in (False, True)}
    for samples in ([uuid4()], [uuid4(), uuid4()])
)


def actor_for(user: User, business: Business | UUID, request: HttpRequest | None = None) -> Actor:
    """The actor `user` is in `business`; asked once a request. Raises `NotFound` for who does not belong."""
    business_id = business.pk if isinstance(business, Business) else business
    known: dict[UUID, Identity | None] = {}
    if request is not None:
        known = request.__dict__.setdefault("_identities", known)
    if business_id not in known:
        known[business_id] = find_identity(user, business_id, request)
    identity = known[business_id]
    if identity is None:
        raise NotFound()
    return identity.actor


def list_across_businesses(term: str = "", state: str = "", *, by: Actor) -> QuerySet[Business]:
    """Businesses for who runs the platform, newest first: by name, store address or an owner's e-mail.

    A search looks at the owners of all businesses and so leaves an entry in the platform's audit chain.
    """
    rows = Business.objects.order_by("-created_at", "-id")
    if state:
        rows = rows.filter(suspended_at__isnull=state != "suspended")
    if term:
        with tenancy.crossing("platform.search", actor=by, reason=f"search for {term}"):
            owners = Membership.unscoped.filter(role__code="owner", user__email__istartswith=term)
            owned = list(owners.values_list("business_id", flat=True)[:MOST_FOUND])
        rows = rows.filter(Q(name__icontains=term) | Q(slug__istartswith=term) | Q(pk__in=owned))
    return rows


def list_across_members(business_id: UUID, membership_id: UUID | None = None) -> list[Membership]:
    """Who belongs to a business, for who runs the platform: names and roles, nothing of what they do."""
    with tenancy.bind(business_id):
        rows = Membership.objects.select_related("user", "role").order_by("created_at", "id")
        if membership_id is not None:
            rows = rows.filter(pk=membership_id)
        return list(rows[:MOST_FOUND])


def list_across_names(business_ids: set[UUID | None]) -> dict[UUID | None, str]:
    """The names of some businesses by their ids, for who runs the platform."""
    known = [business_id for business_id in business_ids if business_id is not None]
    return {row.pk: row.name for row in Business.objects.filter(pk__in=known)} if known else {}


def list_across_behind() -> QuerySet[Role]:
    """Roles of all businesses that follow the product and are not there yet. Evaluated in the crossing `roles.follow`.

    The owner's means everything and never is behind.
    """
    behind = Q()
    for shipped in shipped_roles.SHIPPED_ROLES:
        if shipped.code != "owner":
            there = Q(permissions=list(shipped.permissions), offered=sorted(expand(shipped.permissions)))
            behind |= Q(code=shipped.code) & ~there
    return Role.unscoped.filter(behind, is_shipped=True, is_changed=False)


def list_across_roles(role_ids: Any) -> QuerySet[Role]:
    """These roles, of whatever business. Evaluated in the crossing `roles.follow`."""
    return Role.unscoped.filter(pk__in=role_ids)
