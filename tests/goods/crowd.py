"""Rows of every kind of goods in any number, for tests that count statements: each row with things of its own.

Rows that shared their product, location or supplier would hide a statement for each row, so nothing is shared. They
are written in bulk, past the services: only lists read them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from apps.goods.catalog.models import (
    Brand,
    Category,
    Certificate,
    CertificateResult,
    Collection,
    Product,
    ProductDraft,
    ProductImage,
    ProductVersion,
    Variant,
)
from apps.goods.garments.models import Colour, Garment, Season, SizeChart, SizeScale, Style
from apps.goods.imports.models import Batch, BatchChange, ImportJob, SavedMapping
from apps.goods.inventory.models import Adjustment, AdjustmentLine, Lot, StockAlert, StockMovement
from apps.goods.purchasing.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    SupplierItem,
)
from apps.goods.warehouse.models import CountLine, StockCount, Transfer, TransferLine, TransferStep
from apps.kernel import clock
from apps.platform.businesses.models import Business, Location

ONE = Decimal(1)
Fill = Callable[["Crowd", range], object]


class Crowd:
    """A business's goods, `size` of each kind so far; to be used with the tenant bound."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.places: list[Location] = []
        self.categories: list[Category] = []
        self.products: list[Product] = []
        self.variants: list[Variant] = []
        self.suppliers: list[Supplier] = []

    @property
    def size(self) -> int:
        return len(self.products)

    def grow(self, size: int) -> range:
        """Make it so large; what is new is returned, to be filled."""
        new = range(self.size, size)
        now = clock.now()
        self.places += Location.objects.bulk_create(
            Location(name=f"Depot {n:03}", code=f"D{n:03}", kind="warehouse") for n in new
        )
        self.categories += Category.objects.bulk_create(
            Category(name=f"Shelf {n:03}", slug=f"shelf-{n:03}", path=f"shelf-{n:03}") for n in new
        )
        brands = Brand.objects.bulk_create(Brand(name=f"Maker {n:03}", slug=f"maker-{n:03}") for n in new)
        made = Product.objects.bulk_create(
            Product(
                title=f"Thing {n:03}", slug=f"thing-{n:03}", status="active", published=True, published_at=now,
                brand=brand, vendor_name=brand.name, category=self.categories[n], max_price=n + 1, variant_count=1,
            )
            for n, brand in zip(new, brands, strict=True)
        )  # fmt: skip
        covers = ProductImage.objects.bulk_create(
            ProductImage(product=one, source_url=f"https://example.com/{one.slug}.jpg") for one in made
        )
        for product, cover in zip(made, covers, strict=True):
            product.cover = cover
        Product.objects.bulk_update(made, ["cover"])
        self.products += made
        self.variants += Variant.objects.bulk_create(
            Variant(product=product, sku=f"T-{n:03}", price=n + 1, cost=ONE)
            for n, product in zip(new, made, strict=True)
        )
        self.suppliers += Supplier.objects.bulk_create(
            Supplier(name=f"Mill {n:03}", code=f"M{n:03}", currency=self.business.currency) for n in new
        )
        return new


def nothing(_crowd: Crowd, _new: range) -> None:
    """What is listed grew with the crowd itself."""


def move(crowd: Crowd, new: range, *, by: int = 3, days: int = 0, reason: str = "receive") -> None:
    """Units of each variant come to, or leave, its own location; `days` ago for who asks when it came."""
    at = clock.now() - dt.timedelta(days=days)
    StockMovement.objects.bulk_create(
        StockMovement(
            variant=crowd.variants[n], location=crowd.places[n], on_hand_delta=by, value_delta=by, unit_cost=ONE,
            reason=reason, occurred_at=at, created_at=at,
        )
        for n in new
    )  # fmt: skip


def collections(_crowd: Crowd, new: range) -> None:
    Collection.objects.bulk_create(Collection(name=f"Set {n:03}", slug=f"set-{n:03}") for n in new)


