"""From a snapshot to a PDF: WeasyPrint, no network, the same bytes for the same snapshot."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import logging
import mimetypes
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from apps.platform.media.lasting import open_lasting

from .models import Document

TEMPLATES = {
    "receipt": "documents/receipt.html",
    "invoice": "documents/invoice.html",
    "credit_note": "documents/credit_note.html",
}
# They tell every table of every font they touch.
for chatty in ("fontTools", "weasyprint.progress"):
    logging.getLogger(chatty).setLevel(logging.WARNING)
FALLBACK_ACCENT = "#1b6b47"
LARGEST_LOGO = 2 * 1024 * 1024


def render(document: Document) -> bytes:
    """The PDF of `document` in its language. Reads its snapshot and its logo, nothing else."""
    with translation.override(document.snapshot["language"]):
        markup = render_to_string(TEMPLATES[document.kind], _context(document))
    return _to_pdf(markup, document)


def _context(document: Document) -> dict[str, Any]:
    content = document.snapshot
    accent = content["seller"]["accent"]
    return {
        "document": document,
        "content": content,
        "currency": content["currency"],
        "issued_on": document.issued_on,
        "placed_on": dt.date.fromisoformat(content["order"]["placed_on"]),
        "supplied_on": _read_day(content.get("supplied_on")),
        "received_on": _read_day(content.get("payment", {}).get("received_on")),
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "logo": _logo(content["seller"]["logo"]),
        "qr": segno.make(content["order"]["tracking_url"], error="m", micro=False).svg_data_uri(border=0),
        "fonts": _font_faces(),
        "has_discount": any(line["discount"] for line in content["lines"]),
    }


def _read_day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _logo(name: str) -> str:
    """The logo as a data address; a logo that is gone or broken must not stop a paper."""
    file = open_lasting(name) if name else None
    if file is None:
        return ""
    with file:
        data = file.read(LARGEST_LOGO + 1)
    kind = mimetypes.guess_type(name)[0] or ""
    if len(data) > LARGEST_LOGO or not kind.startswith("image/"):
        return ""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@lru_cache(maxsize=1)
def _font_faces() -> str:
    """Inter as shipped with the product; other alphabets fall back to DejaVu."""
    folder = Path(settings.BASE_DIR) / "static" / "fonts"
    faces = []
    for name, letters in (
        (
            "inter-latin-wght-normal",
            "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, "
            "U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD",
        ),
        ("inter-latin-ext-wght-normal", "U+0100-02BA, U+1E00-1E9F, U+1EF2-1EFF, U+2C60-2C7F, U+A720-A7FF"),
        ("inter-currency-wght-normal", "U+20A0-20AB, U+20AD-20C0"),
    ):
        file = folder / f"{name}.woff2"
        if file.exists():
            data = base64.b64encode(file.read_bytes()).decode()
            faces.append(
                "@font-face { font-family: Inter; "
                f"src: url(data:font/woff2;base64,{data}) format('woff2'); unicode-range: {letters}; }}"
            )
    return "\n".join(faces)


def _to_pdf(markup: str, document: Document) -> bytes:
    # Half a second and many megabytes: only who makes a PDF pays for it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # fontTools writes the time of day into every font; with this it writes the same moment always.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    # Words of buyers stand on the paper; none of them may make the server fetch something.
    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False)
    identifier = hashlib.sha256(document.pk.bytes).digest()[:16]
    pdf: bytes = HTML(string=markup, url_fetcher=fetcher).write_pdf(
        pdf_identifier=identifier, pdf_tags=True, optimize_images=True
    )
    return pdf
