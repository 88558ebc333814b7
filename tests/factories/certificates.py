"""Certificates of analysis: papers as laboratories print them, and records made of them without a file's long way."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
from weasyprint import HTML

from apps.goods.catalog.coa import read_certificate
from apps.goods.catalog.models import Certificate, Product
from apps.goods.catalog.services import approve_certificate, begin_certificate
from apps.goods.catalog.services.certificates import record_reading
from apps.kernel.actors import Actor

PAPER = """Green Leaf Analytics LLC
Certificate of Analysis
Laboratory: Green Leaf Analytics
Batch #: HH-2603-01
Report date: 2026-03-14
Analyte|LOQ|%|mg/g
THCA|0.10|24.21|242.1
Δ9-THC|0.10|0.52|5.2
CBDA|0.10|0.11|1.1
CBD|0.10|ND|ND
Total THC: 21.75 %
Moisture: 10.8 %
Pesticides: PASS
Heavy metals: PASS
Microbials: PASS"""


def paper_pdf(text: str = PAPER) -> bytes:
    """A laboratory's paper; lines with strokes become rows of a table."""
    rows = []
    for line in text.splitlines():
        cells = line.split("|")
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    style = (
        "<style>body { font: 15pt sans-serif } td { padding: 3pt 14pt 3pt 0; white-space: nowrap }</style>"
    )
    parts = "".join(
        f"<table>{row}</table>" if row.count("<td>") == 1 else row for row in rows if row.count("<td>") == 1
    )
    table = "".join(row for row in rows if row.count("<td>") > 1)
    return bytes(HTML(string=f"{style}{parts}<table>{table}</table>").write_pdf())


def paper_picture(text: str = PAPER) -> bytes:
    """The same paper as somebody photographs it: no text in it, only dots."""
    page = pypdfium2.PdfDocument(paper_pdf(text))[0]
    out = io.BytesIO()
    page.render(scale=200 / 72).to_pil().convert("L").save(out, "PNG")
    return out.getvalue()


def make_certificate(
    product: Product, *, text: str = PAPER, approved: bool = False, **fields: Any
) -> Certificate:
    """A certificate that was read from a text; its file never arrived. With `approved` customers may read it."""
    actor = Actor.system("factory", product.business_id)
    made = begin_certificate(
        actor,
        product_id=product.pk,
        name="certificate.pdf",
        content_type="application/pdf",
        size=1000,
        **fields,
    )
    text = text.replace("|", " ")
    made = record_reading(
        actor, certificate_id=made.pk, text=text, source="text", draft=read_certificate(text)
    )
    return approve_certificate(actor, certificate_id=made.pk, is_public=True) if approved else made
