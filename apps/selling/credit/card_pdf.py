"""A gift card to print and to give: made for whoever types its code, and kept nowhere."""

from __future__ import annotations

import hashlib
import re

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from apps.kernel.pdf import font_faces, write_pdf
from apps.platform.businesses.models import Business

from .codes import written
from .models import CreditAccount

FALLBACK_ACCENT = "#1b6b47"
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def render_card(account: CreditAccount, code: str, business: Business) -> bytes:
    """The card as a page, in the language of the business. `code` has been found to be the account's."""
    accent = business.accent_colour
    address = f"{settings.PUBLIC_BASE_URL.rstrip('/')}/store/{business.slug}/"
    context = {
        "account": account,
        "business": business,
        "code": written(code),
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "is_rtl": business.language.partition("-")[0] in RIGHT_TO_LEFT,
        "address": address,
        "qr": segno.make(address, error="m", micro=False).svg_data_uri(border=0),
        "fonts": font_faces(),
    }
    with translation.override(business.language):
        markup = render_to_string("credit/card.html", context)
    return write_pdf(markup, identifier=hashlib.sha256(account.pk.bytes).digest()[:16], is_tagged=True)
