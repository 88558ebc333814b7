"""The paper that travels with a transfer: its goods, lots, a barcode of its number, and room for signatures."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from uuid import UUID

import zxingcpp
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.models import StockMovement
from apps.goods.inventory.page_parts import full_name
from apps.goods.warehouse.models import Transfer, TransferLine
from apps.kernel import clock
from apps.kernel.pdf import font_faces, write_pdf
from apps.platform.backoffice.pages import page
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_current_business

FALLBACK_ACCENT = "#1b6b47"
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def note_url(transfer: Transfer) -> str:
    """The address of the paper."""
    return reverse("admin:stock_transfer_note", args=[transfer.pk])


@page("stock/transfers/<uuid:transfer_id>/note.pdf", name="stock_transfer_note", title=_("Transfer note"),
      permission="stock.read")  # fmt: skip
def transfer_note(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """The paper as it is now: what was asked for, and once they left what was sent, with lots."""
    transfer = Transfer.objects.select_related("source", "destination").filter(pk=transfer_id).first()
    if transfer is None:
        raise Http404
    response = HttpResponse(render_note(transfer), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{transfer.number}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def render_note(transfer: Transfer) -> bytes:
    """The PDF, in the language of the business."""
    business = get_current_business()
    with translation.override(business.language):
        markup = render_to_string("warehouse/transfer_note.html", note_context(transfer, business))
    identifier = hashlib.sha256(transfer.pk.bytes).digest()[:16]
    return write_pdf(markup, identifier=identifier, is_tagged=True)


def note_context(transfer: Transfer, business: Business) -> dict[str, Any]:
    """What stands on the paper. Three statements for any number of lines."""
    lines = TransferLine.objects.filter(transfer=transfer).select_related("variant__product")
    lots = lots_of(transfer)
    is_sent = transfer.shipped_at is not None
    written = list(lines.order_by("position"))
    pieces = sum(line.sent_quantity if is_sent else line.requested_quantity for line in written)
    rows = [
        {
            "title": full_name(line.variant),
            "sku": line.variant.sku,
            "barcode": line.variant.barcode,
            "asked": line.requested_quantity,
            "sent": line.sent_quantity if is_sent else "",
            "lots": lots.get(line.variant_id, []),
        }
        for line in written
    ]
    accent = business.accent_colour
    return {
        "transfer": transfer,
        "business": business,
        "lines": rows,
        "pieces": pieces,
        "is_sent": is_sent,
        "day": clock.today(business.time_zone),
        "address": [one for one in (business.line1, business.line2, business.postcode, business.city) if one],
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "is_rtl": business.language.partition("-")[0] in RIGHT_TO_LEFT,
        "barcode": barcode_of(transfer.number),
        "fonts": font_faces(),
    }


def lots_of(transfer: Transfer) -> dict[UUID, list[tuple[str, int]]]:
    """Lot or serial number and pieces of what left, by variant."""
    left = StockMovement.objects.filter(
        reference_type="transfer",
        reference_id=transfer.pk,
        location_id=transfer.source_id,
        reason=StockMovement.Reason.TRANSFER_OUT,
        lot__isnull=False,
    )
    found: dict[UUID, list[tuple[str, int]]] = {}
    rows = left.order_by("lot__code").values_list("variant_id", "lot__code").annotate(n=-Sum("on_hand_delta"))
    for variant_id, code, count in rows:
        found.setdefault(variant_id, []).append((code, count))
    return found


def barcode_of(number: str) -> str:
    """Code 128 of the number, as an address that the paper shows."""
    made = zxingcpp.create_barcode(number, zxingcpp.BarcodeFormat.Code128)
    drawing = made.to_svg(add_hrt=False, add_quiet_zones=True)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
