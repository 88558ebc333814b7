"""Reads that more than one door needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from apps.kernel.errors import NotFound
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import across

from .models import Discrepancy, Dispute, Payment, PaymentAttempt, ProviderAccount, Refund
from .providers import PaymentProvider, find_provider, list_providers
from .states import ASKED_ABOUT, OPEN_DISPUTES, PENDING_REFUNDS, AttemptState, PaymentState, RefundState

_USUAL_DAYS = 7
_WITH_MONEY = (PaymentState.CAPTURED, PaymentState.PART_REFUNDED, PaymentState.REFUNDED)


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay that a buyer may choose."""

    code: str
    name: str
    description: str
    is_test: bool
    # Of a way that people keep: the deliveries it is offered with; None for any.
    deliveries: frozenset[str] | None = None


def list_methods(currency: str = "") -> list[PaymentMethod]:
    """The ways to pay `currency` (or any) that the bound business offers; one query."""
    known: dict[str, Any] = {row["provider"]: row for row in _SWITCHED.fetch()}
    found = []
    for provider in list_providers():
        row = known.get(provider.code) or {"active": provider.on_by_default, "settings": {}}
        if row["active"] and takes(provider, currency):
            in_test = is_test(provider, row["settings"])
            name, description = str(provider.name), str(provider.description)
            bound = _bound_to(provider, row["settings"])
            found.append(PaymentMethod(provider.code, name, description, in_test, bound))
    return found


@dataclass(frozen=True, slots=True)
class HandTerms:
    """How a way of paying that people keep is offered: words for the buyer, days to pay, deliveries (None: any)."""

    name: str
    words: str
    days: int
    deliveries: frozenset[str] | None


def hand_terms(code: str) -> HandTerms | None:
    """The terms of a way of paying that people keep; None, without a query, for a company's."""
    adapter = find_provider(code)
    if adapter is None or not adapter.is_manual:
        return None
    account = ProviderAccount.objects.filter(provider=code).first()
    values = account.settings if account else {}
    return HandTerms(
        str(adapter.name),
        str(values.get("words") or ""),
        int(values.get("days") or _USUAL_DAYS),
        _bound_to(adapter, values),
    )


def bank_details() -> str:
    """Where the bound business is paid by transfer, as it wrote it for buyers; empty when it does not offer that."""
    offered = ProviderAccount.objects.filter(provider="bank_transfer", active=True).first()
    return str(offered.settings.get("words") or "") if offered else ""


def tender_of(code: str) -> str:
    """What the books call money that came by this way of paying."""
    adapter = find_provider(code)
    return adapter.tender if adapter else "provider"


def manual_codes() -> list[str]:
    """The ways of paying that people keep."""
    return [one.code for one in list_providers() if one.is_manual]


def _bound_to(provider: PaymentProvider, values: Mapping[str, str]) -> frozenset[str] | None:
    if not any(setting.kind == "deliveries" for setting in provider.settings):
        return None
    return frozenset(part for part in str(values.get("deliveries") or "").split(",") if part)


def takes(provider: PaymentProvider, currency: str) -> bool:
    """Whether a company takes payments in a currency."""
    return not currency or provider.currencies is None or currency in provider.currencies


def is_test(provider: PaymentProvider, values: Mapping[str, str]) -> bool:
    """Whether no money moves: a company for tests, or an account in test mode."""
    return provider.is_test or values.get("mode") == "test"


_SWITCHED = Prepared(lambda: ProviderAccount.objects.values("provider", "active", "settings"))


def get_payment(payment_id: UUID) -> Payment:
    """A payment of the bound business; raises `NotFound`."""
    payment: Payment | None = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise NotFound()
    return payment


def list_payments_of(owner_type: str, owner_id: UUID) -> QuerySet[Payment]:
    """The payments of one owner, newest first."""
    payments: QuerySet[Payment] = Payment.objects.filter(owner_type=owner_type, owner_id=owner_id)
    return payments.order_by("-created_at", "-id")


def list_failed_refunds() -> QuerySet[Refund]:
    """Refunds the company refused, which wait for a person."""
    refunds: QuerySet[Refund] = Refund.objects.filter(state=RefundState.FAILED)
    return refunds.select_related("payment").order_by("-created_at", "-id")


def list_open_discrepancies() -> QuerySet[Discrepancy]:
    """What did not fit and waits for a person."""
    found: QuerySet[Discrepancy] = Discrepancy.objects.filter(resolved_at__isnull=True)
    return found.select_related("payment").order_by("-created_at", "-id")


def list_disputes_of(owner_type: str, owner_id: UUID) -> QuerySet[Dispute]:
    """Disputes about the payments of one owner, the newest first."""
    found: QuerySet[Dispute] = Dispute.objects.filter(
        payment__owner_type=owner_type, payment__owner_id=owner_id
    )
    return found.select_related("payment").order_by("-opened_at", "-id")


def list_open_disputes() -> QuerySet[Dispute]:
    """Disputes that are not decided, what must be answered first at the top."""
    found: QuerySet[Dispute] = Dispute.objects.filter(state__in=OPEN_DISPUTES)
    return found.select_related("payment").order_by(F("answer_by").asc(nulls_last=True), "opened_at", "id")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many payments with money fit and how many facts do not; both stop counting at `most`."""

    reconciled: int
    unreconciled: int
    most: int


def count_reconciled(most: int = 1000) -> Reconciled:
    """Two capped counts for the head of the payments page: never a count over a million rows."""
    with_money = Payment.objects.filter(state__in=_WITH_MONEY)
    strange = Discrepancy.objects.filter(payment=OuterRef("pk"), resolved_at__isnull=True)
    fitting = with_money.filter(~Exists(strange)).order_by()[: most + 1].count()
    return Reconciled(fitting, count_unreconciled(most), most)


def count_unreconciled(most: int) -> int:
    """How many facts wait for a person, counted up to `most`."""
    return int(Discrepancy.objects.filter(resolved_at__isnull=True).order_by()[: most + 1].count())


@across("tasks.due")
def list_across_due_refunds(now: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(business, refund) of what should be sent now, in all businesses, oldest first."""
    due = Refund.unscoped.filter(state__in=PENDING_REFUNDS, send_next_at__lte=now)
    return list(due.order_by("send_next_at").values_list("business_id", "pk")[:limit])


@across("tasks.due")
def list_across_due_attempts(now: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(business, attempt) of what should be asked about now, in all businesses, oldest first."""
    due = PaymentAttempt.unscoped.filter(state__in=ASKED_ABOUT, ask_next_at__lte=now)
    return list(due.order_by("ask_next_at").values_list("business_id", "pk")[:limit])


@across("tasks.due")
def list_across_lapsing(before: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(business, attempt) of reserved money that is free again before `before` and was not told of yet."""
    ending = PaymentAttempt.unscoped.filter(
        state=AttemptState.AUTHORISED, lapses_at__lte=before, lapse_told_at__isnull=True
    )
    return list(ending.order_by("lapses_at").values_list("business_id", "pk")[:limit])


@across("tasks.due")
def list_across_expired_payments(now: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(business, payment) of what is open beyond its time, in all businesses, oldest first."""
    late = Payment.unscoped.filter(state__in=[PaymentState.OPEN, PaymentState.FAILED], expires_at__lte=now)
    return list(late.order_by("expires_at").values_list("business_id", "pk")[:limit])


@across("metrics.gauges")
def find_across_discrepancy_count() -> int:
    """How many facts of payment companies did not fit and wait for a person, in all businesses together."""
    return Discrepancy.unscoped.filter(resolved_at__isnull=True).count()
