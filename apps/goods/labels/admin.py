"""The button “Print labels” on products, variants, goods receipts and lots, which know nothing of labels."""

from __future__ import annotations

from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.models import Lot
from apps.goods.labels.lots import PrintLotLabels
from apps.goods.labels.receipts import PrintReceiptLabels
from apps.goods.labels.verbs import PrintLabels
from apps.goods.purchasing.models import GoodsReceipt
from apps.platform.backoffice.sites import site

for model, verb in (
    (Product, PrintLabels),
    (Variant, PrintLabels),
    (GoodsReceipt, PrintReceiptLabels),
    (Lot, PrintLotLabels),
):
    page = site._registry[model]
    page.verbs = [*page.verbs, verb]  # type: ignore[attr-defined]
