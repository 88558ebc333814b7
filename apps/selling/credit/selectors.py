"""Reads of gift cards and store credit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from uuid import UUID, uuid4

from django.db.models import QuerySet, Sum
from django.utils import formats
from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound
from apps.kernel.money import ZERO
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import across
from apps.people.customers.selectors import is_of_user

from .codes import digest_of, is_code
from .models import AccountKind, CreditAccount, CreditChoice, CreditEntry, GiftVariant


def get_account(account_id: UUID) -> CreditAccount:
    """An account of the bound business; raises `NotFound`."""
    account: CreditAccount | None = (
        CreditAccount.objects.select_related("customer").filter(pk=account_id).first()
    )
    if account is None:
        raise NotFound()
    return account


def find_by_code(code: str) -> CreditAccount | None:
    """The account that this code spends, or None; a text that cannot be a code is not looked for."""
    if not is_code(code):
        return None
    account: CreditAccount | None = CreditAccount.objects.filter(code_digest=digest_of(code)).first()
    return account


def find_store_credit(user_id: UUID) -> CreditAccount | None:
    """What who has signed in can spend as store credit here, or None."""
    account: CreditAccount | None = CreditAccount.objects.filter(
        is_of_user(user_id, "customer__"), kind=AccountKind.STORE_CREDIT, balance__gt=0, blocked_at=None
    ).first()
    return account


def list_chosen(owner_type: str, owner_id: UUID) -> list[CreditAccount]:
    """What is to pay for the owner, in the order of choosing."""
    return [choice.account for choice in _CHOSEN.fetch(owner_type, owner_id)]


def _chosen(owner_type: str, owner_id: UUID) -> QuerySet[CreditChoice]:
    rows: QuerySet[CreditChoice] = CreditChoice.objects.filter(owner_type=owner_type, owner_id=owner_id)
    return rows.select_related("account").order_by("id")


# Every checkout asks it, though few pay by credit.
_CHOSEN = Prepared(_chosen, "owner", uuid4())


def why_unusable(account: CreditAccount) -> str:
    """Why nothing may be put on it or taken off, in words; empty when it may."""
    if account.blocked_at is not None:
        return _("This gift card is blocked. Please ask the shop.")
    if account.expires_on is not None and account.has_expired:
        return _("This gift card was good until %(day)s.") % {"day": formats.date_format(account.expires_on)}
    return ""


def why_not(account: CreditAccount) -> str:
    """Why it cannot be spent, in words; empty when it can."""
    if problem := why_unusable(account):
        return problem
    if account.balance <= 0:
        return _("There is nothing left on this gift card.")
    return ""


def list_entries(account: CreditAccount) -> QuerySet[CreditEntry]:
    """Its ledger, newest first."""
    entries: QuerySet[CreditEntry] = CreditEntry.objects.filter(account=account).order_by("-id")
    return entries


def liability_of(kind: str) -> Decimal:
    """What is owed to all who hold cards or credit of this kind."""
    owed: Decimal | None = CreditAccount.objects.filter(kind=kind).aggregate(total=Sum("balance"))["total"]
    return owed or ZERO


def gift_months(variant_ids: Collection[UUID]) -> dict[UUID, int | None]:
    """Of these variants those that are sold as gift cards, with the months that a card lasts."""
    rows = GiftVariant.objects.filter(variant_id__in=set(variant_ids))
    return dict(rows.values_list("variant_id", "months"))


@across("tasks.due")
def list_across_due_credit(today: dt.date, limit: int) -> list[tuple[UUID, UUID]]:
    """(business, account) of cards whose last day is over and that still hold something, the oldest first."""
    due = CreditAccount.unscoped.filter(expires_on__lt=today, balance__gt=0, blocked_at=None)
    return list(due.order_by("expires_on").values_list("business_id", "pk")[:limit])
