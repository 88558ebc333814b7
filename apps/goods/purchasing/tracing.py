"""Receipts name themselves and their suppliers when somebody asks where a lot came from."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from apps.goods.inventory.tracing import Paper, register
from apps.goods.purchasing.models import GoodsReceipt
from apps.goods.purchasing.policies import READ
from apps.kernel.actors import Actor


@register("goods_receipt")
def receipts_with_suppliers(actor: Actor, ids: list[UUID]) -> dict[UUID, Paper]:
    """The receipts with who delivered; the number alone to who may not see purchases."""
    rows = GoodsReceipt.objects.filter(pk__in=ids).select_related("order__supplier")
    if not actor.may(READ):
        return {row.pk: Paper(row.number) for row in rows}
    return {
        row.pk: Paper(
            row.number,
            reverse("admin:purchasing_goodsreceipt_change", args=[row.pk]),
            row.order.supplier.name,
        )
        for row in rows
    }
