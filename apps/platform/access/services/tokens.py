"""Sign-ins of people through programs: begun, refreshed, ended."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.platform.access.models import TokenFamily
from apps.platform.access.signing import ACCESS, REFRESH, Claims, TokenRefused, fresh, sign
from apps.platform.accounts.models import User
from apps.platform.businesses.selectors import Identity, find_identity
from apps.platform.notifications.services import queue_email

KEPT_FOR = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Pair:
    """What a sign-in or a refresh gives."""

    access: str
    refresh: str
    identity: Identity


class RefreshReused(TokenRefused):
    """A refresh token came a second time: one of the two who sent it has stolen it."""

    default_code = "token_reused"
    default_message = _("This refresh token was used already, so this sign-in was ended to be safe.")


def issue_tokens(identity: Identity, *, user: User, ip: str = "", user_agent: str = "") -> Pair:
    """Begin a sign-in of a person whose password (and code) were checked by the caller."""
    claims = Claims(REFRESH, new_id(), new_id(), user.pk, identity.business.pk, identity.actor.role)
    _begin(identity.actor, claims=claims, user=user, ip=ip, user_agent=user_agent)
    return _pair(claims, identity)


def refresh_tokens(claims: Claims) -> Pair:
    """New tokens for a refresh token, which ends by it.

    Raises `TokenRefused` when the family, the password or the membership has ended, and `RefreshReused` when the
    token was used before: then the whole family ends, the audit trail says so and the person gets a mail.
    """
    actor = Actor.system("tokens", claims.business)
    outcome = _turn(actor, claims=claims)
    if outcome == "reused":
        raise RefreshReused(remedy=_("Sign in again. If you did not expect this, change your password."))
    user = User.objects.filter(pk=claims.user, is_active=True).first()
    identity = find_identity(user, claims.business) if user is not None else None
    if identity is None or not isinstance(outcome, UUID):
        raise TokenRefused
    now = Claims(REFRESH, outcome, claims.family, claims.user, claims.business, identity.actor.role)
    return _pair(now, identity)


@use_case(audits="access.tokens_revoked")
def revoke_tokens(actor: Actor, *, family_id: UUID, because: str = "signed out") -> bool:
    """End a sign-in with all its tokens. Returns whether it was still good."""
    families = lock(Rank.ROOT, TokenFamily.objects.filter(pk=family_id, revoked_at__isnull=True))
    for family in families:
        _revoke(family, because)
        audit.record(actor, "access.tokens_revoked", family, reason=because)
    return bool(families)


@use_case(unaudited="drops sign-ins that ended long ago; their beginning and end are entered")
def forget_old_families(actor: Actor) -> int:
    """Drop the business's sign-ins that ended long ago; returns how many."""
    return TokenFamily.objects.filter(expires_at__lt=clock.now() - KEPT_FOR).delete()[0]


def password_digest(user: User) -> str:
    """Changes with the password, and tells nothing about it."""
    return hashlib.sha256(f"monidesk.tokens:{user.get_session_auth_hash()}".encode()).hexdigest()


def is_password_of(family: TokenFamily, user: User) -> bool:
    """Whether the person's password is still the one of the sign-in."""
    return hmac.compare_digest(family.password_digest, password_digest(user))


@use_case(audits="access.signed_in")
def _begin(actor: Actor, *, claims: Claims, user: User, ip: str, user_agent: str) -> None:
    family = TokenFamily.objects.create(
        id=claims.family,
        user=user,
        current_jti=claims.jti,
        password_digest=password_digest(user),
        expires_at=clock.now() + settings.API_REFRESH_LIFETIME,
        ip=ip or None,
        user_agent=user_agent[:200],
    )
    audit.record(actor, "access.signed_in", family, after={"device": family.user_agent})


@use_case(audits=("access.token_reused", "access.tokens_revoked"))
def _turn(actor: Actor, *, claims: Claims) -> UUID | str:
    """The id of the next refresh token, `reused`, or `ended`. Refusals are answers here: what they write must stay."""
    families = lock(
        Rank.ROOT, TokenFamily.objects.filter(pk=claims.family, user_id=claims.user).select_related("user")
    )
    family = families[0] if families else None
    if family is None or family.revoked_at is not None or family.expires_at <= clock.now():
        return "ended"
    if not family.user.is_active or not is_password_of(family, family.user):
        _revoke(family, "password or account changed")
        audit.record(actor, "access.tokens_revoked", family, reason=family.revoked_because)
        return "ended"
    if family.current_jti != claims.jti:
        _revoke(family, "refresh token reused")
        audit.record(actor, "access.token_reused", family, after={"person": family.user.name})
        _tell_of_reuse(actor, family)
        return "reused"
    if find_identity(family.user, claims.business) is None:
        _revoke(family, "membership ended")
        audit.record(actor, "access.tokens_revoked", family, reason=family.revoked_because)
        return "ended"
    family.current_jti, family.refreshed_at = new_id(), clock.now()
    family.save(update_fields=["current_jti", "refreshed_at", "updated_at"])
    return family.current_jti


def _revoke(family: TokenFamily, because: str) -> None:
    family.revoked_at, family.revoked_because = clock.now(), because[:40]
    family.save(update_fields=["revoked_at", "revoked_because", "updated_at"])


def _tell_of_reuse(actor: Actor, family: TokenFamily) -> None:
    queue_email(
        actor,
        to=family.user.email,
        template="token_reused",
        context={"name": family.user.name, "program": family.user_agent, "signed_in_at": family.created_at},
        dedupe_key=f"token-reused:{family.pk}",
    )


def _pair(claims: Claims, identity: Identity) -> Pair:
    return Pair(
        access=sign(fresh(ACCESS, claims), settings.API_ACCESS_LIFETIME),
        refresh=sign(claims, settings.API_REFRESH_LIFETIME),
        identity=identity,
    )
