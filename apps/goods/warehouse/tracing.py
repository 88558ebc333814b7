"""Transfers and counts name themselves when somebody asks what moved a lot."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from apps.goods.inventory.tracing import Paper, register
from apps.goods.warehouse.models import StockCount, Transfer
from apps.kernel.actors import Actor


@register("transfer")
def transfers_by_id(actor: Actor, ids: list[UUID]) -> dict[UUID, Paper]:
    """The transfers that may be seen."""
    rows = Transfer.objects.filter(pk__in=ids)
    return {
        row.pk: Paper(row.number, reverse("admin:warehouse_transfer_change", args=[row.pk])) for row in rows
    }


@register("count")
def counts_by_id(actor: Actor, ids: list[UUID]) -> dict[UUID, Paper]:
    """The counts that may be seen."""
    rows = StockCount.objects.filter(pk__in=ids)
    return {
        row.pk: Paper(row.number, reverse("admin:warehouse_stockcount_change", args=[row.pk])) for row in rows
    }
