"""Reads of purchasing that more than one door needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Upper

from apps.goods.catalog.models import Pack, Variant
from apps.goods.purchasing.models import (
    PurchaseLine,
    PurchaseRules,
    PurchaseVersion,
    Supplier,
    SupplierItem,
)
from apps.goods.purchasing.states import ON_THE_WAY
from apps.kernel.tenancy import across

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def list_active_suppliers() -> QuerySet[Supplier]:
    """Those that goods are bought from, by name."""
    return Supplier.objects.filter(status=Supplier.Status.ACTIVE).order_by("name", "id")


def list_items(supplier: Supplier) -> QuerySet[SupplierItem]:
    """What a supplier sells, with variants and products."""
    return (
        SupplierItem.objects.filter(supplier=supplier)
        .select_related("variant__product", "supplier")
        .order_by("id")
    )


def find_variants(codes: Iterable[str], supplier: Supplier | None = None) -> dict[str, Variant]:
    """Variants that are sold by what is typed or scanned: SKU, else the supplier's SKU, else barcode, else the id.

    Keys are in capitals. Three queries at most.
    """
    typed = {code.strip() for code in codes if code.strip()}
    wanted = {code.upper() for code in typed}
    sold = Variant.objects.filter(active=True).select_related("product")
    # What has neither SKU nor barcode stands by its id where an order is written as text.
    ids = [UUID(code) for code in typed if _ID.fullmatch(code)]
    by_code = sold.filter(Q(barcode__in=typed) | Q(pk__in=ids))
    found: dict[str, Variant] = {}
    for row in by_code:
        found |= {row.barcode.upper(): row, str(row.pk).upper(): row}
    found.pop("", None)
    if supplier is not None:
        items = SupplierItem.objects.annotate(code=Upper("supplier_sku")).filter(
            supplier=supplier, code__in=wanted, variant__active=True
        )
        found |= {item.code: item.variant for item in items.select_related("variant__product")}
    found |= {row.code: row for row in sold.annotate(code=Upper("sku")).filter(code__in=wanted)}
    return found


def usual_packs(variant_ids: Iterable[UUID]) -> dict[UUID, Pack]:
    """The pack in which each variant is ordered from suppliers; those without one are absent. One query."""
    rows = Pack.objects.filter(variant_id__in=list(variant_ids), active=True, for_purchasing=True)
    return {pack.variant_id: pack for pack in rows}


def get_rules() -> PurchaseRules:
    """The business's limits and tolerances; what holds without any when it set none."""
    return PurchaseRules.objects.first() or PurchaseRules()


def list_incoming(variant_ids: Iterable[UUID]) -> QuerySet[PurchaseLine]:
    """Lines that were sent for and have not come whole, with order, supplier and location; expected first."""
    return (
        PurchaseLine.objects.filter(
            variant_id__in=list(variant_ids),
            order__state__in=ON_THE_WAY,
            received_quantity__lt=F("quantity"),
        )
        .select_related("order__supplier", "order__location")
        .order_by(F("order__expected_on").asc(nulls_last=True), "order_id", "position")
    )


def incoming(variant_ids: Iterable[UUID], location_id: UUID | None = None) -> dict[UUID, int]:
    """How many of each variant were sent for and have not come, at one location or at all that may be seen.

    What is not on its way is absent. One query.
    """
    lines = list_incoming(variant_ids)
    if location_id is not None:
        lines = lines.filter(order__location_id=location_id)
    rows = lines.order_by().values_list("variant_id")
    return dict(rows.annotate(coming=Sum(F("quantity") - F("received_quantity"))))


@across("purchasing.token")
def find_across_version(token: str) -> PurchaseVersion | None:
    """The sent version with this secret, whatever the business; None for any other secret."""
    if not token.isascii() or len(token) != 43:
        return None
    sent = PurchaseVersion.unscoped.select_related("business").filter(sent_at__isnull=False)
    return sent.filter(token=token).first()
