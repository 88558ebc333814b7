"""Invoices and credit notes of orders on account become what companies owe."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.money.invoicing.events import DocumentIssued
from apps.money.invoicing.models import DocumentKind

from .services import open_receivable, take_credit_note


@subscribe(DocumentIssued, name="receivables.note_document")
def on_issued(event: DocumentIssued, envelope: Envelope) -> None:
    """An invoice is owed; a credit note lessens what is owed. Both ask whether the order is on account."""
    actor = Actor.system("receivables", event.business_id, envelope.request_id)
    if event.kind == DocumentKind.INVOICE:
        open_receivable(actor, document_id=event.document_id)
    elif event.kind == DocumentKind.CREDIT_NOTE:
        take_credit_note(actor, document_id=event.document_id)
