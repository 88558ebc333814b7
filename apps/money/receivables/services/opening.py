"""Invoices become what is owed, credit notes what is owed less."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import F

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.money.invoicing.selectors import get_document
from apps.money.receivables.models import Allocation, Receivable, Settlement
from apps.people.customers.services.companies import lock_company
from apps.platform.notifications.services import queue_email
from apps.selling.orders.models import Order
from apps.selling.orders.policies import check_system
from apps.selling.orders.services import note_settled


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a settlement goes to which invoice."""

    settlement: Settlement
    row: Receivable
    share: Decimal


@use_case(audits="orders.closed")
def open_receivable(actor: Actor, *, document_id: UUID) -> Receivable | None:
    """What the company owes by this invoice, due after the days agreed with its order; None when it was paid before.

    Rests of credit notes are set against it at once. By the product itself only; repeating it changes nothing.
    """
    check_system(actor)
    document = get_document(document_id)
    order = _lock_orders([document.order_id])[document.order_id]
    if order.company_id is None or order.terms_days is None:
        return None
    lock_company(order.company_id)
    known: Receivable | None = Receivable.objects.filter(document=document).first()
    if known is not None:
        return known
    receivable: Receivable = Receivable.objects.create(
        document=document,
        order=order,
        company_id=order.company_id,
        currency=document.currency,
        issued_on=document.issued_on,
        due_on=document.issued_on + dt.timedelta(days=order.terms_days),
        amount=document.total,
    )
    _mail_invoice(actor, receivable, order)
    rests = Settlement.objects.filter(company_id=order.company_id, applied__lt=F("amount"))
    set_against(list(rests.order_by("id")), [receivable], document.issued_on)
    tell_orders(actor, {order.pk: order}, {order.pk: ZERO})
    return receivable


@use_case(audits="orders.closed")
def take_credit_note(actor: Actor, *, document_id: UUID) -> Settlement | None:
    """Set a credit note against the invoices of its order, then the company's others; its rest waits for the next one.

    None for an order that was paid otherwise. By the product itself only; repeating it changes nothing.
    """
    check_system(actor)
    document = get_document(document_id)
    order = Order.objects.get(pk=document.order_id)
    if order.company_id is None:
        return None
    orders = _lock_orders([order.pk, *_owing(order.company_id)])
    lock_company(order.company_id)
    known: Settlement | None = Settlement.objects.filter(document=document).first()
    if known is not None:
        return known
    settlement: Settlement = Settlement.objects.create(
        kind=Settlement.Kind.CREDIT_NOTE,
        company_id=order.company_id,
        document=document,
        order=order,
        currency=document.currency,
        amount=document.total,
        received_on=document.issued_on,
    )
    rows = [row for row in open_of(order.company_id) if row.order_id in orders]
    rows.sort(key=lambda row: row.order_id != order.pk)
    touched = set_against([settlement], rows, document.issued_on)
    tell_orders(actor, orders, {row.order_id: ZERO for row in touched})
    return settlement


def _mail_invoice(actor: Actor, receivable: Receivable, order: Order) -> None:
    """The invoice goes to the company's address for invoices, else to who ordered; once."""
    company, reference = receivable.company, receivable.document.reference
    to = company.email or order.email
    if not to:
        return
    queue_email(
        actor,
        to=to,
        template="invoice_issued",
        context={
            "company": company.name,
            "invoice": reference,
            "order_number": order.number,
            "po_number": order.po_number,
            "due_on": receivable.due_on,
            "amount": receivable.amount,
            "currency": receivable.currency,
            "invoice_url": invoice_url(order, reference),
        },
        dedupe_key=f"invoice_issued:{receivable.pk}",
        language=order.language,
        words_for="receivables.read",
    )


def invoice_url(order: Order, reference: str) -> str:
    """Where whoever has the order's secret link finds the invoice."""
    return f"{settings.PUBLIC_BASE_URL}/documents/{order.public_token}/{reference}.pdf"


def open_of(company_id: UUID) -> list[Receivable]:
    """The company's open invoices, the first due before the others; true only under its lock."""
    rows = Receivable.objects.filter(company_id=company_id, settled__lt=F("amount"))
    return list(rows.select_related("document").order_by("due_on", "issued_on", "id"))


def set_against(credits: Sequence[Settlement], rows: Sequence[Receivable], day: dt.date) -> list[Receivable]:
    """Set what is left of credit notes against the invoices, both in their order; written. Returns those touched."""
    parts: list[Part] = []
    open_now = {row: row.open_amount for row in rows}
    for credit in credits:
        rest = credit.rest
        for row, still_open in open_now.items():
            share = min(rest, still_open)
            if share > 0:
                parts.append(Part(credit, row, share))
                rest, open_now[row] = rest - share, still_open - share
    allocate(parts, day)
    return list(dict.fromkeys(part.row for part in parts))


def allocate(parts: Sequence[Part], day: dt.date) -> None:
    """Write the parts; one statement a table for any number. The CHECKs refuse more than there is of either."""
    if not parts:
        return
    Allocation.objects.bulk_create(
        Allocation(
            business_id=part.row.business_id,
            settlement=part.settlement,
            receivable=part.row,
            amount=part.share,
            effective_on=max(day, part.row.issued_on),
        )
        for part in parts
    )
    now = clock.now()
    credits: dict[UUID, Settlement] = {}
    for part in parts:
        part.row.settled, part.row.updated_at = part.row.settled + part.share, now
        if part.settlement.kind == Settlement.Kind.CREDIT_NOTE:
            part.settlement.applied, part.settlement.updated_at = part.settlement.applied + part.share, now
            credits[part.settlement.pk] = part.settlement
    rows = {part.row.pk: part.row for part in parts}
    Receivable.objects.bulk_update(rows.values(), ["settled", "updated_at"])
    if credits:
        Settlement.objects.bulk_update(credits.values(), ["applied", "updated_at"])


def tell_orders(actor: Actor, orders: dict[UUID, Order], amounts: dict[UUID, Decimal]) -> None:
    """Let the locked orders know what was paid of them, and whether anything of them is still owed."""
    still = set(
        Receivable.objects.filter(order__in=list(amounts), settled__lt=F("amount")).values_list(
            "order_id", flat=True
        )
    )
    for order_id, amount in amounts.items():
        note_settled(actor, orders[order_id], amount, is_open=order_id in still)


def lock_orders_of(receivable_ids: Sequence[UUID]) -> dict[UUID, Order]:
    """The orders of these invoices, locked before their company."""
    ids = Receivable.objects.filter(pk__in=receivable_ids).values_list("order_id", flat=True)
    return _lock_orders(list(ids))


def _owing(company_id: UUID) -> list[UUID]:
    rows = Receivable.objects.filter(company_id=company_id, settled__lt=F("amount"))
    return list(rows.values_list("order_id", flat=True))


def _lock_orders(order_ids: Sequence[UUID]) -> dict[UUID, Order]:
    rows = lock(Rank.ROOT, Order.objects.filter(pk__in=set(order_ids)).select_related("business"))
    return {order.pk: order for order in rows}
