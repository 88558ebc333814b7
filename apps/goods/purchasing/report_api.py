"""Purchasing in figures for programs: suppliers compared, what was spent, which costs changed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.performance import performance_of, price_changes, spend
from apps.goods.purchasing.report_pages import MOST_SUPPLIERS
from apps.platform.api.fields import AmountField
from apps.platform.api.periods import PeriodAsked, Reports, report_data, report_shape

# Names of the actions: who mounts them says what they need.
REPORTS = ("compared", "spent", "costs")


def _share(words: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=6, decimal_places=4, allow_null=True, help_text=words)


def _days(words: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=8, decimal_places=1, allow_null=True, help_text=words)


class PerformanceSerializer(serializers.Serializer[Any]):
    """Of finished orders; null where nothing is there to reckon with."""

    orders = serializers.IntegerField(help_text="Received or closed.")
    ordered = serializers.IntegerField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    promised_days = _days("On average.")
    lead_days = _days("From sending to the last delivery, on average.")
    on_time_share = _share("A fraction.")
    fill_rate = _share("Of what was ordered; a fraction.")
    rejected_share = _share("Of what was delivered; a fraction.")
    rating = serializers.DecimalField(max_digits=3, decimal_places=1, allow_null=True, help_text="0 to 5.")


class ComparedRow(PerformanceSerializer):
    supplier = serializers.UUIDField()
    name = serializers.CharField()


class SpentRow(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="Its first day.")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The supplier, or the category; empty: without one."
    )
    goods = AmountField()
    charges = AmountField(help_text="Landed costs.")
    value = AmountField()


class CostRow(serializers.Serializer[Any]):
    on = serializers.DateField()
    title = serializers.CharField()
    supplier = serializers.CharField()
    number = serializers.CharField(help_text="The order.")
    currency = serializers.CharField(help_text="The supplier's: of both costs.")
    before = serializers.DecimalField(max_digits=19, decimal_places=4)
    after = serializers.DecimalField(max_digits=19, decimal_places=4)
    percent = serializers.DecimalField(max_digits=30, decimal_places=1, allow_null=True)


class SpentAsked(PeriodAsked):
    by = serializers.ChoiceField(choices=["supplier", "category"], default="supplier")


def _shape(name: str, row: type[serializers.Serializer[Any]]) -> Any:
    return report_shape(name, row, since=serializers.DateField(), until=serializers.DateField())


SuppliersCompared = _shape("SuppliersCompared", ComparedRow)
PurchasesSpent = _shape("PurchasesSpent", SpentRow)
CostsChanged = _shape("CostsChanged", CostRow)


class PurchaseReports(Reports):
    """The reports as actions of a view of purchase orders."""

    @extend_schema(parameters=[PeriodAsked], responses=SuppliersCompared)
    @action(detail=False, methods=["get"], url_path="reports/suppliers")
    def compared(self, request: Request) -> Response:
        """How suppliers did with orders that were sent in a time and are received or closed."""
        asked = self.asked_for(request, PeriodAsked)
        suppliers = list(Supplier.objects.order_by("name", "id")[:MOST_SUPPLIERS])
        found = performance_of(suppliers, since=asked["since"], until=asked["until"])
        rows = [
            {"supplier": supplier.pk, "name": supplier.name, **facts_of(found[supplier.pk])}
            for supplier in suppliers
            if found[supplier.pk].orders
        ]
        return self.answer_report(report_data(asked, rows), SuppliersCompared)

    @extend_schema(parameters=[SpentAsked], responses=PurchasesSpent)
    @action(detail=False, methods=["get"], url_path="reports/spend")
    def spent(self, request: Request) -> Response:
        """What was received in a time and what it cost here, by month and supplier or category."""
        asked = self.asked_for(request, SpentAsked)
        rows = spend(asked["by"], asked["since"], asked["until"])
        return self.answer_report(report_data(asked, rows), PurchasesSpent)

    @extend_schema(parameters=[PeriodAsked], responses=CostsChanged)
    @action(detail=False, methods=["get"], url_path="reports/costs")
    def costs(self, request: Request) -> Response:
        """Costs of approved orders that differ from the order before, at the same supplier; newest first."""
        asked = self.asked_for(request, PeriodAsked)
        return self.answer_report(
            report_data(asked, price_changes(asked["since"], asked["until"])), CostsChanged
        )


def facts_of(found: Any) -> dict[str, Any]:
    """A performance in the numbers that programs read."""
    return {str(name): getattr(found, str(name)) for name in PerformanceSerializer().fields}
