"""The button “Print labels” on products and variants, which know nothing of labels."""

from __future__ import annotations

from apps.goods.catalog.models import Product, Variant
from apps.goods.labels.verbs import PrintLabels
from apps.platform.backoffice.sites import site

for model in (Product, Variant):
    page = site._registry[model]
    page.verbs = [*page.verbs, PrintLabels]  # type: ignore[attr-defined]
