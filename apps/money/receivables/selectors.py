"""Reads of what companies owe: ageing and open invoices as of a day, balances, who is to be reminded."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField
from apps.kernel.tenancy import across

from .models import Allocation, Cadence, Receivable, Settlement

ZERO = Decimal(0)
# Where a business has said nothing.
USUAL_DAYS = [1, 14, 30]
BUCKETS: tuple[tuple[Any, int], ...] = (
    (_("Not due"), 0),
    (_("1–30 days"), 30),
    (_("31–60 days"), 60),
    (_("61–90 days"), 90),
    (_("Over 90 days"), 10**6),
)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One invoice that was open at the end of a day; `late` days after its due day, nought or less when not due."""

    receivable: Receivable
    open_amount: Decimal
    late: int

    @property
    def bucket(self) -> int:
        """Which of `BUCKETS` it is in."""
        return bucket_of(self.late)


@dataclass(slots=True)
class Ageing:
    """What a company owes by age; `credit` is what rests of its credit notes. `total` is its balance in the books."""

    company_id: UUID
    company: str
    buckets: list[Decimal] = field(default_factory=lambda: [ZERO] * len(BUCKETS))
    credit: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return sum(self.buckets, ZERO) - self.credit


def bucket_of(late: int) -> int:
    """The place among `BUCKETS` of what is `late` days after its due day."""
    return next(place for place, (_label, most) in enumerate(BUCKETS) if late <= most)


def _counts_on(day: dt.date, prefix: str = "") -> Q:
    """Settlements that stood at the end of a day: received, and not taken back yet."""
    received = Q(**{f"{prefix}received_on__lte": day})
    return received & (Q(**{f"{prefix}reversed_on__isnull": True}) | Q(**{f"{prefix}reversed_on__gt": day}))


def open_items(day: dt.date, *, company_id: UUID | None = None) -> list[OpenItem]:
    """Invoices that were open at the end of a day, the first due first; one query."""
    parts = (
        Allocation.objects.filter(
            _counts_on(day, "settlement__"), receivable=OuterRef("pk"), effective_on__lte=day
        )
        .order_by()
        .values("receivable")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    rows = Receivable.objects.filter(issued_on__lte=day)
    if company_id is not None:
        rows = rows.filter(company_id=company_id)
    # What was settled and never taken back needs no look at its parts for today or later; the past needs them.
    rows = rows.annotate(set_off=Coalesce(Subquery(parts, output_field=MoneyField()), ZERO))
    rows = rows.filter(amount__gt=F("set_off")).select_related("company", "document", "order")
    return [
        OpenItem(row, row.amount - row.set_off, (day - row.due_on).days)
        for row in rows.order_by("due_on", "issued_on", "id")
    ]


def ageing(day: dt.date) -> list[Ageing]:
    """What companies owed at the end of a day, by age; companies that owe nothing and have no credit are left out."""
    found: dict[UUID, Ageing] = {}
    for item in open_items(day):
        company = item.receivable.company
        row = found.setdefault(company.pk, Ageing(company.pk, company.name))
        row.buckets[item.bucket] += item.open_amount
    for credit in _credits(day):
        row = found.setdefault(credit.company_id, Ageing(credit.company_id, credit.company.name))
        row.credit += credit.amount - credit.set_off  # type: ignore[attr-defined]
    return sorted(found.values(), key=lambda one: one.company.casefold())


def _credits(day: dt.date) -> QuerySet[Settlement]:
    parts = (
        Allocation.objects.filter(settlement=OuterRef("pk"), effective_on__lte=day)
        .order_by()
        .values("settlement")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    rows: QuerySet[Settlement] = Settlement.objects.filter(
        kind=Settlement.Kind.CREDIT_NOTE, received_on__lte=day
    ).annotate(set_off=Coalesce(Subquery(parts, output_field=MoneyField()), ZERO))
    return rows.filter(amount__gt=F("set_off")).select_related("company")


def balance_of(company_id: UUID, day: dt.date) -> Decimal:
    """What a company owed at the end of a day: invoices less payments and credit notes; below nought: owed to it."""
    owed = Receivable.objects.filter(company_id=company_id, issued_on__lte=day).aggregate(total=Sum("amount"))
    paid = Settlement.objects.filter(_counts_on(day), company_id=company_id).aggregate(total=Sum("amount"))
    return (owed["total"] or ZERO) - (paid["total"] or ZERO)


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of a statement: `amount` above nought is owed more, below nought less."""

    day: dt.date
    kind: str
    reference: str
    note: str
    amount: Decimal
    due_on: dt.date | None = None
    balance: Decimal = ZERO


def movements(company_id: UUID, start: dt.date, end: dt.date, opening: Decimal) -> list[Movement]:
    """What changed a company's balance from `start` to `end`, oldest first, with the balance after each."""
    span = (start, end)
    rows: list[tuple[dt.date, int, Movement]] = []
    for row in (
        Receivable.objects.filter(company_id=company_id, issued_on__range=span)
        .select_related("document", "order")
        .order_by("issued_on", "id")
    ):
        note = row.order.po_number or row.order.number
        rows.append(
            (
                row.issued_on,
                0,
                Movement(row.issued_on, "invoice", row.document.reference, note, row.amount, row.due_on),
            )
        )
    settled = (
        Settlement.objects.filter(company_id=company_id)
        .select_related("document")
        .order_by("received_on", "id")
    )
    for one in settled.filter(Q(received_on__range=span) | Q(reversed_on__range=span)):
        reference = one.document.reference if one.document else one.reference
        if start <= one.received_on <= end:
            rows.append((one.received_on, 1, Movement(one.received_on, one.kind, reference, "", -one.amount)))
        if one.reversed_on is not None and start <= one.reversed_on <= end:
            rows.append(
                (one.reversed_on, 2, Movement(one.reversed_on, "reversal", reference, one.reason, one.amount))
            )
    rows.sort(key=lambda entry: entry[:2])
    balance, made = opening, []
    for _day, _place, move in rows:
        balance += move.amount
        made.append(
            Movement(move.day, move.kind, move.reference, move.note, move.amount, move.due_on, balance)
        )
    return made


def cadence_days() -> list[int]:
    """Days after the due day at which the bound business reminds."""
    row = Cadence.objects.first()
    return list(row.days) if row is not None else list(USUAL_DAYS)


def level_for(late: int, days: list[int]) -> int:
    """How many reminders of the cadence have come for what is `late` days after its due day."""
    return sum(1 for day in days if late >= day)


@across("tasks.due")
def list_across_overdue(moment: dt.datetime) -> dict[UUID, list[UUID]]:
    """Open invoices that may be overdue somewhere on earth, by business."""
    tomorrow = moment.date() + dt.timedelta(days=1)
    rows = Receivable.unscoped.filter(settled__lt=F("amount"), due_on__lt=tomorrow).order_by(
        "business_id", "due_on"
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for pk, business_id in rows.values_list("pk", "business_id").iterator(chunk_size=1000):
        found[business_id].append(pk)
    return found


def to_remind(receivable_ids: list[UUID], today: dt.date) -> Iterator[UUID]:
    """Those whose next level has come, of the bound business; two queries."""
    days = cadence_days()
    if not days:
        return
    rows = Receivable.objects.filter(pk__in=receivable_ids, due_on__lte=today - dt.timedelta(days=days[0]))
    for row in rows.prefetch_related("reminders").order_by("due_on", "id"):
        sent = max((one.level for one in row.reminders.all()), default=0)
        if level_for((today - row.due_on).days, days) > sent:
            yield row.pk
