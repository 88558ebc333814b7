"""What stands on a purchase order's paper: a plain dictionary made at approval, and the PDF made of it."""

from __future__ import annotations

import base64
import datetime as dt
import mimetypes
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_info, gettext

from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, SupplierAddress
from apps.kernel import clock
from apps.kernel.money import ZERO, minor_digits
from apps.kernel.pdf import font_faces, write_pdf
from apps.platform.businesses.models import Business
from apps.platform.fields.selectors import paper_facts
from apps.platform.media.lasting import open_lasting

FALLBACK_ACCENT = "#1b6b47"
LARGEST_LOGO = 2 * 1024 * 1024
Content = dict[str, Any]


def order_content(business: Business, order: PurchaseOrder, lines: Iterable[PurchaseLine]) -> Content:
    """Everything the paper says, in words and figures that never change again."""
    supplier = order.supplier
    address = SupplierAddress.objects.filter(supplier=supplier).order_by("id").first()
    town = " ".join(part for part in (business.postcode, business.city) if part)
    ours = [business.line1, business.line2, town, business.region, business.country]
    return {
        "number": order.number,
        "version": order.version,
        "language": business.language,
        "is_rtl": bool(get_language_info(business.language).get("bidi")),
        "day": clock.today(business.time_zone).isoformat(),
        "expected_on": order.expected_on.isoformat() if order.expected_on else "",
        "currency": order.currency,
        "payment_days": supplier.payment_days,
        "note": order.note,
        "facts": paper_facts(order, business.currency),
        "buyer": {
            "name": business.name,
            "lines": [line for line in ours if line],
            "email": business.email,
            "phone": business.phone,
            "tax_name": business.tax_name,
            "tax_number": business.tax_number,
            "accent": business.accent_colour,
            "logo": business.logo.name or "",
        },
        "deliver_to": order.location.name,
        "supplier": {
            "name": supplier.name,
            "code": supplier.code,
            "lines": address.lines if address else [],
            "tax_number": supplier.tax_number,
        },
        "lines": [
            {
                "title": line.title,
                "sku": line.sku,
                "supplier_sku": line.supplier_sku,
                "quantity": line.quantity,
                "pack": "" if line.pack_cost is None else _pack(line, order.currency),
                "unit_cost": _text(line.unit_cost, order.currency),
                "rate": f"{(line.tax_rate * 100).normalize():f}",
                "net": _text(line.net, order.currency),
            }
            for line in lines
        ],
        "totals": {
            "net": _text(order.net_total, order.currency),
            "tax": _text(order.tax_total, order.currency),
            "gross": _text(order.total, order.currency),
        },
    }


def render_order(content: Content, *, identifier: bytes) -> bytes:
    """The PDF of a version's content, in its language."""
    accent = content["buyer"]["accent"]
    context = {
        "content": content,
        "currency": content["currency"],
        "day": dt.date.fromisoformat(content["day"]),
        "expected_on": dt.date.fromisoformat(content["expected_on"]) if content["expected_on"] else None,
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "logo": _logo(content["buyer"]["logo"]),
        "fonts": font_faces(),
    }
    with translation.override(content["language"]):
        markup = render_to_string("purchasing/order_paper.html", context)
    return write_pdf(markup, identifier=identifier, is_tagged=True)


def _pack(line: PurchaseLine, currency: str) -> str:
    """`5 × Case of 12 at 10.00`: what the supplier reads first; pieces and their cost stand beside it."""
    with translation.override(line.order.business.language):
        said = {"packs": line.pack_words, "cost": _text(line.pack_cost or ZERO, currency)}
        return gettext("%(packs)s at %(cost)s") % said


def _text(amount: Decimal, currency: str) -> str:
    """At the minor unit, or with as many of four places as a unit cost needs."""
    short = f"{amount:.{minor_digits(currency)}f}"
    return short if Decimal(short) == amount else f"{amount.normalize():f}"


def _logo(name: str) -> str:
    """The logo as a data address; one that is gone must not stop a paper."""
    file = open_lasting(name) if name else None
    if file is None:
        return ""
    with file:
        data = file.read(LARGEST_LOGO + 1)
    kind = mimetypes.guess_type(name)[0] or ""
    if len(data) > LARGEST_LOGO or not kind.startswith("image/"):
        return ""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
