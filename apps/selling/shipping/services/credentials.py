"""What a business entered at its carriers: checked, kept in the vault, opened for one call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import bind, require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_business
from apps.platform.vault.selectors import find_secret
from apps.platform.vault.services import keep_secret, open_secret
from apps.selling.shipping import policies
from apps.selling.shipping.carriers import Account, Carrier, CarrierRefused, Setting, get_carrier
from apps.selling.shipping.models import CarrierAccount

MODES = ("test", "live")


def secret_name(carrier: str, setting: str) -> str:
    """The name in the vault of what a carrier gave the business: `shipping.fedex.client_secret`."""
    return f"shipping.{carrier}.{setting}"


@sensitive_variables("secrets")
@use_case(permission=policies.MANAGE, audits="shipping.carrier_set_up")
def set_up_carrier(
    actor: Actor, *, carrier: str, values: Mapping[str, str], secrets: Mapping[str, str]
) -> CarrierAccount:
    """Keep what a carrier gave the business; a secret left out stays as it is kept. Uses nothing by itself.

    Raises `NotFound` for an unknown carrier, `InvalidInput` naming the field.
    """
    adapter = get_carrier(carrier)
    account = _lock(carrier)
    before = dict(account.settings)
    account.settings = _checked(adapter, values, secrets)
    account.save(update_fields=["settings", "updated_at"])
    for setting in adapter.settings:
        if setting.kind == "secret" and (value := (secrets.get(setting.name) or "").strip()):
            keep_secret(actor, name=secret_name(carrier, setting.name), value=value)
    audit.record(actor, "shipping.carrier_set_up", account, before=before, after=dict(account.settings))
    return account


@use_case(permission=policies.MANAGE, audits="shipping.carrier_used")
def use_carrier(actor: Actor, *, carrier: str, active: bool) -> CarrierAccount:
    """Let staff buy labels of a carrier, or no longer. Parcels on their way are still followed.

    Raises `WrongState` for one whose keys have not all been entered.
    """
    if active and (missing := missing_settings(carrier)):
        labels = ", ".join(str(setting.label) for setting in missing)
        raise WrongState(_("First enter: %(what)s.") % {"what": labels}, code="carrier_not_set_up")
    account = _lock(carrier)
    if account.active != active:
        account.active = active
        account.save(update_fields=["active", "updated_at"])
        audit.record(actor, "shipping.carrier_used", account, after={"active": active})
    return account


def missing_settings(carrier: str) -> list[Setting]:
    """What the bound business has still to enter before labels can be bought."""
    adapter = get_carrier(carrier)
    account = CarrierAccount.objects.filter(carrier=carrier).first()
    values = account.settings if account else {}
    return [
        setting
        for setting in adapter.settings
        if setting.required
        and not (
            find_secret(secret_name(carrier, setting.name))
            if setting.kind == "secret"
            else values.get(setting.name)
        )
    ]


@sensitive_variables()
def open_account(actor: Actor, carrier: str, *, purpose: str) -> Account:
    """The actor's business at a carrier with its secrets opened, for one call; that they were used is noted.

    Raises `CarrierRefused` when something has not been entered: nobody is asked with half a key.
    """
    adapter = get_carrier(carrier)
    with bind(actor.business_id):
        business = get_business(require_business_id())
        known = CarrierAccount.objects.filter(carrier=carrier).first()
    secrets = {}
    for setting in adapter.settings:
        if setting.kind != "secret":
            continue
        try:
            secrets[setting.name] = open_secret(
                actor, name=secret_name(carrier, setting.name), purpose=purpose
            )
        except NotFound as error:
            message = _("%(what)s has not been entered yet.") % {"what": setting.label}
            raise CarrierRefused(message, code="carrier_not_set_up") from error
    return Account(business.pk, business.currency, dict(known.settings) if known else {}, secrets)


@use_case(permission=policies.MANAGE, unaudited="asks; taking the keys is noted by the vault")
def _may_try(actor: Actor) -> UUID:
    return require_business_id()


def try_connection(actor: Actor, *, carrier: str) -> None:
    """One harmless call with the keys as they are kept; returns when the carrier accepts them.

    Not inside a use case. Raises `PermissionRefused`, `CarrierRefused` with the carrier's words, `CarrierUnavailable`.
    """
    _may_try(actor)
    account = open_account(actor, carrier, purpose="try the connection")
    get_carrier(carrier).try_out(account=account)


def _lock(carrier: str) -> CarrierAccount:
    CarrierAccount.objects.bulk_create([CarrierAccount(carrier=carrier)], ignore_conflicts=True)
    return lock_one(Rank.ROOT, CarrierAccount.objects.filter(carrier=carrier))


@sensitive_variables()
def _checked(adapter: Carrier, values: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    wrong: dict[str, list[str]] = {}
    kept: dict[str, str] = {}
    for setting in adapter.settings:
        if setting.kind == "secret":
            given = (secrets.get(setting.name) or "").strip()
            if setting.required and not given and not find_secret(secret_name(adapter.code, setting.name)):
                wrong[setting.name] = [_("Enter what the carrier gave you.")]
            continue
        value = kept[setting.name] = str(values.get(setting.name) or "").strip()
        if said := _fault(setting, value):
            wrong[setting.name] = [said]
    if wrong:
        raise InvalidInput(fields=wrong)
    return kept


def _fault(setting: Setting, value: str) -> str:
    if not value:
        return _("Please fill this in.") if setting.required else ""
    if len(value) > 120 or not value.isprintable():
        return _("This is too long, or has signs that cannot be used here.")
    if setting.kind == "mode" and value not in MODES:
        return _("Choose test or live.")
    if setting.kind == "amount":
        try:
            amount = Decimal(value)
        except InvalidOperation:
            return _("Enter an amount.")
        if not amount.is_finite() or amount < 0:
            return _("Enter an amount.")
    return ""
