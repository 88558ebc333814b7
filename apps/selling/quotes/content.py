"""What stands on a quote's paper: a plain dictionary made when it is sent, and the PDF made of it."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_info

from apps.goods.catalog.sold import as_sold
from apps.kernel import clock
from apps.kernel.pdf import font_faces, write_pdf
from apps.platform.businesses.models import Business
from apps.selling.promotions.words import names_of

from .models import Quote
from .pricing import PricedQuote

FALLBACK_ACCENT = "#1b6b47"
Content = dict[str, Any]


def content_of(business: Business, quote: Quote, now: PricedQuote) -> Content:
    """Everything the paper says, in words and figures that never change again."""
    town = " ".join(part for part in (business.postcode, business.city) if part)
    ours = [business.line1, business.line2, town, business.region, business.country]
    theirs = [quote.line1, quote.line2, " ".join(filter(None, (quote.postcode, quote.city))), quote.region]
    totals = now.totals
    until = quote.valid_until
    if until is not None:
        until = until.astimezone(zoneinfo.ZoneInfo(business.time_zone))
    return {
        "number": quote.number,
        "version": quote.version,
        "language": quote.language,
        "is_rtl": bool(get_language_info(quote.language).get("bidi")),
        "day": clock.today(business.time_zone).isoformat(),
        "valid_until": until.isoformat() if until else "",
        "currency": quote.currency,
        "note": quote.note,
        "po_number": quote.po_number,
        "seller": {
            "name": business.name,
            "lines": [line for line in ours if line],
            "email": business.email,
            "phone": business.phone,
            "tax_name": business.tax_name,
            "tax_number": business.tax_number,
            "accent": business.accent_colour,
        },
        "buyer": {"name": quote.name or quote.email, "lines": [line for line in theirs if line]},
        "lines": [
            {
                "title": " · ".join(
                    part
                    for part in (item.product_title, item.variant.title, item.pack.name if item.pack else "")
                    if part
                ),
                "sku": (item.pack.sku if item.pack else "") or item.variant.sku,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "amount": str(line.subtotal),
                **_measured(quote, item, line),
            }
            for item, line in zip(now.items, totals.lines, strict=True)
        ],
        "promotions": names_of(now.promotions.promised, delivery=False),
        "delivery_promotions": names_of(now.promotions.promised, delivery=True),
        "totals": {
            "subtotal": str(totals.subtotal),
            "discount": str(totals.discount),
            "shipping": str(totals.shipping_gross if totals.tax_inclusive else totals.shipping_net),
            "tax": str(totals.tax),
            "total": str(totals.total),
        },
        "tax_inclusive": totals.tax_inclusive,
        "delivery_open": quote.shipping_price is None,
        "shipping_name": quote.shipping_name,
    }


def _measured(quote: Quote, item: Any, line: Any) -> Content:
    with translation.override(quote.language):
        packed = item.pack is not None
        return as_sold(item.variant, line.quantity, line.unit_price, quote.currency, packed=packed).facts


def render_quote(content: Content, *, identifier: bytes) -> bytes:
    """The PDF of what was sent, in its language: the same bytes for the same content."""
    accent = content["seller"]["accent"]
    amounts = {name: Decimal(value) for name, value in content["totals"].items()}
    context = {
        "content": content,
        "amounts": amounts,
        "lines": [
            {**line, "unit_price": Decimal(line["unit_price"]), "amount": Decimal(line["amount"])}
            for line in content["lines"]
        ],
        "currency": content["currency"],
        "day": dt.date.fromisoformat(content["day"]),
        "valid_until": dt.datetime.fromisoformat(content["valid_until"]) if content["valid_until"] else None,
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "fonts": font_faces(),
    }
    with translation.override(content["language"]):
        markup = render_to_string("quotes/quote_paper.html", context)
    return write_pdf(markup, identifier=identifier, is_tagged=True)
