"""Certificates of analysis for programs: file them, read them, put them right, decide about them."""

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

from apps.goods.catalog import services
from apps.goods.catalog.models import Certificate, CertificateResult
from apps.goods.catalog.services.certificates import ResultDraft
from apps.platform.api.below import below
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.filters import YesNoFilter
from apps.platform.api.views import TenantViewSet


class ResultSerializer(RowSerializer):
    class Meta:
        model = CertificateResult
        fields: ClassVar[list[str]] = ["analyte", "value", "unit", "passed", "line", "confidence"]


class CertificateSerializer(RowSerializer):
    media = serializers.UUIDField(source="media_id", allow_null=True, help_text="Its file at `/media/`.")
    results = ResultSerializer(many=True)

    class Meta:
        model = Certificate
        fields: ClassVar[list[str]] = [
            "id", "product", "media", "state", "lot_code", "lab", "issued_on", "is_public", "read_from", "results",
            "decided_by", "decided_at", "reason", "created_at", "updated_at",
        ]  # fmt: skip


class CertificateInput(StrictSerializer):
    product_id = serializers.UUIDField()
    media_id = serializers.UUIDField(help_text="A paper or picture of the library.")
    lot_code = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Left out: as it stands in the file."
    )


class ResultInput(StrictSerializer):
    """A value with its unit, or a verdict."""

    analyte = serializers.CharField(max_length=80)
    value = serializers.DecimalField(
        max_digits=9, decimal_places=4, min_value=0, required=False, allow_null=True
    )
    unit = serializers.CharField(max_length=16, required=False, allow_blank=True)
    passed = serializers.BooleanField(required=False, allow_null=True)


class CorrectionInput(StrictSerializer):
    lab = serializers.CharField(max_length=160, allow_blank=True)
    lot_code = serializers.CharField(max_length=80, allow_blank=True)
    issued_on = serializers.DateField(allow_null=True)
    results = ResultInput(many=True, max_length=60)  # type: ignore[call-arg]


class ApprovalInput(StrictSerializer):
    is_public = serializers.BooleanField(default=False, help_text="Shown on the product's page.")
    take_over = serializers.BooleanField(default=False, help_text="The product's THC and CBD become these.")


class RejectionInput(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class CertificateFilter(django_filters.FilterSet):
    product = django_filters.UUIDFilter(field_name="product_id")
    state = django_filters.ChoiceFilter(choices=Certificate.State.choices)
    lot_code = django_filters.CharFilter(lookup_expr="iexact", max_length=80)
    is_public = YesNoFilter()

    class Meta:
        model = Certificate
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["products"])
class CertificateViewSet(TenantViewSet):
    """Certificates of analysis, newest first."""

    model = Certificate
    permissions = {
        "list": "products.read",
        "retrieve": "products.read",
        "create": "products.change",
        "correct": "products.change",
        "approve": "products.publish",
        "reject": "products.publish",
    }
    input_classes = {
        "create": CertificateInput,
        "correct": CorrectionInput,
        "approve": ApprovalInput,
        "reject": RejectionInput,
    }
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilter

    def rows(self) -> QuerySet[Any]:
        return Certificate.objects.defer("text", "found").prefetch_related(
            below("results", CertificateResult)
        )

    def retrieve(self, request: Request, pk: str) -> Response:
        """One certificate with its results."""
        return self.answer(self.get_row())

    @extend_schema(
        request=CertificateInput,
        responses={201: CertificateSerializer},
        examples=[
            OpenApiExample(
                "A laboratory's paper",
                value={
                    "product_id": "01890000-0000-7000-8000-000000000001",
                    "media_id": "01890000-0000-7000-8000-000000000002",
                    "lot_code": "HH-2603-01",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """File a paper of the library as a product's certificate; it is read by itself, then waits for a person."""
        made = services.add_certificate(self.actor, **self.read_input(), key=self.key)
        return self.answer(self.rows().get(pk=made.pk), created=True)

    @extend_schema(request=CorrectionInput, responses=CertificateSerializer)
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """Say what the file says, in place of what was read by itself."""
        given = self.read_input()
        results = [ResultDraft(**result) for result in given.pop("results")]
        services.correct_certificate(self.actor, certificate_id=self.row_id, results=results, **given)
        return self.answer(self.rows().get(pk=self.row_id))

    @extend_schema(request=ApprovalInput, responses=CertificateSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Say that the values are what the file says."""
        services.approve_certificate(self.actor, certificate_id=self.row_id, **self.read_input())
        return self.answer(self.rows().get(pk=self.row_id))

    @extend_schema(request=RejectionInput, responses=CertificateSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Say that it does not count, and why."""
        services.reject_certificate(self.actor, certificate_id=self.row_id, **self.read_input())
        return self.answer(self.rows().get(pk=self.row_id))


def register(router: BaseRouter) -> None:
    """Mount them."""
    router.register("certificates", CertificateViewSet, basename="certificate")
