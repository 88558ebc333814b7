"""A company's statement of account: opening balance, what happened, closing balance; as values and as PDF."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from apps.kernel.pdf import font_faces, write_pdf
from apps.money.invoicing.content import seller_facts
from apps.money.invoicing.rendering import FALLBACK_ACCENT
from apps.people.customers.addresses import postal_lines
from apps.people.customers.models import Company
from apps.platform.businesses.models import Business

from .selectors import BUCKETS, Movement, balance_of, movements, open_items

KINDS = {
    "invoice": _("Invoice"),
    "payment": _("Payment"),
    "credit_note": _("Credit note"),
    "reversal": _("Payment taken back"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a company owed before `start`, what changed it, what it owes at the end of `end`, by age."""

    company: Company
    start: dt.date
    end: dt.date
    opening: Decimal
    rows: list[Movement]
    closing: Decimal
    ages: list[Decimal]


def statement_of(company: Company, start: dt.date, end: dt.date) -> Statement:
    """The statement of a company for a period, both days included; six queries for any number of rows."""
    opening = balance_of(company.pk, start - dt.timedelta(days=1))
    rows = movements(company.pk, start, end, opening)
    ages = [Decimal(0)] * len(BUCKETS)
    for item in open_items(end, company_id=company.pk):
        ages[item.bucket] += item.open_amount
    closing = rows[-1].balance if rows else opening
    return Statement(company, start, end, opening, rows, closing, ages)


def render_statement(business: Business, made: Statement) -> bytes:
    """The statement as PDF, in the business's language: the same bytes for the same figures."""
    context = _context(business, made)
    with translation.override(business.language):
        markup = render_to_string("documents/statement.html", context)
    named = f"{made.company.pk}:{made.start}:{made.end}:{made.closing}"
    return write_pdf(markup, identifier=hashlib.sha256(named.encode()).digest()[:16], is_tagged=True)


def _context(business: Business, made: Statement) -> dict[str, Any]:
    company, accent = made.company, business.accent_colour
    streets = (company.line1, company.line2)
    lines = postal_lines(streets, company.city, company.region, company.postcode, company.country)
    return {
        "made": made,
        "seller": seller_facts(business),
        "company": company,
        "lines": lines,
        "rows": [(row, KINDS[row.kind]) for row in made.rows],
        "ages": [(label, amount) for (label, _most), amount in zip(BUCKETS, made.ages, strict=True)],
        "currency": business.currency,
        "language": business.language,
        "is_rtl": get_language_info(business.language.split("-")[0])["bidi"],
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "fonts": font_faces(),
    }
