"""Making, renewing and ending keys of programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from ipaddress import ip_network
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.access.models import ApiKey, ApiKeySecret
from apps.platform.access.policies import MANAGE, beyond
from apps.platform.access.secrets_of_keys import digest_of, lookup_of, make_secret
from apps.platform.businesses.models import Location
from apps.platform.notifications.services import queue_email

LONGEST_OVERLAP = dt.timedelta(days=30)
USED_AGAIN_AFTER = dt.timedelta(minutes=1)
MOST_NETWORKS = 20


@use_case(permission=MANAGE, idempotent=True, audits="keys.created")
def create_key(
    actor: Actor,
    *,
    name: str,
    permissions: Iterable[str],
    location_ids: Iterable[UUID] = (),
    networks: Iterable[str] = (),
    expires_at: dt.datetime | None = None,
    key: str | None = None,
) -> ApiKey:
    """Make a key. The secret stands in `shown_secret` of the answer, this once; a repeated command has none.

    Raises `PermissionRefused` for a permission the actor lacks or no program may have, `InvalidInput` otherwise.
    """
    if actor.kind != "user" or actor.id is None:
        raise PermissionRefused()
    locations = _locations(location_ids)
    made = ApiKey.objects.create(
        name=_name(name),
        permissions=_permissions(actor, permissions),
        networks=_networks(networks),
        expires_at=_end(expires_at),
        created_by_id=actor.id,
    )
    made.locations.set(locations)
    audit.record(actor, "keys.created", made, after=_facts(made))
    return _with_secret(made)


@use_case(permission=MANAGE, audits="keys.changed")
def change_key(
    actor: Actor,
    *,
    key_id: UUID,
    name: str,
    permissions: Iterable[str],
    location_ids: Iterable[UUID] = (),
    networks: Iterable[str] = (),
    expires_at: dt.datetime | None = None,
) -> ApiKey:
    """Change what a key may do, where and how long; counts from its next request. Raises as `create_key` does."""
    api_key = _alive(key_id)
    before = _facts(api_key)
    given = set(permissions)
    _permissions(actor, given - set(api_key.permissions))  # what it had already, somebody could give
    api_key.name, api_key.permissions = _name(name), sorted(given)
    api_key.networks, api_key.expires_at, api_key.warned_at = _networks(networks), _end(expires_at), None
    api_key.save(update_fields=["name", "permissions", "networks", "expires_at", "warned_at", "updated_at"])
    api_key.locations.set(_locations(location_ids))
    audit.record(actor, "keys.changed", api_key, before=before, after=_facts(api_key))
    return api_key


@use_case(permission=MANAGE, idempotent=True, audits="keys.rotated")
def rotate_key(actor: Actor, *, key_id: UUID, overlap_hours: int = 24, key: str | None = None) -> ApiKey:
    """Give a key a new secret (`shown_secret` of the answer); the old one is good for the overlap, then no more."""
    if not 0 <= overlap_hours <= LONGEST_OVERLAP.days * 24:
        raise InvalidInput(fields={"overlap_hours": [_("Choose between 0 hours and 30 days.")]})
    api_key = _alive(key_id)
    until = clock.now() + dt.timedelta(hours=overlap_hours)
    # An older secret whose overlap still runs ends with it, never later than it was told.
    ApiKeySecret.objects.filter(key=api_key, good_until__gt=until).update(good_until=until)
    ApiKeySecret.objects.filter(key=api_key, good_until__isnull=True).update(good_until=until)
    audit.record(actor, "keys.rotated", api_key, after={"old secret good until": until})
    return _with_secret(api_key)


@use_case(permission=MANAGE, audits="keys.revoked")
def revoke_key(actor: Actor, *, key_id: UUID, reason: str = "") -> ApiKey:
    """End a key at once. Repeating it changes nothing."""
    api_key = lock_one(Rank.ROOT, ApiKey.objects.filter(pk=key_id))
    if api_key.revoked_at is None:
        api_key.revoked_at, api_key.revoked_because = clock.now(), reason[:200]
        api_key.save(update_fields=["revoked_at", "revoked_because", "updated_at"])
        audit.record(actor, "keys.revoked", api_key, reason=reason)
    return api_key


@use_case(unaudited="written with every call of a partner; the key's own page shows it")
def note_used(actor: Actor, *, key_id: UUID, ip: str) -> None:
    """Remember when and from where a key was used; written once a minute at most, however busy the program."""
    now = clock.now()
    stale = ApiKey.objects.filter(pk=key_id).exclude(last_used_at__gt=now - USED_AGAIN_AFTER)
    stale.update(last_used_at=now, last_used_ip=ip or None)


@use_case(unaudited="a reminder, kept as a message")
def warn_of_ending(actor: Actor, *, key_id: UUID) -> bool:
    """Tell whoever made the key that it ends soon, once. Returns whether a mail was queued."""
    api_key = lock_one(Rank.ROOT, ApiKey.objects.filter(pk=key_id).select_related("created_by"))
    if api_key.warned_at is not None or api_key.state != "active" or api_key.expires_at is None:
        return False
    api_key.warned_at = clock.now()
    api_key.save(update_fields=["warned_at", "updated_at"])
    queue_email(
        actor,
        to=api_key.created_by.email,
        template="key_ending",
        context={
            "name": api_key.name,
            "expires_at": api_key.expires_at,
            "path": f"/admin/access/apikey/{key_id}/",
        },
        dedupe_key=f"key-ending:{key_id}:{api_key.expires_at:%Y%m%d%H%M}",
    )
    return True


def _alive(key_id: UUID) -> ApiKey:
    api_key = lock_one(Rank.ROOT, ApiKey.objects.filter(pk=key_id))
    if api_key.revoked_at is not None:
        raise WrongState(_("This key was revoked."), remedy=_("Make a new one."))
    return api_key


def _with_secret(api_key: ApiKey) -> ApiKey:
    secret = make_secret()
    ApiKeySecret.objects.create(key=api_key, lookup=lookup_of(secret), digest=digest_of(secret))
    api_key.shown_secret = secret  # type: ignore[attr-defined]  # on this object only; nothing keeps it
    return api_key


def _name(name: str) -> str:
    if not name.strip():
        raise InvalidInput(fields={"name": [_("Give the key a name that says what uses it.")]})
    return name.strip()[:80]


def _permissions(actor: Actor, permissions: Iterable[str]) -> list[str]:
    wanted = sorted(set(permissions))
    if refused := beyond(actor, wanted):
        raise PermissionRefused(
            _("A key cannot have these permissions, or you lack them yourself: %(codes)s.")
            % {"codes": ", ".join(refused)},
            code="grant_beyond_own",
        )
    return wanted


def _locations(location_ids: Iterable[UUID]) -> list[Location]:
    wanted = set(location_ids)
    found = list(Location.objects.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise InvalidInput(fields={"location_ids": [_("Choose locations of this business.")]})
    return found


def _networks(networks: Iterable[str]) -> list[str]:
    wanted = [text.strip() for text in networks if text.strip()]
    if len(wanted) > MOST_NETWORKS:
        raise InvalidInput(fields={"networks": [_("At most %(most)d addresses.") % {"most": MOST_NETWORKS}]})
    try:
        return [str(ip_network(text, strict=False)) for text in wanted]
    except ValueError as error:
        message = _("Enter addresses such as 203.0.113.7 or 203.0.113.0/24, one a line.")
        raise InvalidInput(fields={"networks": [message]}) from error


def _end(expires_at: dt.datetime | None) -> dt.datetime | None:
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInput(fields={"expires_at": [_("Choose a day in the future.")]})
    return expires_at


def _facts(api_key: ApiKey) -> dict[str, object]:
    return {
        "name": api_key.name,
        "permissions": list(api_key.permissions),
        "locations": sorted(place.code for place in api_key.locations.all()),
        "networks": list(api_key.networks),
        "expires_at": api_key.expires_at,
    }
