"""From our own markup to a PDF: WeasyPrint with the product's fonts, no network, the same bytes for the same markup."""

from __future__ import annotations

import base64
import logging
import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings

# They tell every table of every font they touch.
for chatty in ("fontTools", "weasyprint.progress"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

_FACES = (
    (
        "inter-latin-wght-normal",
        "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, "
        "U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD",
    ),
    ("inter-latin-ext-wght-normal", "U+0100-02BA, U+1E00-1E9F, U+1EF2-1EFF, U+2C60-2C7F, U+A720-A7FF"),
    ("inter-currency-wght-normal", "U+20A0-20AB, U+20AD-20C0"),
)


@lru_cache(maxsize=1)
def font_faces() -> str:
    """CSS for Inter as shipped with the product; other alphabets fall back to DejaVu."""
    folder = Path(settings.BASE_DIR) / "static" / "fonts"
    faces = []
    for name, letters in _FACES:
        file = folder / f"{name}.woff2"
        if file.exists():
            data = base64.b64encode(file.read_bytes()).decode()
            faces.append(
                "@font-face { font-family: Inter; "
                f"src: url(data:font/woff2;base64,{data}) format('woff2'); unicode-range: {letters}; }}"
            )
    return "\n".join(faces)


def write_pdf(markup: str, *, identifier: bytes, is_tagged: bool = False) -> bytes:
    """The PDF of a page of markup. `identifier` names it (16 bytes); `is_tagged` for those who have it read aloud."""
    # Half a second and many megabytes: only who makes a PDF pays for it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # fontTools writes the time of day into every font; with this it writes the same moment always.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    # Words of customers stand on the paper; none of them may make the server fetch something.
    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False)
    pdf: bytes = HTML(string=markup, url_fetcher=fetcher).write_pdf(
        pdf_identifier=identifier, pdf_tags=is_tagged, optimize_images=True
    )
    return pdf
