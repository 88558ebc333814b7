"""From a snapshot to a PDF: WeasyPrint, no network, the same bytes for the same snapshot."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import mimetypes
import re
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils import translation

from apps.kernel.pdf import font_faces, write_pdf
from apps.platform.media.lasting import open_lasting

from .models import Document

TEMPLATES = {
    "receipt": "documents/receipt.html",
    "invoice": "documents/invoice.html",
    "credit_note": "documents/credit_note.html",
}
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
        "due_on": _read_day(content.get("terms", {}).get("due_on")),
        "supplied_on": _read_day(content.get("supplied_on")),
        "received_on": _read_day(content.get("payment", {}).get("received_on")),
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK_ACCENT,
        "logo": _logo(content["seller"]["logo"]),
        "qr": segno.make(content["order"]["tracking_url"], error="m", micro=False).svg_data_uri(border=0),
        "fonts": font_faces(),
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


def _to_pdf(markup: str, document: Document) -> bytes:
    identifier = hashlib.sha256(document.pk.bytes).digest()[:16]
    return write_pdf(markup, identifier=identifier, is_tagged=True)
