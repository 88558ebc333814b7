"""Reads of payment operations: what came in, what is at the companies, what waits for a person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.goods.inventory.models import Reservation
from apps.kernel.money import ZERO
from apps.platform.businesses.models import Location
from apps.platform.businesses.selectors import get_current_business
from apps.selling.payments.models import Capture, Discrepancy, Payment, Refund
from apps.selling.payments.states import PaymentState, RefundState

from .models import DisputeEntry, PayoutLine

MOST = 20
_K = PayoutLine.Kind


@dataclass(slots=True)
class Company:
    """One payment company: a period's trade, and what it holds of ours at this moment."""

    provider: str
    count: int = 0
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    fees: Decimal = ZERO
    paid_out: Decimal = ZERO
    disputed: Decimal = ZERO
    # Of all times: captured, less refunded, kept, lost and paid out.
    held: Decimal = ZERO
    confirmed: int = 0
    confirmed_amount: Decimal = ZERO


def list_companies(start: dt.date, end: dt.date) -> list[Company]:
    """Every company that ever took money, in the currency of the books; four statements."""
    business = get_current_business()
    zone = ZoneInfo(business.time_zone)
    first = dt.datetime.combine(start, dt.time(), zone)
    after = dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), zone)
    found: dict[str, Company] = {}

    def company(row: dict[str, Any]) -> Company:
        return found.setdefault(row["provider"], Company(row["provider"]))

    within = Q(captured_at__gte=first, captured_at__lt=after)
    fits = Q(payout_line__isnull=False)
    captures: Any = Capture.objects.filter(payment__currency=business.currency).order_by()
    for row in captures.values(provider=F("attempt__provider")).annotate(
        n=Count("pk", filter=within), own=_sum("amount", within), all=_sum("amount"),
        fitting=Count("pk", filter=within & fits), fitting_amount=_sum("amount", within & fits),
    ):  # fmt: skip
        one = company(row)
        one.count, one.captured, one.held = row["n"], row["own"], row["all"]
        one.confirmed, one.confirmed_amount = row["fitting"], row["fitting_amount"]
    back: Any = Refund.objects.filter(
        state=RefundState.SUCCEEDED, payment__currency=business.currency
    ).order_by()
    settled = Q(settled_at__gte=first, settled_at__lt=after)
    for row in back.values(provider=F("payment__provider")).annotate(
        own=_sum("amount", settled), all=_sum("amount")
    ):
        one = company(row)
        one.refunded = row["own"]
        one.held -= row["all"]
    in_time = Q(occurred_on__range=(start, end))
    lines: Any = PayoutLine.objects.filter(currency=business.currency).order_by()
    disputes = Q(kind__in=(_K.DISPUTE, _K.DISPUTE_WON))
    for row in lines.values("provider").annotate(
        fees=_sum("fee", in_time) - _sum("gross", in_time & Q(kind=_K.FEE)),
        out=-_sum("gross", in_time & Q(kind=_K.PAYOUT)),
        lost=-_sum("gross", in_time & disputes),
        gone=_sum("fee") - _sum("gross", disputes | Q(kind__in=(_K.FEE, _K.PAYOUT))),
    ):
        one = company(row)
        one.fees, one.paid_out, one.disputed = row["fees"], row["out"], row["lost"]
        one.held -= row["gone"]
    said: Any = DisputeEntry.objects.order_by()
    for row in said.values(provider=F("payment__provider")).annotate(
        lost=_sum("amount", in_time), fees=_sum("fee", in_time), gone=_sum("amount") + _sum("fee")
    ):
        one = company(row)
        one.fees, one.disputed = one.fees + row["fees"], one.disputed + row["lost"]
        one.held -= row["gone"]
    return sorted(found.values(), key=lambda one: one.provider)


@dataclass(slots=True)
class PlaceMoney:
    """What companies have taken for goods of one location, in so many payments, and no payout file has told of."""

    place: str
    count: int = 0
    amount: Decimal = ZERO


