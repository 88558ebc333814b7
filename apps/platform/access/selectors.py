"""Who a secret or a token stands for. Asked with every request of a program, before any business is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, PermissionRefused
from apps.kernel.permissions import whole_business
from apps.kernel.tenancy import across
from apps.platform.access.models import ApiKey, ApiKeySecret, TokenFamily
from apps.platform.access.secrets_of_keys import fits, is_secret, lookup_of
from apps.platform.access.services.tokens import is_password_of
from apps.platform.access.signing import Claims, TokenRefused
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business


class KeyRefused(DomainError):
    """An unknown, ended or mistyped key: one answer for all."""

    status = 401
    default_code = "key_not_valid"
    default_message = _("The API key is not valid, was revoked or has expired.")


class AddressRefused(PermissionRefused):
    """A key that is good for some addresses alone, sent from another one."""

    default_code = "address_not_allowed"
    default_message = _("This key is not allowed from this address.")


@dataclass(frozen=True, slots=True)
class Program:
    """A key with the actor it is, and its business."""

    key: ApiKey
    actor: Actor
    business: Business


@across("access.caller")
def find_across_program(secret: str, *, ip: str, request_id: str = "") -> Program:
    """The program that sends this secret, in one query. A mistyped secret costs none.

    Raises `KeyRefused`, and `AddressRefused` from an address the key is not for.
    """
    if not is_secret(secret):
        raise KeyRefused
    found = (
        ApiKeySecret.unscoped.filter(lookup=lookup_of(secret))
        .select_related("key__business")
        .annotate(scope=ArrayAgg("key__locations", filter=Q(key__locations__isnull=False), default=[]))
        .first()
    )
    # A secret that nobody has costs the same comparison as one that somebody has.
    is_right = fits(secret, found.digest if found is not None else "0" * 64)
    if found is None or not is_right or _ended(found, clock.now()):
        raise KeyRefused
    _check_address(found.key, ip)
    places = frozenset(found.scope) or None
    permissions = frozenset(found.key.permissions) - (whole_business() if places else frozenset())
    actor = Actor(
        kind="api_key",
        id=found.key.pk,
        label=found.key.name,
        business_id=found.business_id,
        role="api_key",
        permissions=permissions,
        location_ids=places,
        request_id=request_id,
        ip=ip,
    )
    return Program(found.key, actor, found.key.business)


@across("access.caller")
def find_across_signed_in(claims: Claims) -> User:
    """The person of an access token whose sign-in still holds, in one query; raises `TokenRefused`."""
    families = TokenFamily.unscoped.filter(pk=claims.family, user_id=claims.user, business_id=claims.business)
    family = families.select_related("user").first()
    if family is None or family.revoked_at is not None or family.expires_at <= clock.now():
        raise TokenRefused
    if not family.user.is_active or not is_password_of(family, family.user):
        raise TokenRefused
    return family.user


@across("tasks.due")
def list_across_ending_keys(until: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(key, business) of keys that end before the moment and of which nobody was told, the soonest first."""
    ending = ApiKey.unscoped.filter(
        expires_at__gt=clock.now(), expires_at__lte=until, revoked_at__isnull=True, warned_at__isnull=True
    )
    return list(ending.order_by("expires_at").values_list("pk", "business_id")[:limit])


@across("tasks.due")
def list_across_old_families(before: dt.datetime, limit: int) -> list[UUID]:
    """Businesses that have sign-ins which ended before the moment."""
    old = TokenFamily.unscoped.filter(expires_at__lt=before).order_by().values_list("business_id", flat=True)
    return list(old.distinct()[:limit])


def _ended(secret: ApiKeySecret, now: dt.datetime) -> bool:
    key = secret.key
    is_replaced = secret.good_until is not None and secret.good_until <= now
    is_over = key.expires_at is not None and key.expires_at <= now
    return is_replaced or is_over or key.revoked_at is not None or key.business.suspended_at is not None


def _check_address(key: ApiKey, ip: str) -> None:
    if not key.networks:
        return
    try:
        address = ip_address(ip)
    except ValueError:
        address = None
    if address is None or not any(address in ip_network(network) for network in key.networks):
        raise AddressRefused(
            remedy=_("Send it from an address that stands on the key's page, or add this one there.")
        )
