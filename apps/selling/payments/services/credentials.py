"""What a business entered at its payment companies: checked, kept in the vault, opened for one call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import bind, require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.vault.selectors import find_secret
from apps.platform.vault.services import accepted_secrets, keep_secret, open_secret
from apps.selling.payments import policies
from apps.selling.payments.models import ProviderAccount
from apps.selling.payments.providers import Account, PaymentProvider, ProviderRefused, Setting, get_provider
from apps.selling.payments.providers.deliveries import list_deliveries

from .accounts import OLD_SECRET_ACCEPTED_FOR, ensure_account

MODES = ("test", "live")
TAKES = ("now", "sent")


def secret_name(provider: str, setting: str) -> str:
    """The name in the vault of what a company gave the business: `payments.stripe.secret_key`."""
    return f"payments.{provider}.{setting}"


@sensitive_variables("secrets")
@use_case(permission=policies.MANAGE, audits="payments.provider_set_up")
def set_up_provider(
    actor: Actor, *, provider: str, values: Mapping[str, str], secrets: Mapping[str, str]
) -> ProviderAccount:
    """Keep what a company gave the business; a secret left out stays as it is kept.

    Offers nothing by itself. Raises `NotFound` for an unknown company, `InvalidInput` for what is missing, cannot
    be, or is a key of the other mode, naming the field.
    """
    adapter = get_provider(provider)
    account = lock_one(Rank.ROOT, ProviderAccount.objects.filter(pk=ensure_account(provider).pk))
    before = dict(account.settings)
    account.settings = _checked(adapter, values, secrets, before)
    account.save(update_fields=["settings", "updated_at"])
    for setting in adapter.settings:
        if setting.kind == "secret" and (value := (secrets.get(setting.name) or "").strip()):
            # Messages on their way are signed with the old one.
            old = OLD_SECRET_ACCEPTED_FOR if setting.name == adapter.signed_with else None
            keep_secret(actor, name=secret_name(provider, setting.name), value=value, accept_old_for=old)
    audit.record(actor, "payments.provider_set_up", account, before=before, after=dict(account.settings))
    return account


@use_case(permission=policies.MANAGE, audits="payments.provider_offered")
def offer_provider(actor: Actor, *, provider: str, active: bool) -> ProviderAccount:
    """Offer a payment company to buyers, or no longer. Payments already begun go on, their messages count.

    Raises `WrongState` for one whose keys have not all been entered.
    """
    if active and (missing := missing_settings(provider)):
        labels = ", ".join(str(setting.label) for setting in missing)
        raise WrongState(_("First enter: %(what)s.") % {"what": labels}, code="provider_not_set_up")
    account = lock_one(Rank.ROOT, ProviderAccount.objects.filter(pk=ensure_account(provider).pk))
    before = account.active
    account.active = active
    account.save(update_fields=["active", "updated_at"])
    audit.record(
        actor, "payments.provider_offered", account, before={"active": before}, after={"active": active}
    )
    return account


def missing_settings(provider: str) -> list[Setting]:
    """What the bound business has still to enter before buyers can pay by this company."""
    adapter = get_provider(provider)
    account = ProviderAccount.objects.filter(provider=provider).first()
    values = account.settings if account else {}
    return [
        setting
        for setting in adapter.settings
        if setting.required
        and not (
            find_secret(secret_name(provider, setting.name))
            if setting.kind == "secret"
            else values.get(setting.name)
        )
    ]


@sensitive_variables()
def open_account(business_id: UUID, provider: str, *, purpose: str, actor: Actor | None = None) -> Account:
    """The business at a company with its secrets opened, for one call; that they were used is noted.

    Raises `ProviderRefused` when something has not been entered: nobody is asked with half a key.
    """
    adapter = get_provider(provider)
    user = actor or Actor.system("payments", business_id)
    with bind(business_id):
        known = ProviderAccount.objects.filter(provider=provider).first()
    names = [setting for setting in adapter.settings if setting.kind == "secret"]
    secrets = {}
    for setting in names:
        try:
            secrets[setting.name] = open_secret(
                user, name=secret_name(provider, setting.name), purpose=purpose
            )
        except NotFound as error:
            if setting.required:
                message = _("%(what)s has not been entered yet.") % {"what": setting.label}
                raise ProviderRefused(message, code="provider_not_set_up") from error
    return Account(business_id, dict(known.settings) if known else {}, secrets)


@sensitive_variables()
def account_for_message(known: ProviderAccount, now: dt.datetime) -> Account:
    """The business at a company for checking a message. Nothing is noted: a stranger may be asking."""
    adapter = get_provider(known.provider)
    with bind(known.business_id):
        business_id = require_business_id()
        kept = {
            name: accepted_secrets(secret_name(known.provider, name), now)
            for name in {
                adapter.signed_with,
                *(setting.name for setting in adapter.settings if setting.kind == "secret"),
            }
        }
    secrets = {name: values[0] for name, values in kept.items() if values}
    return Account(business_id, dict(known.settings), secrets, tuple(kept[adapter.signed_with]))


@use_case(permission=policies.MANAGE, unaudited="asks; taking the keys is noted by the vault")
def _may_try(actor: Actor) -> UUID:
    return require_business_id()


def try_connection(actor: Actor, *, provider: str) -> None:
    """One harmless call with the keys as they are kept; returns when the company accepts them.

    Not inside a use case. Raises `PermissionRefused`, `ProviderRefused` with the company's own words,
    `ProviderUnavailable`.
    """
    business_id = _may_try(actor)
    account = open_account(business_id, provider, purpose="try the connection", actor=actor)
    get_provider(provider).try_out(account=account)


@sensitive_variables()
def _checked(
    adapter: PaymentProvider,
    values: Mapping[str, str],
    secrets: Mapping[str, str],
    before: Mapping[str, str],
) -> dict[str, str]:
    wrong: dict[str, list[str]] = {}
    kept: dict[str, str] = {}
    mode = str(values.get("mode") or "")
    for setting in adapter.settings:
        if setting.kind == "secret":
            value = (secrets.get(setting.name) or "").strip()
            known = find_secret(secret_name(adapter.code, setting.name))
            if setting.required and not value and not known:
                wrong[setting.name] = [_("Enter what the company gave you.")]
            elif not value and known and setting.begins and before.get("mode") != mode:
                wrong[setting.name] = [_("Enter the key of this mode.")]
        else:
            value = kept[setting.name] = str(values.get(setting.name) or "").strip()
            if said := _fault(setting, value):
                wrong[setting.name] = [said]
        begins = setting.begins.get(mode, ())
        if value and begins and not value.startswith(begins):
            words = _("A key of this mode begins with %(begin)s.")
            wrong[setting.name] = [words % {"begin": _(" or ").join(begins)}]
    if wrong:
        raise InvalidInput(fields=wrong)
    return kept


def _fault(setting: Setting, value: str) -> str:
    if not value:
        return _("Please fill this in.") if setting.required else ""
    if setting.kind == "long":
        is_odd = not "".join(value.split()).isprintable()
        return _("At most 1000 characters, without control signs.") if len(value) > 1000 or is_odd else ""
    if setting.kind == "deliveries":
        known = {delivery_id for delivery_id, _name in list_deliveries()}
        return "" if set(value.split(",")) <= known else _("Choose ways of delivery that are in use.")
    if setting.kind == "days":
        is_fit = value.isascii() and value.isdigit() and len(value) < 3 and 1 <= int(value) <= 60
        return "" if is_fit else _("Enter a whole number from 1 to 60.")
    if len(value) > 200 or not value.isprintable():
        return _("This is too long, or has signs that cannot be used here.")
    if setting.kind == "take" and value not in TAKES:
        return _("Choose when the money is taken.")
    if setting.kind == "mode" and value not in MODES:
        return _("Choose test or live.")
    if setting.kind == "email":
        try:
            validate_email(value)
        except ValidationError:
            return _("Enter an e-mail address.")
    return ""
