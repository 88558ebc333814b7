"""Issuing: one numbered paper for one fact."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, PermissionRefused
from apps.kernel.events import publish
from apps.kernel.series import next_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.money.invoicing.content import (
    Content,
    credit_note_content,
    credited_amount,
    invoice_content,
    receipt_content,
)
from apps.money.invoicing.events import DocumentIssued
from apps.money.invoicing.models import Document, DocumentKind
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_business
from apps.selling.orders.models import Fulfilment, Order, OrderPayment, OrderRefund


@use_case(audits="documents.issued")
def issue_receipt(actor: Actor, *, order_id: UUID, capture_id: UUID, issued_at: dt.datetime) -> Document:
    """Issue the receipt of one capture, numbered R-00001 onwards; the same capture again returns the first.

    By the product itself only. Its total is what came in, in the order's currency. Publishes
    `invoices.issued`. Raises `NotFound`.
    """
    if known := _find(actor, DocumentKind.RECEIPT, capture_id):
        return known
    business, order = _read(order_id)
    payment: OrderPayment | None = OrderPayment.objects.filter(capture_id=capture_id, order=order).first()
    if payment is None:
        raise NotFound()
    content = receipt_content(business, order, payment)
    return _issue(
        actor,
        business=business,
        order=order,
        kind=DocumentKind.RECEIPT,
        source_id=capture_id,
        total=payment.amount,
        content=content,
        issued_at=issued_at,
    )


@use_case(audits="documents.issued")
def issue_invoice(actor: Actor, *, order_id: UUID, fulfilment_id: UUID, issued_at: dt.datetime) -> Document:
    """Issue the invoice of one parcel, numbered INV-00001 onwards; the same parcel again returns the first.

    By the product itself only. Its total is what became revenue, tax included. Publishes `invoices.issued`.
    """
    if known := _find(actor, DocumentKind.INVOICE, fulfilment_id):
        return known
    business, order = _read(order_id)
    fulfilment: Fulfilment | None = Fulfilment.objects.filter(pk=fulfilment_id, order=order).first()
    if fulfilment is None:
        raise NotFound()
    content = invoice_content(business, order, fulfilment)
    return _issue(
        actor,
        business=business,
        order=order,
        kind=DocumentKind.INVOICE,
        source_id=fulfilment_id,
        total=fulfilment.gross,
        content=content,
        issued_at=issued_at,
    )


@use_case(audits="documents.issued")
def issue_credit_note(
    actor: Actor, *, order_id: UUID, refund_id: UUID, issued_at: dt.datetime
) -> Document | None:
    """Issue the credit note of a refund of goods that had left, numbered CN-00001 onwards.

    Returns None when nothing of the refund had been invoiced (the goods never left). The same refund again
    returns the first. By the product itself only. Publishes `invoices.issued`.
    """
    if known := _find(actor, DocumentKind.CREDIT_NOTE, refund_id):
        return known
    business, order = _read(order_id)
    refund: OrderRefund | None = OrderRefund.objects.filter(pk=refund_id, order=order).first()
    if refund is None:
        raise NotFound()
    total = credited_amount(refund)
    if not total:
        return None
    invoices = list(Document.objects.filter(order=order, kind=DocumentKind.INVOICE).order_by("number"))
    content = credit_note_content(business, order, refund, [invoice.reference for invoice in invoices])
    return _issue(
        actor,
        business=business,
        order=order,
        kind=DocumentKind.CREDIT_NOTE,
        source_id=refund_id,
        total=total,
        content=content,
        issued_at=issued_at,
        corrects=invoices[-1] if invoices else None,
    )


def _find(actor: Actor, kind: DocumentKind, source_id: UUID) -> Document | None:
    if actor.kind != "system":
        # Papers follow facts; a person who could issue one could prove what never happened.
        raise PermissionRefused()
    found: Document | None = Document.objects.filter(kind=kind, source_id=source_id).first()
    return found


def _read(order_id: UUID) -> tuple[Business, Order]:
    order: Order | None = Order.objects.select_related("company").filter(pk=order_id).first()
    if order is None:
        raise NotFound()
    return get_business(require_business_id()), order


def _issue(
    actor: Actor,
    *,
    business: Business,
    order: Order,
    kind: DocumentKind,
    source_id: UUID,
    total: Decimal,
    content: Content,
    issued_at: dt.datetime,
    corrects: Document | None = None,
) -> Document:
    number = next_number(kind.value)
    issued_on = issued_at.astimezone(ZoneInfo(business.time_zone)).date()
    if terms := content.get("terms"):
        terms["due_on"] = (issued_on + dt.timedelta(days=terms["days"])).isoformat()
    document: Document = Document.objects.create(
        kind=kind,
        number=number,
        order=order,
        source_id=source_id,
        corrects=corrects,
        issued_at=issued_at,
        issued_on=issued_on,
        currency=order.currency,
        total=total,
        buyer_name=(content["buyer"]["name"] or order.email)[:254],
        snapshot=content,
    )
    audit.record(actor, "documents.issued", document, after={"order": order.number, "total": total})
    publish(
        DocumentIssued(
            business_id=business.pk,
            document_id=document.pk,
            kind=kind.value,
            reference=document.reference,
            order_id=order.pk,
            total=total,
            currency=order.currency,
        )
    )
    return document
