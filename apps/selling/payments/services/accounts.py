"""The business at its payment companies: on or off, and the secrets their messages are signed with."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.platform.vault.selectors import find_secret
from apps.platform.vault.services import accepted_secrets, keep_secret, open_secret
from apps.selling.payments import policies
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.providers import get_provider
from apps.selling.payments.signatures import new_secret

# Messages already on their way are signed with the old secret; companies retry for about a day.
OLD_SECRET_ACCEPTED_FOR = dt.timedelta(hours=24)
_SECRETS_KEPT = 5


@use_case(permission=policies.MANAGE, audits="payments.webhook_secret_rotated")
def rotate_webhook_secret(actor: Actor, *, provider: str) -> str:
    """Make a new webhook secret and return it, this once. The old one is accepted for a day more.

    Raises `WrongState` for a company whose secret is not ours to make.
    """
    if not get_provider(provider).makes_secret:
        raise WrongState(
            _("This secret is made at the company; enter it with its keys."), code="secret_not_ours"
        )
    account = lock_one(Rank.ROOT, ProviderAccount.objects.filter(pk=ensure_account(provider).pk))
    secret = new_secret()
    keep_secret(
        actor,
        name=webhook_secret_name(provider),
        value=secret,
        accept_old_for=OLD_SECRET_ACCEPTED_FOR,
        keep_versions=_SECRETS_KEPT,
    )
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
            defaults={"active": adapter.on_by_default},
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


def webhook_secret_name(provider: str) -> str:
    """The name in the vault of the secret that a company's messages to the business are signed with."""
    return f"payments.{provider}.webhook_secret"


@sensitive_variables()
def current_secret(account: ProviderAccount) -> str:
    """The secret that new sessions are signed with, made at first use; that it was used is noted."""
    actor = Actor.system("payments", account.business_id)
    name = webhook_secret_name(account.provider)
    with bind(account.business_id):
        if find_secret(name) is None:
            _make_first_secret(actor, account_id=account.pk)
    return open_secret(actor, name=name, purpose="open a payment session")


@use_case(audits="vault.secret_saved")
def _make_first_secret(actor: Actor, *, account_id: UUID) -> None:
    # Two first buyers at once: the second waits for the account and finds the secret of the first.
    account = lock_one(Rank.ROOT, ProviderAccount.objects.filter(pk=account_id))
    name = webhook_secret_name(account.provider)
    if find_secret(name) is None:
        keep_secret(actor, name=name, value=new_secret())


def accepted_webhook_secrets(account: ProviderAccount, now: dt.datetime) -> list[str]:
    """All secrets a message may be signed with at `now`, newest first. Nothing is noted: a stranger may be asking."""
    with bind(account.business_id):
        return accepted_secrets(webhook_secret_name(account.provider), now)
