"""The button “Print labels” on products, variants, goods receipts, transfers and lots, which know nothing of labels."""

from __future__ import annotations

from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.models import Lot
from apps.goods.labels.lots import PrintLotLabels
from apps.goods.labels.receipts import PrintReceiptLabels
from apps.goods.labels.transfers import PrintTransferLabels
from apps.goods.labels.verbs import PrintLabels
from apps.goods.purchasing.models import GoodsReceipt
from apps.goods.warehouse.models import Transfer
from apps.platform.backoffice.sites import site

for model, verb in (
    (Product, PrintLabels),
    (Variant, PrintLabels),
    (GoodsReceipt, PrintReceiptLabels),
    (Lot, PrintLotLabels),
    (Transfer, PrintTransferLabels),
):
    page = site._registry[model]
    page.verbs = [*page.verbs, verb]  # type: ignore[attr-defined]
