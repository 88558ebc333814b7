"""Quotes for programs: write, send, and place them."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.platform.api.below import below
from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.selling.orders.api_shapes import OrderSerializer
from apps.selling.orders.drafts import Address, Contact, LineDraft

from . import services
from .drafts import QuoteDraft
from .models import Quote, QuoteLine, QuoteState
from .policies import READ, WRITE
from .services.sending import quote_path


class DraftOrderLineSerializer(RowSerializer):
    class Meta:
        model = QuoteLine
        fields = [
            "id",
            "position",
            "variant",
            "pack",
            "quantity",
            "unit_price",
            "agreed_price",
            "agreed_discount",
        ]


class DraftOrderSerializer(RowSerializer):
    """A draft order or quote. `link` is for its buyer alone: whoever has it may accept."""

    lines = DraftOrderLineSerializer(many=True)
    is_over = serializers.BooleanField(read_only=True, help_text="Sent, and its time is over.")
    link = serializers.SerializerMethodField(help_text="The pay link; empty until it is sent.")

    class Meta:
        model = Quote
        fields = [
            "id", "number", "version", "state", "customer", "email", "phone", "name", "line1", "line2", "city",
            "region", "postcode", "country", "currency", "codes", "order_discount", "shipping_name", "shipping_price",
            "note", "po_number", "may_change", "valid_until", "is_over", "total", "sent_at", "order", "link", "lines",
            "created_at", "updated_at",
        ]  # fmt: skip

    def get_link(self, quote: Quote) -> str:
        if quote.state != QuoteState.SENT:
            return ""
        return f"{settings.PUBLIC_BASE_URL}{quote_path(self.context['business'].slug, quote)}"


class DraftOrderLineInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField()
    unit_price = AmountField(
        min_value=0,
        required=False,
        allow_null=True,
        help_text="Needs `orders.price`. Left out: the buyer's price.",
    )
    pack_id = serializers.UUIDField(required=False, allow_null=True)


class DraftOrderAddressInput(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    line1 = serializers.CharField(max_length=120, required=False, allow_blank=True)
    line2 = serializers.CharField(max_length=120, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    region = serializers.CharField(max_length=80, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)


class DraftOrderInput(StrictSerializer):
    """A quote as a whole: writing it again replaces all of it."""

    lines = DraftOrderLineInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]
    customer_id = serializers.UUIDField(required=False, allow_null=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    address = DraftOrderAddressInput(required=False)
    codes = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=5)
    order_discount = AmountField(
        min_value=0, required=False, help_text="Off everything; needs `orders.price`."
    )
    shipping_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    shipping_price = AmountField(
        min_value=0,
        required=False,
        allow_null=True,
        help_text="Left out: the buyer chooses a way of delivery.",
    )
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    po_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    may_change = serializers.BooleanField(
        required=False, help_text="Whether the buyer may change quantities."
    )
    valid_until = serializers.DateTimeField(required=False, allow_null=True)


class SendQuoteInput(StrictSerializer):
    valid_until = serializers.DateTimeField(required=False, allow_null=True)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    by_mail = serializers.BooleanField(required=False, default=True)


class PlaceQuoteInput(StrictSerializer):
    rate_id = serializers.UUIDField(required=False, allow_null=True)
    provider = serializers.CharField(
        max_length=32,
        required=False,
        help_text="The company that asks for the payment; left out: nobody asks.",
    )


class QuoteFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=QuoteState.choices)
    number = django_filters.CharFilter(lookup_expr="iexact", max_length=24)
    po_number = django_filters.CharFilter(lookup_expr="iexact", max_length=60)
    customer = django_filters.UUIDFilter(field_name="customer_id")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Quote
        fields: ClassVar[list[str]] = []


def draft_of(given: dict[str, Any]) -> QuoteDraft:
    """The input as the service takes it."""
    address = Address(**given.pop("address", {}))
    contact = Contact(email=given.pop("email", ""), phone=given.pop("phone", ""), name=address.name)
    lines = [LineDraft(**line) for line in given.pop("lines")]
    return QuoteDraft(lines=lines, contact=contact, address=address, **given)


@extend_schema(tags=["orders"])
class QuoteViewSet(TenantViewSet):
    """Draft orders of staff, sent as quotes with a pay link."""

    model = Quote
    permissions = {
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "update": WRITE,
        "duplicate": WRITE,
        "send": WRITE,
        "withdraw": WRITE,
        "place": "orders.place",
    }
    input_classes = {
        "create": DraftOrderInput,
        "update": DraftOrderInput,
        "send": SendQuoteInput,
        "place": PlaceQuoteInput,
    }
    serializer_class = DraftOrderSerializer
    filterset_class = QuoteFilter

    def rows(self) -> QuerySet[Any]:
        return Quote.objects.prefetch_related(below("lines", QuoteLine))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One quote with its lines."""
        return self.answer(self.get_row())

    @extend_schema(
        request=DraftOrderInput,
        responses={201: DraftOrderSerializer},
        examples=[
            OpenApiExample(
                "Twelve shirts for a company",
                value={
                    "email": "buyer@example.com",
                    "po_number": "PO-4711",
                    "may_change": True,
                    "lines": [{"variant_id": "01900000-0000-7000-8000-000000000001", "quantity": 12}],
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Write a draft; no stock is touched."""
        quote = services.write_quote(self.actor, draft=draft_of(self.read_input()), key=self.key)
        return self.answer(quote, created=True)

    @extend_schema(request=DraftOrderInput)
    def update(self, request: Request, pk: str) -> Response:
        """Write it anew. One that was sent becomes a draft of its next version."""
        quote = self.get_row()
        return self.answer(
            services.change_quote(self.actor, quote_id=quote.pk, draft=draft_of(self.read_input()))
        )

    @extend_schema(request=None, responses={201: DraftOrderSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, pk: str) -> Response:
        """A new draft with the same lines at today's prices."""
        quote = services.duplicate_quote(self.actor, quote_id=self.get_row().pk, key=self.key)
        return self.answer(quote, created=True)

    @extend_schema(request=SendQuoteInput)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Send it: its prices hold from now on, and the answer has the pay link."""
        given = self.read_input()
        return self.answer(services.send_quote(self.actor, quote_id=self.get_row().pk, key=self.key, **given))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it back before it is ordered."""
        return self.answer(services.withdraw_quote(self.actor, quote_id=self.get_row().pk))

    @extend_schema(request=PlaceQuoteInput, responses={201: OrderSerializer})
    @action(detail=True, methods=["post"])
    def place(self, request: Request, pk: str) -> Response:
        """Place its order: stock is reserved, or it is refused."""
        order = services.place_quote(
            self.actor, quote_id=self.get_row().pk, key=self.key, **self.read_input()
        )
        return self.answer(order, created=True, serializer_class=OrderSerializer)


def register(router: BaseRouter) -> None:
    """Mount quotes."""
    router.register("quotes", QuoteViewSet, basename="quote")
