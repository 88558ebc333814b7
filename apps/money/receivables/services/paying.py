"""Money of companies: set against invoices, and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO, format_money, round_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.money.receivables.events import CompanyPaid, PaymentReversed, SettlementEvent
from apps.money.receivables.models import Allocation, Receivable, Settlement
from apps.money.receivables.policies import PAY
from apps.people.customers.addresses import clean_text
from apps.people.customers.models import Company
from apps.people.customers.services.companies import lock_company
from apps.platform.businesses.selectors import get_business

from .opening import Part, allocate, lock_orders_of, open_of, tell_orders


@use_case(permission=PAY, idempotent=True, audits=("orders.closed", "receivables.paid"))
def record_payment(
    actor: Actor,
    *,
    company_id: UUID,
    amount: Decimal,
    way: str,
    received_on: dt.date | None = None,
    reference: str = "",
    parts: Mapping[UUID, Decimal] | None = None,
    key: str | None = None,
) -> Settlement:
    """Record money that a company paid for its invoices. `parts` by open invoice sum to `amount`.

    Without `parts` the invoices that are due first are paid. Nothing is paid twice or too much: what does not fit is
    refused with what is open. Publishes `receivables.paid`. Raises `InvalidInput`, `Conflict` (`receivables.too_much`),
    `NotFound` for a foreign company or invoice.
    """
    company = Company.objects.filter(pk=company_id).first()
    if company is None or not is_visible(company, actor.limit):
        raise NotFound()
    business = get_business(require_business_id())
    if way not in Settlement.Way.values:
        raise InvalidInput(fields={"way": [_("Choose cash or bank transfer.")]})
    reference = clean_text(reference, 120, "reference")
    _check_amount(amount, business.currency)
    day = _day(received_on, clock.today(business.time_zone))
    guessed = open_of(company.pk)
    orders = lock_orders_of([row.pk for row in guessed])
    lock_company(company.pk)
    rows = [row for row in open_of(company.pk) if row.order_id in orders]
    shares = _shares(rows, amount, parts)
    if any(day < row.issued_on for row in shares):
        raise InvalidInput(fields={"received_on": [_("An invoice was not written yet on this day.")]})
    settlement: Settlement = Settlement.objects.create(
        kind=Settlement.Kind.PAYMENT,
        company=company,
        currency=business.currency,
        amount=amount,
        applied=amount,
        received_on=day,
        way=way,
        reference=reference,
    )
    paid: dict[UUID, Decimal] = {}
    allocate([Part(settlement, row, share) for row, share in shares.items()], day)
    for row, share in shares.items():
        paid[row.order_id] = paid.get(row.order_id, ZERO) + share
    tell_orders(actor, orders, paid)
    invoices = {row.document.reference: share for row, share in shares.items()}
    after = {"amount": amount, "way": way, "received": day.isoformat(), "invoices": invoices}
    audit.record(actor, "receivables.paid", settlement, after=after, reason=reference)
    _tell(CompanyPaid, settlement, company, day)
    return settlement


@use_case(permission=PAY, idempotent=True, audits=("orders.closed", "receivables.payment_reversed"))
def reverse_payment(actor: Actor, *, settlement_id: UUID, reason: str, key: str | None = None) -> Settlement:
    """Take a payment back that was recorded wrongly or did not stand: its invoices are open again from today on.

    The payment stays, with its reason. Publishes `receivables.payment_reversed`. Raises `InvalidInput` without a
    reason, `WrongState` when it was taken back before or is a credit note, `NotFound`.
    """
    reason = clean_text(reason, 200, "reason")
    if not reason:
        message = _("Say why, so that whoever looks next knows.")
        raise InvalidInput(message, fields={"reason": [message]})
    found = Settlement.objects.filter(pk=settlement_id).first()
    if found is None or not is_visible(found, actor.limit):
        raise NotFound()
    receivable_ids = list(found.allocations(manager="objects").values_list("receivable_id", flat=True))
    orders = lock_orders_of(receivable_ids)
    company = lock_company(found.company_id)
    settlement = lock_one(Rank.CREDIT, Settlement.objects.filter(pk=settlement_id))
    if settlement.kind != Settlement.Kind.PAYMENT:
        raise WrongState(_("A credit note stays."), code="receivables.credit_note_stays")
    if settlement.reversed_on is not None:
        raise WrongState(_("This payment was taken back before."), code="receivables.reversed_before")
    today = clock.today(get_business(require_business_id()).time_zone)
    settlement.reversed_on, settlement.reason = max(today, settlement.received_on), reason
    settlement.save(update_fields=["reversed_on", "reason", "updated_at"])
    back: dict[UUID, Decimal] = {}
    share = Allocation.objects.filter(settlement=settlement, receivable=OuterRef("pk")).values("amount")
    Receivable.objects.filter(pk__in=receivable_ids).update(settled=F("settled") - Subquery(share))
    for part in Allocation.objects.filter(settlement=settlement).select_related("receivable"):
        order_id = part.receivable.order_id
        back[order_id] = back.get(order_id, ZERO) - part.amount
    tell_orders(actor, orders, back)
    audit.record(
        actor, "receivables.payment_reversed", settlement, after={"amount": settlement.amount}, reason=reason
    )
    _tell(PaymentReversed, settlement, company, settlement.reversed_on)
    return settlement


def _shares(
    rows: list[Receivable], amount: Decimal, parts: Mapping[UUID, Decimal] | None
) -> dict[Receivable, Decimal]:
    """How much of `amount` goes to which invoice; raises instead of paying anything too much."""
    by_id = {row.pk: row for row in rows}
    if parts is None:
        left, shares = amount, {}
        for row in rows:
            if left > 0:
                shares[row] = min(left, row.open_amount)
                left -= shares[row]
        if left:
            raise _too_much(rows, sum((row.open_amount for row in rows), ZERO))
        return shares
    parts = {pk: part for pk, part in parts.items() if part}
    if sum(parts.values(), ZERO) != amount:
        message = _("The parts do not sum to the amount.")
        raise InvalidInput(message, code="receivables.parts_differ", fields={"amount": [message]})
    for pk, part in parts.items():
        if pk not in by_id:
            raise NotFound(receivable_id=pk)
        row = by_id[pk]
        if not ZERO < part <= row.open_amount or round_money(part, row.currency) != part:
            raise _too_much([row], row.open_amount, field=f"part_{pk}")
    return {by_id[pk]: part for pk, part in parts.items()}


def _too_much(rows: list[Receivable], most: Decimal, *, field: str = "amount") -> Conflict:
    currency = rows[0].currency if rows else get_business(require_business_id()).currency
    message = _("Only %(most)s is open.") % {"most": format_money(most, currency)}
    return Conflict(
        message,
        code="receivables.too_much",
        kept=_("Nothing was recorded."),
        fields={field: [message]},
    )


def _check_amount(amount: Decimal, currency: str) -> None:
    if not amount.is_finite() or amount <= 0 or round_money(amount, currency) != amount:
        message = _("Enter an amount above zero.")
        raise InvalidInput(message, fields={"amount": [message]})


def _day(received_on: dt.date | None, today: dt.date) -> dt.date:
    if received_on is not None and received_on > today:
        raise InvalidInput(fields={"received_on": [_("This day has not come yet.")]})
    return received_on or today


def _tell(kind: type[SettlementEvent], settlement: Settlement, company: Company, day: dt.date) -> None:
    publish(
        kind(
            business_id=require_business_id(),
            settlement_id=settlement.pk,
            company_id=company.pk,
            company=company.name,
            amount=settlement.amount,
            currency=settlement.currency,
            way=settlement.way,
            day=day,
        )
    )
