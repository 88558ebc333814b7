"""Downloads for buyers: the order's secret token is the key, as on its tracking page."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import override
from django.views.decorators.http import require_safe

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.selling.orders.models import Order
from apps.selling.orders.pages import order_url
from apps.selling.orders.selectors import find_across_order_by_token
from apps.selling.storefront.face import face_of

from .models import PREFIXES, Document, DocumentKind
from .selectors import find_document_of_order, list_documents_of_order
from .services import read_document

_REFERENCE = re.compile(r"(R|INV|CN)-\d{5,12}")
_KINDS = {prefix: DocumentKind(kind) for kind, prefix in PREFIXES.items()}


@require_safe
def download_receipt(request: HttpRequest, token: str) -> HttpResponse:
    """The newest receipt of an order; a friendly page until the payment has arrived."""
    return _download(request, token, DocumentKind.RECEIPT)


@require_safe
def download_invoice(request: HttpRequest, token: str) -> HttpResponse:
    """The newest invoice of an order; a friendly page until goods have left."""
    return _download(request, token, DocumentKind.INVOICE)


@require_safe
def download_credit_note(request: HttpRequest, token: str) -> HttpResponse:
    """The newest credit note of an order."""
    return _download(request, token, DocumentKind.CREDIT_NOTE)


@require_safe
def download_by_reference(request: HttpRequest, token: str, reference: str) -> HttpResponse:
    """One paper of an order by its printed number."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise Http404
    return _download(request, token, _KINDS[match[1]], reference)


@require_safe
def list_public_documents(request: HttpRequest, token: str) -> HttpResponse:
    """All papers of an order with their links."""
    order = _read_order(token)
    with tenancy.bind(order.business_id):
        documents = list(list_documents_of_order(order.pk))
        rows = [
            {
                "document": document,
                "url": reverse("invoicing:public_document", args=[token, document.reference]),
            }
            for document in documents
        ]
        context = {"rows": rows, **_page_context(order)}
        return _private(render(request, "invoicing/public_documents.html", context))


def _download(request: HttpRequest, token: str, kind: DocumentKind, reference: str = "") -> HttpResponse:
    order = _read_order(token)
    with tenancy.bind(order.business_id), override(order.business.language):
        document = find_document_of_order(order.pk, kind, reference)
        if document is not None:
            return send_document(request, Actor.guest(order.business.pk), document)
        if reference:
            raise Http404
        context = {
            "kind": kind,
            "is_paid": order.paid_total > 0,
            **_page_context(order),
        }
        return _private(render(request, "invoicing/not_yet.html", context, status=202))


def _read_order(token: str) -> Order:
    order = find_across_order_by_token(token)
    if order is None:
        raise Http404
    return order


def _page_context(order: Order) -> dict[str, Any]:
    """The frame of the store, so that the page looks like the shop the buyer knows."""
    return {
        "order": order,
        "store": face_of(order.business),
        "track_url": order_url(order.business.slug, order.public_token),
    }


def send_document(request: HttpRequest, actor: Actor, document: Document) -> HttpResponse:
    """The PDF as a response; its digest is the tag, because it never changes."""
    tag = f'"{document.sha256}"'
    if document.sha256 and tag in request.headers.get("If-None-Match", ""):
        return _private(HttpResponseNotModified())
    rendering = read_document(actor, document=document)
    response = HttpResponse(rendering.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{rendering.file_name}"'
    response["ETag"] = f'"{rendering.sha256}"'
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_cache=True)
    response["X-Robots-Tag"] = "noindex"
    # The address is the key; it must not travel to where a link on the page leads.
    response["Referrer-Policy"] = "no-referrer"
    return response
