"""What a product's page says in the licensed trade: strain, contents, the laboratory's papers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.goods.catalog.selectors import ProductPage
from apps.selling.storefront.face import StoreFace


def licensed_facts(found: ProductPage) -> list[tuple[str, str, str]]:
    """Strain, classification and contents as rows of the details; nothing outside of this trade."""
    if not found.licensed:
        return []
    shown = found.product
    facts = [
        (_("Strain"), shown.strain, ""),
        (_("Classification"), shown.classification, ""),
        ("THC", contents(shown.thc_min, shown.thc_max, shown.thc_unit), ""),
        ("CBD", contents(shown.cbd_min, shown.cbd_max, shown.cbd_unit), ""),
    ]
    return [fact for fact in facts if fact[1]]


def contents(low: Decimal | None, high: Decimal | None, unit: str = "percent") -> str:
    """`18 to 22 %`, `0.4 %`, `10 mg`; empty when nothing was said."""
    if low is None or high is None:
        return ""
    sign = "mg" if unit == "mg" else "%"
    if low == high:
        return f"{low.normalize():f} {sign}"
    words = {"low": f"{low.normalize():f}", "high": f"{high.normalize():f}", "unit": sign}
    return _("%(low)s to %(high)s %(unit)s") % words


def papers_of(face: StoreFace, found: ProductPage) -> list[dict[str, Any]]:
    """The certificates that customers may read, for the page."""
    address = f"{face.product_url(found.product.slug)}certificates/"
    return [
        {
            "name": _("Lot %(lot)s") % {"lot": paper["lot_code"]} if paper["lot_code"] else _("Certificate"),
            "about": ", ".join(part for part in (paper["lab"], _day(paper["issued_on"])) if part),
            "results": [(row["analyte"], _result(row)) for row in paper["results"]],
            "url": f"{address}{paper['id']}/",
        }
        for paper in found.certificates
    ]


def _day(text: str | None) -> str:
    return date_format(dt.date.fromisoformat(text)) if text else ""


def _result(row: dict[str, Any]) -> str:
    if row["value"] is not None:
        return f"{Decimal(str(row['value'])).normalize():f} {row['unit']}".strip()
    return _("Passed") if row["passed"] else _("Not passed")
