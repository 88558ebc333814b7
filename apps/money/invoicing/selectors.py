"""Reads of issued papers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.kernel.errors import NotFound

from .models import Document, DocumentKind


def get_document(document_id: UUID) -> Document:
    """One paper of the bound business; raises `NotFound`."""
    document: Document | None = Document.objects.filter(pk=document_id).first()
    if document is None:
        raise NotFound()
    return document


def list_documents_of_order(order_id: UUID) -> QuerySet[Document]:
    """All papers of an order, in the order they were issued."""
    documents: QuerySet[Document] = Document.objects.filter(order_id=order_id)
    return documents.order_by("issued_at", "number")


def find_document_of_order(order_id: UUID, kind: DocumentKind, reference: str = "") -> Document | None:
    """The newest paper of one kind of an order, or the one with this printed number."""
    documents = Document.objects.filter(order_id=order_id, kind=kind).order_by("-issued_at", "-number")
    for document in documents:
        if not reference or document.reference == reference:
            return document
    return None
