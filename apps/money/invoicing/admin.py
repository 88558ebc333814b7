"""Papers in the back office: list, content, download."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import formats
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import format_amount, link_column, money_column, text_column
from apps.platform.backoffice.detail import Fact, Section
from apps.platform.backoffice.pages import page
from apps.platform.backoffice.tabs import Tab
from apps.platform.media.panel import CarriesFiles

from .models import PREFIXES, Document
from .selectors import get_document
from .views import send_document


def order_url(document: Document) -> str:
    """The order's page in the back office."""
    try:
        return reverse("admin:orders_order_change", args=[document.order_id])
    except NoReverseMatch:
        return ""


@register(Document)
class DocumentAdmin(CarriesFiles, TenantModelAdmin):
    """Receipts, invoices and credit notes, newest first."""

    read_permission = "documents.read"
    attach_permission = "orders.note"
    list_display = [
        text_column("reference", description=_("Number")),
        text_column("get_kind_display", description=_("Kind")),
        text_column("buyer_name", description=_("Buyer")),
        link_column("order.number", order_url, description=_("Order")),
        text_column("day", description=_("Date")),
        money_column("total", currency="currency", description=_("Total")),
    ]
    list_select_related = ["order"]
    search_fields = ["order__number__iexact"]
    search_help_text = _("Document or order number")
    ordering = ["-issued_at", "-id"]
    tabs = [
        Tab("invoices", _("Invoices"), Q(kind="invoice")),
        Tab("receipts", _("Receipts"), Q(kind="receipt")),
        Tab("credit_notes", _("Credit notes"), Q(kind="credit_note")),
        Tab("all", _("All")),
    ]
    empty_title = _("No documents yet")
    empty_text = _("A receipt is issued when an order is paid, an invoice when goods leave.")
    detail_template = "invoicing/document_detail.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        prefix, _dash, digits = search_term.strip().upper().rpartition("-")
        kinds = [kind for kind, known in PREFIXES.items() if known == prefix]
        if kinds and digits.isdecimal() and len(digits) < 18:
            return queryset.filter(kind=kinds[0], number=int(digits)), False
        return super().get_search_results(request, queryset, search_term)

    def facts(self, actor: Actor, obj: Document) -> list[Fact]:
        facts = [
            Fact(_("Date"), formats.date_format(obj.issued_on, "DATE_FORMAT")),
            Fact(_("Buyer"), obj.buyer_name),
            Fact(_("Order"), obj.snapshot["order"]["number"], url=order_url(obj)),
            Fact(_("Total"), format_amount(obj.total, obj.currency)),
        ]
        if obj.corrects_id:
            url = reverse("admin:invoicing_document_change", args=[obj.corrects_id])
            facts.append(Fact(_("Corrects"), ", ".join(obj.snapshot["corrects"]), url=url))
        if obj.sha256:
            facts.append(Fact(_("SHA-256 of the file"), obj.sha256[:16] + "…"))
        return facts

    def sections(self, actor: Actor, obj: Document) -> list[Section]:
        content = obj.snapshot
        rows = [
            [
                line["title"] or _now("Refund"),
                line["detail"],
                line["quantity"],
                format_amount(line["amount"], obj.currency),
            ]
            for line in content["lines"]
        ]
        if delivery := content["delivery"]:
            amount = format_amount(delivery["amount"], obj.currency)
            rows.append([_now("Delivery"), delivery["title"], "", amount])
        return [
            Section(
                _("Content"),
                columns=[_("Item"), _("Details"), _("Quantity"), _("Amount")],
                rows=rows,
                align={2: "end", 3: "end"},
            )
        ]

    def render_detail(self, request: HttpRequest, obj: Document, extra: dict[str, Any]) -> HttpResponse:
        url = reverse("admin:invoicing_download", args=[obj.pk])
        return super().render_detail(request, obj, {**extra, "download_url": url})


@page(
    "invoicing/download/<uuid:document_id>/",
    name="invoicing_download",
    title=_("Document"),
    permission="documents.read",
)
def download(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """A paper as PDF for staff."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return send_document(request, actor, get_document(document_id))


nav.register(
    section="Money",
    label=_("Documents"),
    url="admin:invoicing_document_changelist",
    permission="documents.read",
    icon="receipt",
    order=30,
)
