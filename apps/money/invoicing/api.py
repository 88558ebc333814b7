"""Receipts, invoices and credit notes for programs."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.money.invoicing.models import Document, DocumentKind
from apps.money.invoicing.views import send_document
from apps.platform.api.fields import RowSerializer
from apps.platform.api.views import TenantViewSet


class DocumentSerializer(RowSerializer):
    reference = serializers.CharField(read_only=True, help_text="The number as it is printed.")

    class Meta:
        model = Document
        fields = [
            "id", "kind", "number", "reference", "order", "corrects", "issued_at", "issued_on", "currency", "total",
            "buyer_name", "sha256",
        ]  # fmt: skip


class DocumentFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=DocumentKind.choices)
    order = django_filters.UUIDFilter(field_name="order_id")
    issued_from = django_filters.DateFilter(field_name="issued_on", lookup_expr="gte")
    issued_to = django_filters.DateFilter(field_name="issued_on", lookup_expr="lte")

    class Meta:
        model = Document
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["books"])
class DocumentViewSet(TenantViewSet):
    """Issued papers: they never change."""

    model = Document
    permissions = {"list": "documents.read", "retrieve": "documents.read", "pdf": "documents.read"}
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter
    orderings = {"-issued_at": ("-issued_at", "-id"), "issued_at": ("issued_at", "id")}

    def rows(self) -> QuerySet[Any]:
        return Document.objects.defer("snapshot")

    def retrieve(self, request: Request, pk: str) -> Response:
        """One paper."""
        return self.answer(self.get_row())

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True)
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The paper itself: the same bytes at every download."""
        return send_document(request._request, self.actor, self.get_row())


def register(router: BaseRouter) -> None:
    """Mount documents."""
    router.register("documents", DocumentViewSet, basename="document")
