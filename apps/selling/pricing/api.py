"""Price lists for programs: lists, what stands on them, and what something costs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.kernel import clock
from apps.kernel.errors import NotFound
from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.businesses.channels import Channel

from . import policies, services
from .api_competitors import CompetitorPriceViewSet
from .channels import CHANNELS
from .models import Level, PriceList, PriceListEntry
from .resolving import Buyer, Want, resolve
from .selectors import find_variant
from .services.entries import MOST_AT_ONCE, EntryDraft

_TAGS = ["prices"]


class PriceListSerializer(RowSerializer):
    channels = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = PriceList
        fields: ClassVar[list[str]] = [
            "id", "name", "level", "customer", "segment", "channels", "reference", "priority", "valid_from", "valid_to",
            "active", "created_at", "updated_at",
        ]  # fmt: skip


class PriceListInput(StrictSerializer):
    """In force from `valid_from` on and before `valid_to`; without channels on all of them."""

    name = serializers.CharField(max_length=80)
    level = serializers.ChoiceField(
        choices=Level.choices, help_text="Stays what it was when the list was added."
    )
    customer_id = serializers.UUIDField(required=False, allow_null=True)
    segment = serializers.CharField(max_length=40, required=False, allow_blank=True)
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=list(CHANNELS.items())),
        required=False,
        max_length=len(CHANNELS),
    )
    reference = serializers.CharField(max_length=60, required=False, allow_blank=True)
    priority = serializers.IntegerField(min_value=-1000, max_value=1000, required=False)
    valid_from = serializers.DateTimeField(required=False, allow_null=True)
    valid_to = serializers.DateTimeField(required=False, allow_null=True)


class PriceListChange(PriceListInput):
    """What is left out stays."""

    active = serializers.BooleanField(required=False)


class EntrySerializer(RowSerializer):
    class Meta:
        model = PriceListEntry
        fields: ClassVar[list[str]] = [
            "id", "price_list", "variant", "product", "category", "collection", "kind", "price", "percent",
            "min_quantity", "created_at", "updated_at",
        ]  # fmt: skip


class PriceEntryInput(StrictSerializer):
    """A price for one thing, or for everything when none is named. `percent`: 10 is 10 %."""

    variant_id = serializers.UUIDField(required=False, allow_null=True)
    product_id = serializers.UUIDField(required=False, allow_null=True)
    category_id = serializers.UUIDField(required=False, allow_null=True)
    collection_id = serializers.UUIDField(required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=PriceListEntry.Kind.choices, required=False)
    price = AmountField(min_value=0, required=False, allow_null=True)
    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False, allow_null=True
    )
    min_quantity = QuantityField(required=False)


class EntriesInput(StrictSerializer):
    entries = serializers.ListField(child=PriceEntryInput(), max_length=MOST_AT_ONCE)
    is_whole = serializers.BooleanField(required=False, help_text="Take off the list what is not sent.")


class PriceAskInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField(required=False)
    customer_id = serializers.UUIDField(required=False, allow_null=True)
    channel = serializers.ChoiceField(choices=list(CHANNELS.items()), required=False)
    at = serializers.DateTimeField(required=False, help_text="Now, when left out.")


class PriceStepSerializer(serializers.Serializer[Any]):
    level = serializers.CharField()
    name = serializers.CharField(help_text="Of the list.")
    amount = AmountField(allow_null=True, help_text="Each; of the level volume a percentage off the line.")
    won = serializers.BooleanField()


class PriceAnswerSerializer(serializers.Serializer[Any]):
    """What it costs and why."""

    unit_price = AmountField()
    compare_at = AmountField(allow_null=True)
    line_discount = AmountField(help_text="Off the whole line, for its quantity.")
    steps = PriceStepSerializer(many=True)


WHOLESALE = OpenApiExample(
    "From ten pieces on",
    value={"entries": [{"kind": "volume", "percent": "10.00", "min_quantity": 10}]},
    request_only=True,
)


@extend_schema(tags=_TAGS)
class PriceListViewSet(TenantViewSet):
    """Prices for somebody, for some time."""

    model = PriceList
    permissions = {
        "list": policies.READ, "retrieve": policies.READ, "create": policies.MANAGE,
        "partial_update": policies.MANAGE, "put_prices": policies.MANAGE, "ask": policies.READ,
    }  # fmt: skip
    input_classes = {
        "create": PriceListInput, "partial_update": PriceListChange, "put_prices": EntriesInput, "ask": PriceAskInput,
    }  # fmt: skip
    serializer_class = PriceListSerializer

    def rows(self) -> QuerySet[Any]:
        return PriceList.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One list."""
        return self.answer(self.get_row())

    @extend_schema(request=PriceListInput, responses={201: PriceListSerializer})
    def create(self, request: Request) -> Response:
        """Add a list."""
        row = services.save_list(self.actor, **self.read_input(), key=self.key)
        return self.answer(row, created=True)

    @extend_schema(request=PriceListChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a list; what is left out stays."""
        changes = self.read_input(partial=True)
        active = changes.pop("active", None)
        if changes:
            services.change_list(self.actor, list_id=self.row_id, changes=changes)
        if active is not None:
            services.use_list(self.actor, list_id=self.row_id, active=active)
        return self.answer(self.get_row())

    @extend_schema(request=EntriesInput, responses={200: PriceListSerializer}, examples=[WHOLESALE])
    @action(detail=True, methods=["post"], url_path="prices")
    def put_prices(self, request: Request, pk: str) -> Response:
        """Put prices on the list: those for the same thing and quantity are replaced. All of them or none."""
        given = self.read_input()
        drafts = [EntryDraft(**entry) for entry in given.pop("entries")]
        row = self.get_row()
        return self.answer(
            services.set_entries(self.actor, list_id=row.pk, entries=drafts, **given, key=self.key)
        )

    @extend_schema(request=PriceAskInput, responses={200: PriceAnswerSerializer})
    @action(detail=False, methods=["post"])
    def ask(self, request: Request) -> Response:
        """What something costs for somebody, somewhere, at a moment, and why."""
        given = self.read_input()
        variant = find_variant(given["variant_id"])
        if variant is None:
            raise NotFound()
        (price,) = resolve(
            self.business,
            [Want(1, variant, given.get("quantity", 1))],
            channel=given.get("channel", Channel.STOREFRONT.value),
            buyer=Buyer(customer_id=given.get("customer_id")),
            at=given.get("at") or clock.now(),
        )
        return self.answer(price, serializer_class=PriceAnswerSerializer)


class EntryFilter(django_filters.FilterSet):
    price_list = django_filters.UUIDFilter(field_name="price_list_id")
    variant = django_filters.UUIDFilter(field_name="variant_id")
    product = django_filters.UUIDFilter(field_name="product_id")

    class Meta:
        model = PriceListEntry
        fields: ClassVar[list[str]] = []


@extend_schema(tags=_TAGS)
class EntryViewSet(TenantViewSet):
    """What stands on price lists."""

    model = PriceListEntry
    permissions = {"list": policies.READ, "retrieve": policies.READ, "destroy": policies.MANAGE}
    serializer_class = EntrySerializer
    filterset_class = EntryFilter

    def rows(self) -> QuerySet[Any]:
        return PriceListEntry.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One price."""
        return self.answer(self.get_row())

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a price off its list."""
        row = self.get_row()
        services.remove_entries(self.actor, list_id=row.price_list_id, entry_ids=[row.pk])
        return Response(status=204)


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("price-lists", PriceListViewSet, basename="price-list")
    router.register("price-list-entries", EntryViewSet, basename="price-list-entry")
    router.register("competitor-prices", CompetitorPriceViewSet, basename="competitor-price")
