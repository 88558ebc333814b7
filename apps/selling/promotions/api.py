"""Promotions for programs: make, change, pause, end, codes, and trying them out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog.models import Variant
from apps.kernel.errors import NotFound
from apps.kernel.money import ZERO, round_money
from apps.platform.api.fields import AmountField, QuantityField, RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.businesses.channels import Channel

from . import policies, services
from .api_trials import PromotionTestViewSet
from .applying import apply
from .drafts import PromotionDraft
from .models import Kind, Promotion, PromotionCode
from .selectors import list_codes, list_promotions, usage_of
from .services.codes import MOST_GENERATED
from .values import Basket, BasketLine, Buyer
from .words import channel_choices, say_why_not, summarise

_PARTS = [
    "name", "kind", "value", "each_piece", "buy_quantity", "get_quantity", "products", "variants", "categories",
    "collections", "brands", "gift_products", "gift_variants", "needs_code", "minimum_amount", "minimum_quantity",
    "customer_tags", "first_order_only", "channels", "countries", "starts_at", "ends_at", "weekdays", "from_time",
    "to_time", "use_limit", "per_customer_limit", "times_per_order", "priority", "exclusive", "group",
]  # fmt: skip
_CHANNELS = channel_choices()


class UsageSerializer(serializers.Serializer[Any]):
    orders = serializers.IntegerField()
    given_back = serializers.IntegerField(help_text="Orders that were cancelled or never paid.")
    revenue = AmountField(help_text="What the orders came to.")
    discount = AmountField(help_text="What was taken off.")
    codes = serializers.IntegerField()
    codes_used = serializers.IntegerField(help_text="Of those that work once.")


class PromotionSerializer(RowSerializer):
    state = serializers.CharField(help_text="scheduled, running, paused or ended.")
    summary = serializers.SerializerMethodField(help_text="What it does, in a sentence.")

    class Meta:
        model = Promotion
        fields: ClassVar[list[str]] = ["id", *_PARTS, "used", "state", "summary", "created_at", "updated_at"]

    def get_summary(self, promotion: Promotion) -> str:
        return summarise(promotion, self.context["business"])


class PromotionDetailSerializer(PromotionSerializer):
    """With what it brought."""

    usage = serializers.SerializerMethodField()

    class Meta(PromotionSerializer.Meta):
        fields: ClassVar[list[str]] = [*PromotionSerializer.Meta.fields, "usage"]

    @extend_schema_field(UsageSerializer)
    def get_usage(self, promotion: Promotion) -> dict[str, Any]:
        return dict(UsageSerializer(usage_of(promotion), context=self.context).data)


class CodeSerializer(RowSerializer):
    class Meta:
        model = PromotionCode
        fields: ClassVar[list[str]] = ["id", "code", "use_limit", "used", "created_at"]


def _keys() -> serializers.ListField:
    return serializers.ListField(child=serializers.UUIDField(), max_length=500, required=False)


def _count() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)


class PromotionChange(StrictSerializer):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=Kind.choices)
    value = AmountField(
        required=False, allow_null=True, help_text="Percent, amount, or the price of a bundle."
    )
    each_piece = serializers.BooleanField(required=False)
    buy_quantity, get_quantity, times_per_order = _count(), _count(), _count()
    products, variants, categories, collections, brands = _keys(), _keys(), _keys(), _keys(), _keys()
    gift_products, gift_variants = _keys(), _keys()
    needs_code = serializers.BooleanField(required=False)
    minimum_amount = AmountField(required=False, allow_null=True, min_value=Decimal(0))
    minimum_quantity = _count()
    customer_tags = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=50, required=False
    )
    first_order_only = serializers.BooleanField(required=False)
    channels = serializers.ListField(child=serializers.ChoiceField(choices=_CHANNELS), required=False)
    countries = serializers.ListField(
        child=serializers.CharField(min_length=2, max_length=2), max_length=250, required=False
    )
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), max_length=7, required=False
    )
    from_time = serializers.TimeField(required=False, allow_null=True)
    to_time = serializers.TimeField(required=False, allow_null=True)
    use_limit, per_customer_limit = _count(), _count()
    priority = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    exclusive = serializers.BooleanField(required=False)
    group = serializers.CharField(max_length=40, required=False, allow_blank=True)


class NewPromotion(PromotionChange):
    code = serializers.CharField(
        max_length=40, required=False, help_text="One that everybody shares; without it see `codes/`."
    )


class NewCode(StrictSerializer):
    code = serializers.CharField(max_length=40)


class GenerateInput(StrictSerializer):
    count = serializers.IntegerField(min_value=1, max_value=MOST_GENERATED)
    prefix = serializers.CharField(max_length=20, required=False, allow_blank=True)


class TriedLine(StrictSerializer):
    variant_id = serializers.UUIDField()
    quantity = QuantityField(max_value=999)


class TryInput(StrictSerializer):
    lines = TriedLine(many=True)
    codes = serializers.ListField(child=serializers.CharField(max_length=40), max_length=5, required=False)
    email = serializers.EmailField(required=False)
    channel = serializers.ChoiceField(choices=_CHANNELS, default=Channel.STOREFRONT.value)
    country = serializers.CharField(max_length=2, required=False)
    shipping = AmountField(required=False, min_value=Decimal(0))
    at = serializers.DateTimeField(required=False)


class VerdictSerializer(serializers.Serializer[Any]):
    promotion_id = serializers.UUIDField()
    name = serializers.CharField()
    applies = serializers.BooleanField()
    reason = serializers.CharField(help_text="Empty when it applies.")
    words = serializers.CharField()
    amount = AmountField()


class TriedSerializer(serializers.Serializer[Any]):
    verdicts = VerdictSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    goods_discount = AmountField()
    shipping_discount = AmountField()


class MadeSerializer(serializers.Serializer[Any]):
    made = serializers.IntegerField()


@extend_schema(tags=["promotions"])
class PromotionViewSet(TenantViewSet):
    """Discounts that apply by themselves or with a code."""

    model = Promotion
    permissions = {
        "list": policies.READ, "retrieve": policies.READ, "codes": policies.READ, "try_out": policies.READ,
        "create": policies.MANAGE, "partial_update": policies.MANAGE, "pause": policies.MANAGE,
        "resume": policies.MANAGE, "end": policies.MANAGE, "add_code": policies.MANAGE, "generate": policies.MANAGE,
    }  # fmt: skip
    input_classes = {
        "create": NewPromotion, "partial_update": PromotionChange, "add_code": NewCode, "generate": GenerateInput,
        "try_out": TryInput,
    }  # fmt: skip
    serializer_class = PromotionSerializer
    orderings = {"priority": ("priority", "id"), "-id": ("-id",)}

    def rows(self) -> QuerySet[Any]:
        return list_promotions().order_by()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One promotion with what it brought."""
        return self._answer_one(self.get_row())

    @extend_schema(
        request=NewPromotion,
        responses={201: PromotionDetailSerializer},
        examples=[
            OpenApiExample(
                "A code for newcomers",
                value={
                    "name": "Welcome", "kind": "percent", "value": "10", "code": "WELCOME10",
                    "minimum_amount": "30.00", "first_order_only": True, "per_customer_limit": 1,
                },
                request_only=True,
            )
        ],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Make a promotion. It counts from its beginning on; without one, at once."""
        given = self.read_input()
        code = given.pop("code", "")
        added = services.add_promotion(self.actor, draft=PromotionDraft(**given), code=code, key=self.key)
        return self._answer_one(added, created=True)

    @extend_schema(request=PromotionChange, responses=PromotionDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a promotion; what is left out stays."""
        changes = self.read_input(partial=True)
        changed = services.change_promotion(
            self.actor, promotion_id=self.row_id, changes=changes, key=self.key
        )
        return self._answer_one(changed)

    @extend_schema(request=None, responses=PromotionDetailSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Let it take nothing off for a while."""
        return self._answer_one(services.pause_promotion(self.actor, promotion_id=self.get_row().pk))

    @extend_schema(request=None, responses=PromotionDetailSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let a paused one count again."""
        return self._answer_one(services.resume_promotion(self.actor, promotion_id=self.get_row().pk))

    @extend_schema(request=None, responses=PromotionDetailSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End it for good; its figures stay."""
        return self._answer_one(services.end_promotion(self.actor, promotion_id=self.get_row().pk))

    @extend_schema(responses=CodeSerializer(many=True), filters=False)
    @action(detail=True)
    def codes(self, request: Request, pk: str) -> Response:
        """The codes of a promotion, oldest first; a page of them."""
        codes = list_codes(self.get_row().pk).order_by()
        self.orderings = {"id": ("id",)}  # type: ignore[misc]
        rows = self.paginate_queryset(codes)
        data = CodeSerializer(rows, many=True, context=self.get_serializer_context()).data
        return self.get_paginated_response(data)

    @extend_schema(request=NewCode, responses={201: CodeSerializer})
    @codes.mapping.post
    def add_code(self, request: Request, pk: str) -> Response:
        """A code that everybody may share."""
        added = services.add_code(
            self.actor, promotion_id=self.get_row().pk, key=self.key, **self.read_input()
        )
        return self.answer(added, created=True, serializer_class=CodeSerializer)

    @extend_schema(request=GenerateInput, responses={201: MadeSerializer})
    @action(detail=True, methods=["post"], url_path="codes/generate")
    def generate(self, request: Request, pk: str) -> Response:
        """Make many codes that each work once, up to 10,000."""
        made = services.generate_codes(
            self.actor, promotion_id=self.get_row().pk, key=self.key, **self.read_input()
        )
        return self.answer({"made": made}, created=True, serializer_class=MadeSerializer)

    @extend_schema(request=TryInput, responses=TriedSerializer)
    @action(detail=False, methods=["post"], url_path="try")
    def try_out(self, request: Request) -> Response:
        """Which promotions would apply to a basket, in which order, and why others would not. Uses nothing up."""
        given = self.read_input()
        currency = self.business.currency
        variants = {
            row.pk: row for row in Variant.objects.filter(pk__in=[n["variant_id"] for n in given["lines"]])
        }
        lines = []
        for number, line in enumerate(given["lines"]):
            variant = variants.get(line["variant_id"])
            if variant is None:
                raise NotFound(variant_id=line["variant_id"])
            amount = round_money(variant.price * line["quantity"], currency)
            lines.append(BasketLine(number, variant, line["quantity"], variant.price, amount))
        applied = apply(
            self.business,
            Basket(lines, given.get("shipping") or ZERO),
            codes=given.get("codes", ()),
            buyer=Buyer(email=given.get("email", "")),
            channel=given["channel"],
            country=given.get("country", ""),
            at=given.get("at"),
            everything=True,
        )
        said = [
            {
                "promotion_id": one.rule.promotion_id, "name": one.rule.name, "applies": one.applies,
                "reason": one.reason, "words": say_why_not(one, self.business), "amount": one.amount,
            }
            for one in applied.verdicts
        ]  # fmt: skip
        body = {
            "verdicts": said,
            "warnings": applied.warnings,
            "goods_discount": applied.goods_discount,
            "shipping_discount": applied.shipping_discount,
        }
        return self.answer(body, serializer_class=TriedSerializer)

    def _answer_one(self, promotion: Promotion, *, created: bool = False) -> Response:
        return self.answer(promotion, created=created, serializer_class=PromotionDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("promotions", PromotionViewSet, basename="promotion")
    router.register("promotion-tests", PromotionTestViewSet, basename="promotion-test")
