"""The chart of accounts of one business."""

from __future__ import annotations

from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.money.ledger.chart import SHIPPED_CHART
from apps.money.ledger.models import Account, AccountKind
from apps.platform.businesses.selectors import get_business


@use_case(permission="ledger.accounts", unaudited="furnishes a new business, whose beginning is entered")
def create_chart(actor: Actor) -> None:
    """Give the actor's business the shipped accounts it does not have yet, named in its language."""
    business = get_business(require_business_id())
    with translation.override(business.language):
        Account.objects.bulk_create(
            [
                Account(code=shipped.code, name=str(shipped.name), kind=shipped.kind, system_key=shipped.key)
                for shipped in SHIPPED_CHART
            ],
            ignore_conflicts=True,
        )


@use_case(permission="ledger.accounts", idempotent=True, audits="ledger.account_added")
def add_account(actor: Actor, *, code: str, name: str, kind: str, key: str | None = None) -> Account:
    """Add an account of the business's own. `kind` is asset, liability, equity, income or expense.

    Raises `InvalidInput` for an empty or overlong code or name, an unknown kind, or a code already in use.
    """
    code, name = _clean(code, 20, "code"), _clean(name, 120, "name")
    if kind not in AccountKind.values:
        raise InvalidInput(fields={"kind": [_("Choose one of the five kinds.")]})
    if Account.objects.filter(code=code).exists():
        raise InvalidInput(
            fields={"code": [_("The code %(code)s is already in use.") % {"code": code}]},
            code="account_code_in_use",
        )
    account: Account = Account.objects.create(code=code, name=name, kind=kind)
    audit.record(actor, "ledger.account_added", account, after={"code": code, "name": name, "kind": kind})
    return account


@use_case(permission="ledger.accounts", idempotent=True, audits="ledger.account_renamed")
def rename_account(actor: Actor, *, account_id: UUID, name: str, key: str | None = None) -> Account:
    """Give an own account another name; the entries keep pointing to it. System accounts raise `Conflict`."""
    account = _get_own(account_id)
    before = account.name
    account.name = _clean(name, 120, "name")
    account.save(update_fields=["name", "updated_at"])
    audit.record(
        actor, "ledger.account_renamed", account, before={"name": before}, after={"name": account.name}
    )
    return account


@use_case(permission="ledger.accounts", idempotent=True, audits="ledger.account_closed")
def deactivate_account(actor: Actor, *, account_id: UUID, key: str | None = None) -> Account:
    """Close an own account for new entries; its history stays. Raises `Conflict` for a system account."""
    return _set_active(actor, account_id, active=False)


@use_case(permission="ledger.accounts", idempotent=True, audits="ledger.account_opened")
def reactivate_account(actor: Actor, *, account_id: UUID, key: str | None = None) -> Account:
    """Open an own account again for new entries."""
    return _set_active(actor, account_id, active=True)


def _set_active(actor: Actor, account_id: UUID, *, active: bool) -> Account:
    account = _get_own(account_id)
    if account.active == active:
        raise WrongState(_("The account is already open.") if active else _("The account is already closed."))
    account.active = active
    account.save(update_fields=["active", "updated_at"])
    audit.record(
        actor,
        "ledger.account_opened" if active else "ledger.account_closed",
        account,
        before={"active": not active},
        after={"active": active},
    )
    return account


def _get_own(account_id: UUID) -> Account:
    account: Account | None = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound()
    if account.is_system:
        raise Conflict(
            _("%(account)s belongs to the product and stays as it is.") % {"account": account},
            code="system_account",
            remedy=_("Add an account of your own beside it."),
        )
    return account


def _clean(text: str, longest: int, field: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > longest or not text.isprintable():
        raise InvalidInput(
            fields={field: [_("Enter 1 to %(longest)s printable characters.") % {"longest": longest}]}
        )
    return text
