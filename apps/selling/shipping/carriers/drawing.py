"""A label of our own: address, barcode, reference, for carriers that have none to give."""

from __future__ import annotations

import base64
import hashlib

import zxingcpp
from django.template.loader import render_to_string

from apps.kernel.pdf import font_faces, write_pdf

from .base import Parcel


def draw_label(parcel: Parcel, *, carrier: str, service: str, tracking_number: str) -> bytes:
    """A PDF of 100 × 150 mm, the same bytes for the same parcel."""
    bars = zxingcpp.create_barcode(tracking_number, zxingcpp.BarcodeFormat.Code128).to_svg(
        add_hrt=False, add_quiet_zones=True
    )
    markup = render_to_string(
        "shipping/label.html",
        {
            "parcel": parcel,
            "carrier": carrier,
            "service": service,
            "number": tracking_number,
            "bars": base64.b64encode(bars.encode()).decode(),
            "kilograms": f"{parcel.kilograms:.2f}",
            "faces": font_faces(),
        },
    )
    identifier = hashlib.sha256(parcel.reference.encode()).digest()[:16]
    return write_pdf(markup, identifier=identifier, is_tagged=False)
