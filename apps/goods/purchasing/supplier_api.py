"""Suppliers and what they sell, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ItemDraft, SupplierDraft
from apps.goods.purchasing.models import Supplier, SupplierContact, SupplierItem, SupplierNote
from apps.goods.purchasing.performance import performance_of
from apps.goods.purchasing.policies import READ, SUPPLIERS_READ, SUPPLIERS_WRITE, WRITE
from apps.goods.purchasing.reordering import list_proposals
from apps.goods.purchasing.report_api import PerformanceSerializer, facts_of
from apps.goods.purchasing.selectors import list_items
from apps.platform.api.below import below
from apps.platform.api.fields import QuantityField, RowSerializer, StrictSerializer, amount_text
from apps.platform.api.views import TenantViewSet
from apps.platform.backoffice.columns import follow
from apps.platform.fields.api import CustomValuesField, TakesCustomFields


class ForeignAmountField(serializers.DecimalField):
    """An amount in the currency of the supplier or the order, found on the row at `currency`."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        self.currency_path = currency
        super().__init__(**{"max_digits": 19, "decimal_places": 4, "read_only": True, **kwargs})

    def get_attribute(self, instance: Any) -> Any:
        value = super().get_attribute(instance)
        return None if value is None else (value, follow(instance, self.currency_path))

    def to_representation(self, value: Any) -> str:
        amount, currency = value
        return amount_text(amount, currency)


class SupplierContactSerializer(RowSerializer):
    class Meta:
        model = SupplierContact
        fields = ["id", "name", "job", "email", "phone", "takes_orders"]


class SupplierSerializer(RowSerializer):
    custom_fields = CustomValuesField()
    contacts = SupplierContactSerializer(many=True, read_only=True)
    minimum_order = ForeignAmountField(
        currency="currency", allow_null=True, help_text="In the supplier's currency."
    )

    class Meta:
        model = Supplier
        fields = [
            "id", "custom_fields",
            "code", "name", "status", "currency", "tax_number", "tax_rate", "payment_days", "lead_days",
            "minimum_order", "website", "note", "contacts", "created_at", "updated_at",
        ]  # fmt: skip


class SupplierItemSerializer(RowSerializer):
    sku = serializers.CharField(source="variant.sku", read_only=True)
    cost = ForeignAmountField(
        currency="supplier.currency", help_text="One piece, without tax, in its currency."
    )

    pack_cost = ForeignAmountField(
        currency="supplier.currency",
        allow_null=True,
        help_text="A pack of `pack_size`; null: so many times the cost.",
    )

    class Meta:
        model = SupplierItem
        fields = [
            "id", "variant", "sku", "supplier_sku", "cost", "pack_size", "pack_cost", "minimum_quantity", "lead_days",
            "is_preferred",
        ]  # fmt: skip


class SupplierItemsSerializer(serializers.Serializer[Any]):
    """What a supplier sells."""

    items = SupplierItemSerializer(many=True)


class SupplierNoteSerializer(RowSerializer):
    class Meta:
        model = SupplierNote
        fields = ["id", "channel", "happened_on", "text", "actor_label", "created_at"]


class ProposalSerializer(serializers.Serializer[Any]):
    """What should be ordered of an item, and the figures that say so."""

    variant = serializers.UUIDField(source="item.variant_id")
    sku = serializers.CharField(source="item.variant.sku")
    sold = serializers.IntegerField(source="demand.total", help_text="In the weeks looked at.")
    weeks = serializers.ListField(child=serializers.IntegerField(), source="demand.weeks")
    available = serializers.IntegerField()
    incoming = serializers.IntegerField()
    planned = serializers.IntegerField(help_text="On orders that were not sent yet.")
    safety_stock = serializers.IntegerField()
    reorder_point = serializers.IntegerField()
    quantity = serializers.IntegerField(help_text="What is proposed.")


class ProposalsSerializer(serializers.Serializer[Any]):
    """What should be ordered from a supplier now."""

    proposals = ProposalSerializer(many=True)


