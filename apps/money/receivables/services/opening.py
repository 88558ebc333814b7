"""Invoices become what is owed, credit notes what is owed less."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import F

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
    for credit in Settlement.objects.filter(company_id=order.company_id, applied__lt=F("amount")).order_by(
        "id"
    ):
        set_against(credit, [receivable], document.issued_on)
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
    touched = set_against(settlement, rows, document.issued_on)
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


def set_against(settlement: Settlement, rows: Iterable[Receivable], day: dt.date) -> list[Receivable]:
    """Set what is left of a settlement against the invoices in this order; written. Returns those it has touched."""
    touched: list[Receivable] = []
    for row in rows:
        share = min(settlement.rest, row.open_amount)
        if share > 0:
            allocate_part(settlement, row, share, day)
            touched.append(row)
    return touched


def allocate_part(settlement: Settlement, row: Receivable, share: Decimal, day: dt.date) -> None:
    """Set one part against one invoice; written. The CHECKs refuse more than there is of either."""
    effective = max(day, row.issued_on)
    Allocation.objects.create(settlement=settlement, receivable=row, amount=share, effective_on=effective)
    row.settled += share
    row.save(update_fields=["settled", "updated_at"])
    if settlement.kind == Settlement.Kind.CREDIT_NOTE:
        settlement.applied += share
        settlement.save(update_fields=["applied", "updated_at"])


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