def list_on_the_way(start: dt.date, end: dt.date) -> list[PlaceMoney]:
    """Money of the days (both included) that is on its way, by location, in the currency of the books; two statements.

    A payment counts for the location that most of its goods were taken from; of goods that are not counted, for the
    default one. What went back is taken off.
    """
    business = get_current_business()
    zone = ZoneInfo(business.time_zone)
    first = dt.datetime.combine(start, dt.time(), zone)
    after = dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), zone)
    found: dict[str, PlaceMoney] = {}
    untold: Any = {"payment__currency": business.currency, "payout_line": None}
    taken: Any = Capture.objects.filter(captured_at__gte=first, captured_at__lt=after, **untold).order_by()
    for row in taken.annotate(place=_place()).values("place").annotate(n=Count("pk"), all=_sum("amount")):
        one = found.setdefault(row["place"] or "", PlaceMoney(row["place"] or ""))
        one.count, one.amount = row["n"], row["all"]
    back: Any = Refund.objects.filter(
        state=RefundState.SUCCEEDED, settled_at__gte=first, settled_at__lt=after, **untold
    )
    for row in back.order_by().annotate(place=_place()).values("place").annotate(all=_sum("amount")):
        found.setdefault(row["place"] or "", PlaceMoney(row["place"] or "")).amount -= row["all"]
    return sorted(found.values(), key=lambda one: one.place.casefold())


def _place() -> Any:
    """The name of the location that most goods of a payment's owner were promised from, else of the default one."""
    promises = Reservation.objects.filter(
        owner_type=OuterRef("payment__owner_type"),
        owner_id=OuterRef("payment__owner_id"),
        location__isnull=False,
    )
    most = promises.order_by().values("location__name").annotate(pieces=Sum("quantity"))
    usual = Location.objects.filter(is_default=True).values("name")[:1]
    named = most.order_by("-pieces", "location__name").values("location__name")[:1]
    return Coalesce(Subquery(named), Subquery(usual))


def _sum(column: str, condition: Q | None = None) -> Any:
    return Coalesce(Sum(column, filter=condition), ZERO)


def list_unpaid(failed: bool) -> QuerySet[Payment]:
    """Payments that are open, or whose last attempt failed, the newest first, with their attempts."""
    state = PaymentState.FAILED if failed else PaymentState.OPEN
    rows: QuerySet[Payment] = Payment.objects.filter(state=state)
    return rows.prefetch_related("attempts").order_by("-created_at", "-id")


def list_refused_refunds() -> QuerySet[Refund]:
    """Refunds that a company refused."""
    rows: QuerySet[Refund] = Refund.objects.filter(state=RefundState.FAILED)
    return rows.select_related("payment").order_by("-created_at")


def list_waiting() -> QuerySet[PayoutLine]:
    """Lines that fit nothing and wait for a person."""
    rows: QuerySet[PayoutLine] = PayoutLine.objects.filter(state=PayoutLine.State.WAITING)
    return rows.order_by("-occurred_at", "-id")


def count_open_discrepancies() -> int:
    """What companies said by message and does not fit."""
    return Discrepancy.objects.filter(resolved_at__isnull=True).count()


def dispute_state(payment_id: Any) -> tuple[str, Decimal]:
    """The state of a disputed payment ("", open, won, lost in part) and what it has cost so far."""
    lines = PayoutLine.objects.filter(payment_id=payment_id, kind__in=(_K.DISPUTE, _K.DISPUTE_WON))
    sums = lines.aggregate(
        lost=_sum("gross", Q(kind=_K.DISPUTE)), won=_sum("gross", Q(kind=_K.DISPUTE_WON)), n=Count("pk")
    )
    if not sums["n"]:
        return "", ZERO
    cost = -(sums["lost"] + sums["won"])
    return ("won" if cost <= 0 else "disputed"), cost
