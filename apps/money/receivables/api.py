"""Companies, what they owe and what they pay, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import F, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.money.receivables.models import Receivable, Settlement
from apps.money.receivables.policies import PAY, READ
from apps.money.receivables.services import record_payment
from apps.people.customers.models import Company
from apps.people.customers.policies import READ as SEE_CUSTOMERS
from apps.people.customers.policies import WRITE
from apps.people.customers.services import add_company, change_company, join_company
from apps.people.customers.services.companies import CompanyDraft
from apps.platform.api.fields import AmountField, RowSerializer, StrictSerializer
from apps.platform.api.filters import YesNoFilter
from apps.platform.api.views import TenantViewSet


class CompanySerializer(RowSerializer):
    class Meta:
        model = Company
        fields = [
            "id", "name", "tax_number", "email", "line1", "line2", "city", "region", "postcode", "country",
            "terms_days", "credit_limit", "least_order", "po_required", "rep", "note", "created_at", "updated_at",
        ]  # fmt: skip


class CompanyChange(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    tax_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    line1 = serializers.CharField(max_length=120, required=False, allow_blank=True)
    line2 = serializers.CharField(max_length=120, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    region = serializers.CharField(max_length=80, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    terms_days = serializers.IntegerField(
        min_value=0,
        max_value=365,
        required=False,
        allow_null=True,
        help_text="Days to pay an invoice; null: pays in advance. Needs `companies.terms`, as the limit.",
    )
    credit_limit = AmountField(min_value=0, required=False, help_text="For all it owes and has on order.")
    least_order = AmountField(min_value=0, required=False, help_text="The smallest order on account.")
    po_required = serializers.BooleanField(
        required=False, help_text="Every order names its own order number."
    )
    rep_id = serializers.UUIDField(required=False, allow_null=True, help_text="Who looks after it.")
    note = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class CompanyInput(CompanyChange):
    name = serializers.CharField(max_length=120)


class PersonInput(StrictSerializer):
    customer_id = serializers.UUIDField(help_text="A customer who then buys for the company, on its terms.")


class PartInput(StrictSerializer):
    receivable_id = serializers.UUIDField()
    amount = AmountField()


class PaymentInput(StrictSerializer):
    amount = AmountField()
    way = serializers.ChoiceField(choices=Settlement.Way.choices)
    received_on = serializers.DateField(required=False, allow_null=True)
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True)
    parts = PartInput(
        many=True,
        required=False,
        max_length=500,  # type: ignore[call-arg]
        help_text="What is of which invoice; they sum to the amount. Left out: those due first are paid.",
    )


class CompanyPaymentSerializer(RowSerializer):
    class Meta:
        model = Settlement
        fields = [
            "id", "kind", "company", "currency", "amount", "applied", "received_on", "way", "reference", "reversed_on",
            "created_at",
        ]  # fmt: skip


class CompanyFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains", max_length=120)
    on_account = YesNoFilter(field_name="terms_days", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Company
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["customers"])
class CompanyViewSet(TenantViewSet):
    """Buying organisations with several customers as their persons."""

    model = Company
    permissions = {
        "list": SEE_CUSTOMERS,
        "retrieve": SEE_CUSTOMERS,
        "create": WRITE,
        "partial_update": WRITE,
        "persons": WRITE,
        "payments": PAY,
    }
    keys_required = frozenset({"payments"})
    input_classes = {
        "create": CompanyInput,
        "partial_update": CompanyChange,
        "persons": PersonInput,
        "payments": PaymentInput,
    }
    serializer_class = CompanySerializer
    filterset_class = CompanyFilter
    orderings = {"name": ("name", "id"), "-id": ("-id",), "id": ("id",)}

    def rows(self) -> QuerySet[Any]:
        return Company.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One company."""
        return self.answer(self.get_row())

    @extend_schema(
        request=CompanyInput,
        responses={201: CompanySerializer},
        examples=[
            OpenApiExample(
                "Thirty days",
                value={"name": "Adire House Ltd", "terms_days": 30, "credit_limit": "800000.00"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Add a company."""
        return self.answer(
            add_company(self.actor, draft=CompanyDraft(**self.read_input()), key=self.key), created=True
        )

    @extend_schema(request=CompanyChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is known of a company or agreed with it; what is left out stays."""
        changes = self.read_input(partial=True)
        return self.answer(change_company(self.actor, company_id=self.row_id, changes=changes, key=self.key))

    @extend_schema(request=PersonInput, responses=CompanySerializer)
    @action(detail=True, methods=["post"])
    def persons(self, request: Request, pk: str) -> Response:
        """Let a customer buy for the company."""
        join_company(self.actor, company_id=self.row_id, **self.read_input())
        return self.answer(self.get_row())

    @extend_schema(request=PaymentInput, responses={201: CompanyPaymentSerializer})
    @action(detail=True, methods=["post"])
    def payments(self, request: Request, pk: str) -> Response:
        """Record money that the company paid for its invoices; more than is open is refused."""
        given = self.read_input()
        parts = given.pop("parts", None)
        if parts is not None:
            given["parts"] = {one["receivable_id"]: one["amount"] for one in parts}
        made = record_payment(self.actor, company_id=self.row_id, key=self.key, **given)
        return self.answer(made, created=True, serializer_class=CompanyPaymentSerializer)


class ReceivableSerializer(RowSerializer):
    invoice = serializers.CharField(source="document.reference", read_only=True)
    open_amount = AmountField(read_only=True)

    class Meta:
        model = Receivable
        fields = [
            "id", "document", "invoice", "order", "company", "currency", "issued_on", "due_on", "amount", "settled",
            "open_amount",
        ]  # fmt: skip


class ReceivableFilter(django_filters.FilterSet):
    company = django_filters.UUIDFilter(field_name="company_id")
    order = django_filters.UUIDFilter(field_name="order_id")
    due_to = django_filters.DateFilter(field_name="due_on", lookup_expr="lte")
    is_open = YesNoFilter(method="by_open")

    class Meta:
        model = Receivable
        fields: ClassVar[list[str]] = []

    def by_open(self, rows: QuerySet[Receivable], _name: str, wanted: bool) -> QuerySet[Receivable]:
        """Those of which something is owed, or nothing any more."""
        return rows.filter(settled__lt=F("amount")) if wanted else rows.filter(settled=F("amount"))


@extend_schema(tags=["books"])
class ReceivableViewSet(TenantViewSet):
    """Invoices of orders on account, with what is open of them."""

    model = Receivable
    permissions = {"list": READ, "retrieve": READ}
    serializer_class = ReceivableSerializer
    filterset_class = ReceivableFilter
    orderings = {"due_on": ("due_on", "id"), "-id": ("-id",)}

    def rows(self) -> QuerySet[Any]:
        return Receivable.objects.select_related("document").defer("document__snapshot")

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount companies and what they owe."""
    router.register("companies", CompanyViewSet, basename="company")
    router.register("receivables", ReceivableViewSet, basename="receivable")