class SupplierInput(StrictSerializer):
    name = serializers.CharField(max_length=160)
    code = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="Left out: a number is given."
    )
    currency = serializers.CharField(
        max_length=3, required=False, help_text="ISO 4217. Left out: the business's currency."
    )
    tax_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.DecimalField(
        max_digits=7, decimal_places=4, required=False, help_text="A fraction: 0.2 is 20 %."
    )
    payment_days = serializers.IntegerField(required=False, min_value=0, max_value=3650)
    lead_days = serializers.IntegerField(required=False, min_value=0, max_value=3650)
    minimum_order = serializers.DecimalField(
        max_digits=19, decimal_places=4, required=False, allow_null=True, min_value=0
    )
    website = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class SupplierNotesSerializer(serializers.Serializer[Any]):
    """What was said with a supplier, newest first."""

    notes = SupplierNoteSerializer(many=True)


class SupplierContactInput(StrictSerializer):
    name = serializers.CharField(max_length=120)
    job = serializers.CharField(max_length=80, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    takes_orders = serializers.BooleanField(required=False, help_text="Orders are mailed here.")


class SupplierContactChoice(StrictSerializer):
    contact_id = serializers.UUIDField()


class RateInput(StrictSerializer):
    rate = serializers.DecimalField(
        max_digits=18, decimal_places=8, required=False, allow_null=True,
        help_text="What one unit of the supplier's currency is worth in the business's; left out where it is the same.",
    )  # fmt: skip


class DraftedSerializer(serializers.Serializer[Any]):
    """The purchase order that was written."""

    purchase_order = serializers.UUIDField(source="pk")
    number = serializers.CharField()


class SupplierItemInput(StrictSerializer):
    variant_id = serializers.UUIDField()
    cost = serializers.DecimalField(
        max_digits=19,
        decimal_places=4,
        min_value=0,
        required=False,
        help_text="One piece; or say `pack_cost`.",
    )
    pack_cost = serializers.DecimalField(
        max_digits=19, decimal_places=4, min_value=0, required=False, allow_null=True,
        help_text="A pack of `pack_size`; the cost of one piece follows from it.",
    )  # fmt: skip
    supplier_sku = serializers.CharField(max_length=120, required=False, allow_blank=True)
    pack_size = QuantityField(required=False)
    minimum_quantity = QuantityField(required=False)
    lead_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=3650)
    is_preferred = serializers.BooleanField(required=False)


class SupplierItemsInput(StrictSerializer):
    items = SupplierItemInput(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]


class SupplierNoteInput(StrictSerializer):
    text = serializers.CharField(max_length=4000)
    channel = serializers.ChoiceField(choices=SupplierNote.Channel.choices, required=False)
    happened_on = serializers.DateField(required=False, help_text="Left out: today.")


class SupplierFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Supplier.Status.choices)
    code = django_filters.CharFilter(field_name="code", lookup_expr="iexact", max_length=20)
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", max_length=100)
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Supplier
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["purchasing"])
class SupplierViewSet(TakesCustomFields, TenantViewSet):
    """Who goods are bought from."""

    model = Supplier
    permissions = {
        "custom_fields": SUPPLIERS_WRITE,
        "list": SUPPLIERS_READ,
        "retrieve": SUPPLIERS_READ,
        "create": SUPPLIERS_WRITE,
        "partial_update": SUPPLIERS_WRITE,
        "archive": SUPPLIERS_WRITE,
        "restore": SUPPLIERS_WRITE,
        "items": SUPPLIERS_READ,
        "set_items": SUPPLIERS_WRITE,
        "contacts": SUPPLIERS_WRITE,
        "remove_contact": SUPPLIERS_WRITE,
        "log": SUPPLIERS_READ,
        "write_log": SUPPLIERS_WRITE,
        "performance": READ,
        "proposals": READ,
        "draft": WRITE,
    }
    input_classes = {
        "create": SupplierInput,
        "partial_update": SupplierInput,
        "set_items": SupplierItemsInput,
        "contacts": SupplierContactInput,
        "remove_contact": SupplierContactChoice,
        "write_log": SupplierNoteInput,
        "draft": RateInput,
    }
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilter
    orderings = {"-id": ("-id",), "id": ("id",), "name": ("name", "id"), "-name": ("-name", "-id")}

    def rows(self) -> QuerySet[Any]:
        return Supplier.objects.prefetch_related(below("contacts", SupplierContact))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One supplier."""
        return self.answer(self.get_row())

    @extend_schema(
        request=SupplierInput,
        responses={201: SupplierSerializer},
        examples=[
            OpenApiExample(
                "A pottery",
                value={"name": "Mill Pottery", "currency": "EUR", "lead_days": 10},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Add a supplier."""
        draft = SupplierDraft(**self.read_input())
        return self.answer(services.add_supplier(self.actor, draft=draft, key=self.key), created=True)

    @extend_schema(request=SupplierInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a supplier; what is left out stays."""
        changes = self.read_input(partial=True)
        return self.answer(services.update_supplier(self.actor, supplier_id=self.row_id, changes=changes))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Buy here no more."""
        return self.answer(services.archive_supplier(self.actor, supplier_id=self.get_row().pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Buy here again."""
        return self.answer(services.restore_supplier(self.actor, supplier_id=self.get_row().pk))

    @extend_schema(responses=SupplierItemsSerializer)
    @action(detail=True, methods=["get"])
    def items(self, request: Request, pk: str) -> Response:
        """What the supplier sells, at most a thousand."""
        items = list(list_items(self.get_row())[:1000])
        return self.answer({"items": items}, serializer_class=SupplierItemsSerializer)

    @extend_schema(request=SupplierItemsInput, responses=SupplierItemsSerializer)
    @items.mapping.put
    def set_items(self, request: Request, pk: str) -> Response:
        """Add or change items by variant; those not named stay."""
        drafts = [ItemDraft(**item) for item in self.read_input()["items"]]
        kept = services.set_items(self.actor, supplier_id=self.get_row().pk, items=drafts)
        return self.answer({"items": kept}, serializer_class=SupplierItemsSerializer)

    @extend_schema(request=SupplierContactInput, responses={201: SupplierSerializer})
    @action(detail=True, methods=["post"])
    def contacts(self, request: Request, pk: str) -> Response:
        """Add a person at the supplier."""
        services.add_contact(self.actor, supplier_id=self.row_id, key=self.key, **self.read_input())
        return self.answer(self.get_row(), created=True)

    @extend_schema(request=SupplierContactChoice, responses=SupplierSerializer)
    @action(detail=True, methods=["post"], url_path="contacts/remove")
    def remove_contact(self, request: Request, pk: str) -> Response:
        """Forget a person at the supplier."""
        services.remove_contact(self.actor, supplier_id=self.row_id, **self.read_input())
        return self.answer(self.get_row())

    @extend_schema(responses=SupplierNotesSerializer)
    @action(detail=True, methods=["get"])
    def log(self, request: Request, pk: str) -> Response:
        """What was said with the supplier, the latest thousand."""
        notes = self.get_row().notes(manager="objects").order_by("-happened_on", "-id")[:1000]
        return self.answer({"notes": list(notes)}, serializer_class=SupplierNotesSerializer)

    @extend_schema(request=SupplierNoteInput, responses={201: SupplierNoteSerializer})
    @log.mapping.post
    def write_log(self, request: Request, pk: str) -> Response:
        """Enter what was said with the supplier."""
        note = services.log_note(self.actor, supplier_id=self.get_row().pk, key=self.key, **self.read_input())
        return self.answer(note, created=True, serializer_class=SupplierNoteSerializer)

    @extend_schema(responses=PerformanceSerializer)
    @action(detail=True, methods=["get"])
    def performance(self, request: Request, pk: str) -> Response:
        """How the supplier did with all orders that are received or closed, and its rating."""
        supplier = self.get_row()
        found = performance_of([supplier])[supplier.pk]
        return self.answer(facts_of(found), serializer_class=PerformanceSerializer)

    @extend_schema(responses=ProposalsSerializer)
    @action(detail=True, methods=["get"])
    def proposals(self, request: Request, pk: str) -> Response:
        """What should be ordered from the supplier now, with the figures behind it."""
        proposals = list_proposals(self.get_row())
        return self.answer({"proposals": proposals}, serializer_class=ProposalsSerializer)

    @extend_schema(request=RateInput, responses={201: DraftedSerializer})
    @proposals.mapping.post
    def draft(self, request: Request, pk: str) -> Response:
        """Write what is proposed now as one draft order."""
        order = services.draft_proposals(
            self.actor, supplier_id=self.row_id, **self.read_input(), key=self.key
        )
        return self.answer(order, created=True, serializer_class=DraftedSerializer)