def drafts(crowd: Crowd, new: range) -> None:
    ProductDraft.objects.bulk_create(
        ProductDraft(product=crowd.products[n], token=f"draft-{n}", begun_by="Ana", changed_by="Ben")
        for n in new
    )


def versions(crowd: Crowd, new: range) -> None:
    now = clock.now()
    ProductVersion.objects.bulk_create(
        ProductVersion(
            product=crowd.products[n],
            number=1,
            content={},
            changed=["title"],
            way="changed",
            made_by="Ana",
            made_at=now,
        )
        for n in new
    )


def certificates(crowd: Crowd, new: range) -> None:
    made = Certificate.objects.bulk_create(
        Certificate(product=crowd.products[n], state="review", lot_code=f"L{n}", lab=f"Lab {n}") for n in new
    )
    CertificateResult.objects.bulk_create(CertificateResult(certificate=one, analyte="THC") for one in made)


def alerts(crowd: Crowd, new: range) -> None:
    move(crowd, new)
    StockAlert.objects.bulk_create(
        StockAlert(variant=crowd.variants[n], location=crowd.places[n], threshold=5, available=3) for n in new
    )
    SupplierItem.objects.bulk_create(
        SupplierItem(supplier=crowd.suppliers[n], variant=crowd.variants[n], cost=ONE, is_preferred=True)
        for n in new
    )


def adjustments(crowd: Crowd, new: range) -> None:
    made = Adjustment.objects.bulk_create(
        Adjustment(number=f"A-{n:03}", location=crowd.places[n], reason_code="damage", worth=n) for n in new
    )
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(adjustment=one, variant=crowd.variants[n], delta=-1, value_delta=-1)
        for n, one in zip(new, made, strict=True)
    )


def lots(crowd: Crowd, new: range) -> None:
    today = clock.today(crowd.business.time_zone)
    soon = today + dt.timedelta(days=20)
    made = Lot.objects.bulk_create(
        Lot(
            variant=crowd.variants[n],
            code=f"L{n:03}",
            received_on=today,
            expires_on=soon,
            supplier=f"Mill {n}",
        )
        for n in new
    )
    StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=lot.variant_id,
            location=crowd.places[n],
            lot=lot,
            on_hand_delta=2,
            value_delta=2,
            reason="receive",
        )
        for n, lot in zip(new, made, strict=True)
    )


def batches(crowd: Crowd, new: range) -> list[Batch]:
    made = Batch.objects.bulk_create(Batch(kind="import", label=f"File {n:03}", change_count=1) for n in new)
    BatchChange.objects.bulk_create(
        BatchChange(batch=one, kind="product_added", target_id=crowd.products[n].pk, label="Thing")
        for n, one in zip(new, made, strict=True)
    )
    return made


def jobs(crowd: Crowd, new: range) -> None:
    ImportJob.objects.bulk_create(
        ImportJob(file="x.csv", file_name=f"File {n:03}.csv", state="finished", batch=batch)
        for n, batch in zip(new, batches(crowd, new), strict=True)
    )


def mappings(_crowd: Crowd, new: range) -> None:
    SavedMapping.objects.bulk_create(SavedMapping(name=f"Shop {n:03}", fingerprint=f"{n}") for n in new)


def garments(crowd: Crowd, new: range) -> None:
    """Garments, each with a style, season, scale and chart of its own; colours beside them."""
    seasons = Season.objects.bulk_create(
        Season(half="SS", year=1960 + n, collection=made)
        for n, made in zip(
            new,
            Collection.objects.bulk_create(
                Collection(name=f"Season {n:03}", slug=f"season-{n:03}") for n in new
            ),
            strict=True,
        )
    )
    styles = Style.objects.bulk_create(Style(number=f"S-{n:03}", name=f"Style {n}") for n in new)
    scales = SizeScale.objects.bulk_create(SizeScale(name=f"Scale {n:03}", sizes=["S", "M"]) for n in new)
    charts = SizeChart.objects.bulk_create(SizeChart(name=f"Chart {n:03}", regions=["EU"]) for n in new)
    Colour.objects.bulk_create(Colour(name=f"Blue {n:03}", hex=f"#{n:06x}") for n in new)
    Garment.objects.bulk_create(
        Garment(product=crowd.products[n], style=style, season=season, scale=scale, chart=chart)
        for n, style, season, scale, chart in zip(new, styles, seasons, scales, charts, strict=True)
    )


