"""Delivery zones, packages and rates for programs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.platform.api.fields import AmountField, CurrencyField, RowSerializer, StrictSerializer
from apps.platform.api.filters import YesNoFilter
from apps.platform.api.views import TenantViewSet

from . import policies, services
from .charging import EACH, LONGEST_CLASS, ONCE
from .models import DeliveryZone, Package, ShippingRate
from .models.rates import Measure
from .services.packages import HEAVIEST_GRAMS, LARGEST_MM
from .services.rates import LONGEST_DELIVERY_DAYS, LONGEST_SERVICE, MOST_PERCENT, CarrierPrice
from .services.zones import MOST_PATTERNS


class CodesField(serializers.ListField):
    """Countries by their two letters."""

    child = serializers.CharField(max_length=2)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=250, **kwargs)


class DeliveryZoneSerializer(RowSerializer):
    countries = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    postcodes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = DeliveryZone
        fields: ClassVar[list[str]] = [
            "id", "name", "countries", "regions", "postcodes", "created_at", "updated_at",
        ]  # fmt: skip


class DeliveryZoneInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    countries = CodesField(help_text="Two letters each; empty: everywhere else.")
    regions = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MOST_PATTERNS, required=False
    )
    postcodes = serializers.ListField(
        child=serializers.CharField(max_length=40),
        max_length=MOST_PATTERNS,
        required=False,
        help_text="BT1 5AB, BT* or 1000-1999.",
    )


class PackageSerializer(RowSerializer):
    class Meta:
        model = Package
        fields: ClassVar[list[str]] = [
            "id", "name", "length_mm", "width_mm", "height_mm", "empty_grams", "is_default", "active", "created_at",
            "updated_at",
        ]  # fmt: skip


class PackageInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    length_mm = serializers.IntegerField(min_value=1, max_value=LARGEST_MM)
    width_mm = serializers.IntegerField(min_value=1, max_value=LARGEST_MM)
    height_mm = serializers.IntegerField(min_value=1, max_value=LARGEST_MM)
    empty_grams = serializers.IntegerField(min_value=0, max_value=HEAVIEST_GRAMS, required=False)
    is_default = serializers.BooleanField(
        required=False, help_text="The usual one, instead of the one that was. The first one always is."
    )


class PackageChange(PackageInput):
    active = serializers.BooleanField(required=False)


class DeliveryStepSerializer(StrictSerializer):
    up_to = serializers.DecimalField(
        max_digits=12,
        decimal_places=4,
        allow_null=True,
        help_text="Grams, worth or pieces, as `measure` says; null, as the last step: everything above.",
    )
    price = AmountField(min_value=Decimal(0))


class SurchargeSerializer(StrictSerializer):
    shipping_class = serializers.CharField(max_length=LONGEST_CLASS)
    amount = AmountField(
        min_value=Decimal(0), allow_null=True, help_text="Null: such goods are not sent this way."
    )
    each_piece = serializers.BooleanField(default=False)


class CarrierPriceSerializer(StrictSerializer):
    carrier = serializers.CharField(max_length=32, help_text="The code of a carrier in use, such as fedex.")
    service = serializers.CharField(
        max_length=LONGEST_SERVICE, help_text="By the carrier's code, such as FEDEX_GROUND."
    )
    percent = serializers.DecimalField(
        max_digits=6,
        decimal_places=2,
        min_value=Decimal(0),
        max_value=MOST_PERCENT,
        required=False,
        help_text="Of the carrier's price, added to it.",
    )
    extra = AmountField(min_value=Decimal(0), required=False, help_text="Added to the carrier's price.")
    fallback = AmountField(
        min_value=Decimal(0),
        required=False,
        allow_null=True,
        help_text="The price while the carrier cannot say; null: not offered then.",
    )


class DeliveryRateSerializer(RowSerializer):
    countries = serializers.ListField(child=serializers.CharField())
    steps = serializers.SerializerMethodField()
    surcharges = serializers.SerializerMethodField()
    carrier = serializers.SerializerMethodField()
    currency = CurrencyField()

    class Meta:
        model = ShippingRate
        fields: ClassVar[list[str]] = [
            "id", "name", "currency", "price", "measure", "steps", "surcharges", "carrier", "free_over", "countries",
            "zone", "pickup_location", "delivery_days_min", "delivery_days_max", "active", "position", "created_at",
            "updated_at",
        ]  # fmt: skip

    @extend_schema_field(DeliveryStepSerializer(many=True))
    def get_steps(self, rate: ShippingRate) -> Any:
        rows = [
            {"up_to": None if most is None else Decimal(most), "price": Decimal(cost)}
            for most, cost in rate.steps
        ]
        return DeliveryStepSerializer(rows, many=True, context=self.context).data

    @extend_schema_field(SurchargeSerializer(many=True))
    def get_surcharges(self, rate: ShippingRate) -> Any:
        rows = [
            {
                "shipping_class": name,
                "amount": None if cost is None else Decimal(cost),
                "each_piece": how == EACH,
            }
            for name, cost, how in rate.surcharges
        ]
        return SurchargeSerializer(rows, many=True, context=self.context).data

    @extend_schema_field(CarrierPriceSerializer(allow_null=True))
    def get_carrier(self, rate: ShippingRate) -> Any:
        if rate.carrier_account is None:
            return None
        price = CarrierPrice(
            rate.carrier_account.carrier,
            rate.carrier_service,
            rate.carrier_percent,
            rate.carrier_extra,
            rate.fallback,
        )
        return CarrierPriceSerializer(price, context=self.context).data


class DeliveryRateInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    price = AmountField(
        min_value=Decimal(0), required=False, help_text="For one price; steps and carriers say their own."
    )
    measure = serializers.ChoiceField(choices=Measure.choices, required=False)
    steps = DeliveryStepSerializer(many=True, required=False)
    surcharges = SurchargeSerializer(many=True, required=False)
    carrier = CarrierPriceSerializer(
        required=False, allow_null=True, help_text="With the measure carrier; a change may name parts of it."
    )
    free_over = AmountField(min_value=Decimal(0), required=False, allow_null=True)
    countries = CodesField(
        required=False, help_text="Two letters each; without any, and no zone: everywhere."
    )
    zone_id = serializers.UUIDField(required=False, allow_null=True)
    pickup_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The location where buyers collect it."
    )
    delivery_days_min = serializers.IntegerField(min_value=0, max_value=LONGEST_DELIVERY_DAYS)
    delivery_days_max = serializers.IntegerField(min_value=0, max_value=LONGEST_DELIVERY_DAYS)
    position = serializers.IntegerField(min_value=0, max_value=1000, required=False)


class DeliveryRateChange(DeliveryRateInput):
    active = serializers.BooleanField(required=False)


class ZoneFilter(django_filters.FilterSet):
    country = django_filters.CharFilter(method="by_country", label="Two letters: zones that name it.")

    class Meta:
        model = DeliveryZone
        fields: ClassVar[list[str]] = []

    def by_country(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Those that name the country."""
        return rows.filter(countries__contains=[value.upper()])


