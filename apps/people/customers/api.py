"""Customers for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.people.customers import services
from apps.people.customers.models import Customer
from apps.people.customers.policies import READ, WRITE
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.filters import YesNoFilter
from apps.platform.api.views import TenantViewSet
from apps.platform.fields.api import CustomValuesField, TakesCustomFields


class CustomerSerializer(RowSerializer):
    custom_fields = CustomValuesField()
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Customer
        fields = [
            "id",
            "custom_fields",
            "name",
            "email",
            "phone",
            "tags",
            "accepts_marketing",
            "note",
            "created_at",
            "updated_at",
        ]


class CustomerInput(StrictSerializer):
    email = serializers.EmailField(
        max_length=254,
        required=False,
        allow_null=True,
        help_text="A known address answers with its customer.",
    )
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True)
    accepts_marketing = serializers.BooleanField(required=False)


class CustomerChange(CustomerInput):
    tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=50, required=False)
    note = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class CustomerFilter(django_filters.FilterSet):
    email = django_filters.CharFilter(method="by_email", max_length=254)
    accepts_marketing = YesNoFilter()
    tag = django_filters.CharFilter(method="by_tag", max_length=40)
    search = django_filters.CharFilter(method="by_words", max_length=100, help_text="Part of name or e-mail.")
    updated_after = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = []

    def by_email(self, customers: QuerySet[Customer], _name: str, email: str) -> QuerySet[Customer]:
        """The customer with this address, in any capitals."""
        return customers.filter(email=email.strip().lower())

    def by_tag(self, customers: QuerySet[Customer], _name: str, tag: str) -> QuerySet[Customer]:
        """Customers who carry the tag."""
        return customers.filter(tags__contains=[tag])

    def by_words(self, customers: QuerySet[Customer], _name: str, words: str) -> QuerySet[Customer]:
        """Customers whose name or address holds the words."""
        return customers.filter(Q(name__icontains=words) | Q(email__startswith=words.lower()))


@extend_schema(tags=["customers"])
class CustomerViewSet(TakesCustomFields, TenantViewSet):
    """People who buy from the business."""

    model = Customer
    permissions = {
        "custom_fields": WRITE,
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "partial_update": WRITE,
    }
    input_classes = {"create": CustomerInput, "partial_update": CustomerChange}
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    orderings = {
        "-id": ("-id",),
        "id": ("id",),
        "name": ("name", "id"),
        "-name": ("-name", "-id"),
        "-updated_at": ("-updated_at", "-id"),
    }

    def rows(self) -> QuerySet[Any]:
        return Customer.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One customer."""
        return self.answer(self.get_row())

    @extend_schema(
        request=CustomerInput,
        responses={201: CustomerSerializer},
        examples=[
            OpenApiExample(
                "A new customer", value={"email": "grace@example.com", "name": "Grace"}, request_only=True
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """The customer with this e-mail address, added when new. Repeating it changes nothing."""
        given = {"email": None, **self.read_input()}
        return self.answer(services.record_customer(self.actor, **given), created=True)

    @extend_schema(request=CustomerChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is known of a customer; what is left out stays."""
        changes = self.read_input(partial=True)
        return self.answer(
            services.update_customer(self.actor, customer_id=self.row_id, changes=changes, key=self.key)
        )


def register(router: BaseRouter) -> None:
    """Mount customers."""
    router.register("customers", CustomerViewSet, basename="customer")
