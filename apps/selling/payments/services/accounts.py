"""The business at its payment companies: on or off, and the secrets their messages are signed with."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict
from apps.kernel.locks import Rank, lock_one
from apps.kernel.prepared import Prepared
from apps.kernel.use_cases import use_case
from apps.selling.payments import policies
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.providers import get_provider
from apps.selling.payments.sealed import seal, unseal
from apps.selling.payments.signatures import new_secret

# Messages already on their way are signed with the old secret; companies retry for about a day.
OLD_SECRET_ACCEPTED_FOR = dt.timedelta(hours=24)
_SECRETS_KEPT = 5


@use_case(permission=policies.MANAGE)
def offer_provider(actor: Actor, *, provider: str, active: bool) -> ProviderAccount:
    """Offer a payment company to buyers, or no longer. Payments already begun go on, their messages count."""
    account = lock_one(Rank.ROOT, ProviderAccount.objects.filter(pk=ensure_account(provider).pk))
    before = account.active
    account.active = active
    account.save(update_fields=["active", "updated_at"])
    audit.record(
        actor, "payments.provider_offered", account, before={"active": before}, after={"active": active}
    )
    return account


@use_case(permission=policies.MANAGE)
def rotate_webhook_secret(actor: Actor, *, provider: str) -> str:
    """Make a new webhook secret and return it, this once. The old one is accepted for a day more."""
    account = lock_one(Rank.ROOT, ProviderAccount.objects.filter(pk=ensure_account(provider).pk))
    secret = new_secret()
    ends_at = (clock.now() + OLD_SECRET_ACCEPTED_FOR).isoformat()
    kept = [
        {**entry, "ends_at": entry["ends_at"] or ends_at}
        for entry in account.settings["secrets"]
        if not _has_ended(entry, clock.now())
    ]
    account.settings["secrets"] = [_entry(secret), *kept][:_SECRETS_KEPT]
    account.save(update_fields=["settings", "updated_at"])
    audit.record(actor, "payments.webhook_secret_rotated", account)
    return secret


_ACCOUNT = Prepared(lambda provider: ProviderAccount.objects.filter(provider=provider), "a provider")


def ensure_account(provider: str) -> ProviderAccount:
    """The bound business's account at a company, made on first use; `NotFound` for an unknown one."""
    adapter = get_provider(provider)
    known = _ACCOUNT.fetch(provider)
    account = known[0] if known else None
    if account is None:
        account, _made = ProviderAccount.objects.get_or_create(
            provider=provider,
            defaults={"active": adapter.on_by_default, "settings": {"secrets": [_entry(new_secret())]}},
        )
    return account


def ensure_offered(provider: str) -> ProviderAccount:
    """The account of a company that buyers may use now; raises `Conflict` when it is switched off."""
    account = ensure_account(provider)
    if not account.active:
        raise Conflict(
            _("This payment method is not offered at the moment."),
            code="provider_not_offered",
            remedy=_("Please choose another payment method."),
        )
    return account


def current_secret(account: ProviderAccount) -> str:
    """The secret that new sessions are signed with."""
    return accepted_secrets(account, clock.now())[0]


def accepted_secrets(account: ProviderAccount, now: dt.datetime) -> list[str]:
    """All secrets a message may be signed with at `now`, newest first."""
    opened = [
        unseal(entry["sealed"]) for entry in account.settings.get("secrets", []) if not _has_ended(entry, now)
    ]
    return [secret for secret in opened if secret]


def _entry(secret: str) -> dict[str, str | None]:
    return {"sealed": seal(secret), "added_at": clock.now().isoformat(), "ends_at": None}


def _has_ended(entry: dict[str, str | None], now: dt.datetime) -> bool:
    ends_at = entry["ends_at"]
    return ends_at is not None and dt.datetime.fromisoformat(ends_at) <= now