class PackageFilter(django_filters.FilterSet):
    active = YesNoFilter()

    class Meta:
        model = Package
        fields: ClassVar[list[str]] = []


class RateFilter(django_filters.FilterSet):
    active = YesNoFilter()
    measure = django_filters.ChoiceFilter(choices=Measure.choices)
    zone = django_filters.UUIDFilter(field_name="zone_id")
    country = django_filters.CharFilter(
        method="by_country", label="Two letters: rates that serve it, or a part of it."
    )

    class Meta:
        model = ShippingRate
        fields: ClassVar[list[str]] = []

    def by_country(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Those that serve the country by themselves or by their zone."""
        code = [value.upper()]
        own = Q(zone__isnull=True) & (Q(countries=[]) | Q(countries__contains=code))
        return rows.filter(
            own | Q(zone__countries=[], zone__isnull=False) | Q(zone__countries__contains=code)
        )


class _Settings(TenantViewSet):
    permissions = {
        "list": policies.READ,
        "retrieve": policies.READ,
        "create": policies.MANAGE,
        "partial_update": policies.MANAGE,
        "destroy": policies.MANAGE,
    }
    # The services that add one and change parts of one, and what the latter calls its id.
    add: ClassVar[Callable[..., Any]]
    change: ClassVar[Callable[..., Any]]
    id_name: ClassVar[str]

    def rows(self) -> QuerySet[Any]:
        model: Any = self.model
        return model.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return self.answer(self.get_row())

    def create(self, request: Request) -> Response:
        """Add one."""
        given = self.translate(self.read_input())
        return self.answer(type(self).add(self.actor, **given, key=self.key), created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one; what is left out stays."""
        given = self.translate(self.read_input(partial=True))
        return self.answer(type(self).change(self.actor, **{self.id_name: self.row_id}, values=given))

    def translate(self, given: dict[str, Any]) -> dict[str, Any]:
        """The body in the words of the services."""
        return given


def _addresses(
    given: type[StrictSerializer], changed: type[StrictSerializer], shown: type[RowSerializer], **example: Any
) -> Any:
    """What the addresses of one kind take and answer."""
    examples = [OpenApiExample("One", value=example, request_only=True)]
    return extend_schema_view(
        create=extend_schema(request=given, responses={201: shown}, examples=examples),
        partial_update=extend_schema(request=changed, responses=shown),
        destroy=extend_schema(responses={204: None}),
    )


@_addresses(
    DeliveryZoneInput,
    DeliveryZoneInput,
    DeliveryZoneSerializer,
    name="Islands",
    countries=["GB"],
    postcodes=["BT*", "IM*"],
)
@extend_schema(tags=["shipping"])
class ZoneViewSet(_Settings):
    """Places that cost the same. Of zones that describe an address the closest counts."""

    model = DeliveryZone
    serializer_class = DeliveryZoneSerializer
    filterset_class = ZoneFilter
    input_classes = {"create": DeliveryZoneInput, "partial_update": DeliveryZoneInput}
    add, change = staticmethod(services.add_zone), staticmethod(services.change_zone_part)
    id_name = "zone_id"

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove one that no rate uses."""
        services.remove_zone(self.actor, zone_id=self.row_id)
        return Response(status=204)


@_addresses(
    PackageInput, PackageChange, PackageSerializer, name="Box", length_mm=300, width_mm=200, height_mm=105,
    empty_grams=150,
)  # fmt: skip
@extend_schema(tags=["shipping"])
class PackageViewSet(_Settings):
    """What parcels are packed in; the usual one counts where delivery goes by weight."""

    model = Package
    serializer_class = PackageSerializer
    filterset_class = PackageFilter
    input_classes = {"create": PackageInput, "partial_update": PackageChange}
    add, change = staticmethod(services.add_package), staticmethod(services.change_package_part)
    id_name = "package_id"

    def destroy(self, request: Request, pk: str) -> Response:
        """Take one out of use: labels keep it, and `active` puts it back."""
        services.use_package(self.actor, package_id=self.row_id, active=False)
        return Response(status=204)


@_addresses(
    DeliveryRateInput, DeliveryRateChange, DeliveryRateSerializer, name="FedEx Ground", measure="carrier",
    carrier={"carrier": "fedex", "service": "FEDEX_GROUND", "percent": "10", "fallback": "12.00"}, countries=["US"],
    delivery_days_min=1, delivery_days_max=5,
)  # fmt: skip
@extend_schema(tags=["shipping"])
class RateViewSet(_Settings):
    """Ways of delivery and their prices, the shop's own or a carrier's. Amounts are in `currency`."""

    model = ShippingRate
    serializer_class = DeliveryRateSerializer
    filterset_class = RateFilter
    input_classes = {"create": DeliveryRateInput, "partial_update": DeliveryRateChange}
    add, change = staticmethod(services.add_rate), staticmethod(services.change_rate_part)
    id_name = "rate_id"

    def rows(self) -> QuerySet[Any]:
        return ShippingRate.objects.select_related("carrier_account")

    def destroy(self, request: Request, pk: str) -> Response:
        """Take one out of use: orders keep what they were promised, and `active` puts it back."""
        services.use_rate(self.actor, rate_id=self.row_id, active=False)
        return Response(status=204)

    def translate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "steps" in given:
            given["steps"] = [(one["up_to"], one["price"]) for one in given["steps"]]
        if "surcharges" in given:
            given["surcharges"] = [
                (
                    one["shipping_class"],
                    one["amount"],
                    "" if one["amount"] is None else EACH if one.get("each_piece") else ONCE,
                )
                for one in given["surcharges"]
            ]
        if self.action == "create":
            given = {"price": Decimal(0), "countries": [], **given}
            if given.get("carrier") is not None:
                given["carrier"] = CarrierPrice(**given["carrier"])
        return given


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("shipping-zones", ZoneViewSet, basename="shipping-zone")
    router.register("shipping-packages", PackageViewSet, basename="shipping-package")
    router.register("shipping-rates", RateViewSet, basename="shipping-rate")