def orders(crowd: Crowd, new: range) -> list[PurchaseLine]:
    """Two received orders of each supplier, the second dearer; returns their lines."""
    sent, now = clock.now() - dt.timedelta(days=9), clock.now()
    made = PurchaseOrder.objects.bulk_create(
        PurchaseOrder(
            number=f"P-{n:03}-{cost}", supplier=crowd.suppliers[n], location=crowd.places[n], state="received",
            currency=crowd.business.currency, sent_at=sent, approved_at=sent + dt.timedelta(minutes=cost),
            received_at=now, net_total=cost, total=cost, base_total=cost,
        )
        for n in new
        for cost in (1, 2)
    )  # fmt: skip
    return PurchaseLine.objects.bulk_create(
        PurchaseLine(
            order=order, position=1, variant=crowd.variants[new[at // 2]], title=f"Thing {new[at // 2]:03}",
            quantity=1, unit_cost=order.net_total, net=order.net_total, tax=0, most_quantity=1, received_quantity=1,
        )
        for at, order in enumerate(made)
    )  # fmt: skip


def receipts(crowd: Crowd, new: range) -> None:
    """What came of these orders, all of it."""
    lines, now = orders(crowd, new), clock.now()
    made = GoodsReceipt.objects.bulk_create(
        GoodsReceipt(
            number=f"R-{line.order.number}", order=line.order, location=line.order.location, rate=1,
            goods_value=line.net, charges_value=0, value=line.net, received_at=now, actor_label="Ana",
        )
        for line in lines
    )  # fmt: skip
    GoodsReceiptLine.objects.bulk_create(
        GoodsReceiptLine(
            receipt=receipt, order_line=line, variant=line.variant, accepted=1, goods_value=line.net, charges_value=0,
            value=line.net, unit_cost=line.net,
        )
        for receipt, line in zip(made, lines, strict=True)
    )  # fmt: skip


def run_out(crowd: Crowd, new: range) -> None:
    """All of what came was sold this week, and a supplier of each has more."""
    alerts(crowd, new)
    move(crowd, new, by=-3, reason="consume")


def transfers(crowd: Crowd, new: range) -> None:
    """Transfers between the location of each and the next one, on their way, with a step in the log."""
    main = Location.objects.get(is_default=True)
    made = Transfer.objects.bulk_create(
        Transfer(
            number=f"T-{n:03}",
            source=crowd.places[n],
            destination=main,
            state="in_transit",
            shipped_at=clock.now(),
        )
        for n in new
    )
    TransferLine.objects.bulk_create(
        TransferLine(
            transfer=one, variant=crowd.variants[n], position=1, requested_quantity=2, sent_quantity=2
        )
        for n, one in zip(new, made, strict=True)
    )
    TransferStep.objects.bulk_create(TransferStep(transfer=one, kind="sent", quantity=2) for one in made)


def counts(crowd: Crowd, new: range) -> None:
    made = StockCount.objects.bulk_create(
        StockCount(
            number=f"C-{n:03}",
            location=crowd.places[n],
            scope="category",
            category=crowd.categories[n],
            opened_by_label="Ana",
        )
        for n in new
    )
    CountLine.objects.bulk_create(
        CountLine(
            count=one,
            variant=crowd.variants[n],
            counted_quantity=1,
            expected_quantity=1,
            counted_at=clock.now(),
        )
        for n, one in zip(new, made, strict=True)
    )
