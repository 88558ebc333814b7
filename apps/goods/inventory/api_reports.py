"""Stock in figures for programs: the same sums as the page of reports."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.catalog.costs import CostField
from apps.goods.inventory.ageing import AGES, list_aged
from apps.goods.inventory.models import StockMovement
from apps.goods.inventory.reporting import list_idle, list_low, list_moved, list_places, list_worth
from apps.kernel.money import ZERO
from apps.platform.api.periods import DayAsked, NowAsked, PeriodAsked, Reports, report_data, report_shape

# Names of the actions: who mounts them says what they need.
REPORTS = ("worth", "places", "low", "moved", "age", "idle")
_DAY = serializers.DateField(help_text="Reckoned at its end.")


class _ItemRow(serializers.Serializer[Any]):
    variant = serializers.UUIDField(source="variant.pk")
    sku = serializers.CharField(source="variant.sku")
    product_title = serializers.CharField(source="variant.product.title")
    variant_title = serializers.CharField(source="variant.title")


class StockWorthRow(_ItemRow):
    units = serializers.IntegerField()
    unit_cost = CostField(help_text="On average; null: nothing is there.")
    value = CostField()


class StockPlaceRow(serializers.Serializer[Any]):
    location = serializers.UUIDField(source="location_id")
    name = serializers.CharField()
    kinds = serializers.IntegerField(help_text="Different goods.")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    value = CostField()


class StockLowRow(_ItemRow):
    location = serializers.UUIDField(source="location.pk")
    location_code = serializers.CharField(source="location.code")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()
    warn_at = serializers.IntegerField()
    incoming = serializers.IntegerField()
    bought_from = serializers.CharField()


class StockMovedRow(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=StockMovement.Reason.choices)
    times = serializers.IntegerField()
    came = serializers.IntegerField()
    went = serializers.IntegerField()
    value = CostField()


class StockAgeRow(_ItemRow):
    ages = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Units up to each of `edges` days old, and older ones last.",
    )
    oldest_days = serializers.IntegerField()


class StockIdleRow(_ItemRow):
    units = serializers.IntegerField()
    value = CostField()
    last_sold_on = serializers.DateField(allow_null=True, help_text="Null: never.")


StockWorth = report_shape(
    "StockWorth", StockWorthRow, day=_DAY, units=serializers.IntegerField(), value=CostField()
)
StockPlaces = report_shape("StockPlaces", StockPlaceRow)
StockLow = report_shape("StockLow", StockLowRow)
StockMoved = report_shape(
    "StockMoved", StockMovedRow, since=serializers.DateField(), until=serializers.DateField()
)
StockAge = report_shape(
    "StockAge", StockAgeRow, day=_DAY, edges=serializers.ListField(child=serializers.IntegerField())
)
StockIdle = report_shape(
    "StockIdle",
    StockIdleRow,
    since=serializers.DateField(),
    until=serializers.DateField(),
    value=CostField(),
)


class StockReports(Reports):
    """The reports as actions of a view of stock."""

    @extend_schema(parameters=[DayAsked], responses=StockWorth)
    @action(detail=False, methods=["get"], url_path="reports/worth")
    def worth(self, request: Request) -> Response:
        """What lay there at the end of a day and what it was worth, goods on their way included; worth most first.

        Of a past day it always says the same: what is entered later counts from the day it is entered.
        """
        asked = self.asked_for(request, DayAsked)
        rows = list_worth(asked["day"])
        units, value = sum(row.units for row in rows), sum((row.value for row in rows), ZERO)
        return self.answer_report(report_data(asked, rows, units=units, value=value), StockWorth)

    @extend_schema(parameters=[NowAsked], responses=StockPlaces)
    @action(detail=False, methods=["get"], url_path="reports/places")
    def places(self, request: Request) -> Response:
        """Each location with what lies there at this moment."""
        return self.answer_report(report_data(self.asked_for(request, NowAsked), list_places()), StockPlaces)

    @extend_schema(parameters=[NowAsked], responses=StockLow)
    @action(detail=False, methods=["get"], url_path="reports/low")
    def low(self, request: Request) -> Response:
        """What is at its warning level or below at this moment, emptiest first."""
        return self.answer_report(report_data(self.asked_for(request, NowAsked), list_low()), StockLow)

    @extend_schema(parameters=[PeriodAsked], responses=StockMoved)
    @action(detail=False, methods=["get"], url_path="reports/movements")
    def moved(self, request: Request) -> Response:
        """What came and went in a time, by reason; promises to buyers move nothing and are left out."""
        asked = self.asked_for(request, PeriodAsked)
        return self.answer_report(report_data(asked, list_moved(asked["since"], asked["until"])), StockMoved)

    @extend_schema(parameters=[DayAsked], responses=StockAge)
    @action(detail=False, methods=["get"], url_path="reports/age")
    def age(self, request: Request) -> Response:
        """How long what lay there at the end of a day had been lying, first in first out; oldest first."""
        asked = self.asked_for(request, DayAsked)
        return self.answer_report(report_data(asked, list_aged(asked["day"]), edges=AGES), StockAge)

    @extend_schema(parameters=[PeriodAsked], responses=StockIdle)
    @action(detail=False, methods=["get"], url_path="reports/idle")
    def idle(self, request: Request) -> Response:
        """What lay there at the end of a time and was not sold in it, worth most first."""
        asked = self.asked_for(request, PeriodAsked)
        rows = list_idle(asked["since"], asked["until"])
        value = sum((row.value for row in rows), ZERO)
        return self.answer_report(report_data(asked, rows, value=value), StockIdle)
