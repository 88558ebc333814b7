"""Imports and exports for programs: send a file, match its columns, check it, import it, read what was wrong, take it
back; take products away as a file."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.goods.catalog.models import Product
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.imports import services
from apps.goods.imports.columns import field_kind, missing_fields
from apps.goods.imports.exporting import (
    CONTENT_TYPES,
    FILE_TYPES,
    FORMATS,
    Wanted,
    export_name,
    write_export,
)
from apps.goods.imports.models import ImportJob, ImportRowError, SavedMapping
from apps.goods.imports.selectors import write_rejected_rows
from apps.kernel.errors import WrongState
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.parsers import StrictJSONParser
from apps.platform.api.throttles import CallerThrottle, ExportThrottle
from apps.platform.api.views import TenantViewSet


class ImportSerializer(RowSerializer):
    """An import in a list, with how far it is."""

    percent = serializers.IntegerField(read_only=True, help_text="Of the pass that runs, or ran last.")
    in_progress = serializers.BooleanField(read_only=True, help_text="Ask again while it is true.")

    class Meta:
        model = ImportJob
        fields: ClassVar[list[str]] = [
            "id", "kind", "state", "file_name", "file_size", "sha256", "format", "as_drafts", "is_dry_run",
            "in_progress", "percent", "rows_total", "rows_done", "rows_accepted", "rows_reported",
            "created_count", "updated_count", "unchanged_count", "rejected_count", "failure", "batch",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class ImportDetailSerializer(ImportSerializer):
    """An import with its columns and how they are matched."""

    headings = serializers.ListField(child=serializers.CharField(), read_only=True)
    mapping = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Field to heading."
    )
    defaults = serializers.DictField(child=serializers.CharField(), read_only=True)
    rules = serializers.JSONField(read_only=True)
    reasons = serializers.JSONField(
        read_only=True, help_text="Of sales: every row by what it is, with rows and amount."
    )
    missing = serializers.SerializerMethodField(
        help_text="Fields that need a heading before it can be checked."
    )

    class Meta(ImportSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *ImportSerializer.Meta.fields, "headings", "mapping", "defaults", "rules", "reasons", "missing",
        ]  # fmt: skip

    def get_missing(self, job: ImportJob) -> list[str]:
        lacking = missing_fields(job.mapping, field_kind(job.kind), job.defaults)
        return [field.code for field in lacking]


class ImportErrorSerializer(RowSerializer):
    class Meta:
        model = ImportRowError
        fields = ["id", "row", "column", "handle", "value", "message"]


class SavedMappingSerializer(RowSerializer):
    class Meta:
        model = SavedMapping
        fields = ["id", "name", "kind", "headings", "mapping", "defaults", "as_drafts", "updated_at"]


class UploadInput(StrictSerializer):
    file = serializers.FileField(help_text="CSV, the same packed as .gz or .xz, or .xlsx; 100 MB at most.")
    kind = serializers.ChoiceField(
        choices=ImportJob.Kind.choices, required=False, help_text="Left out: found out from the headings."
    )
    as_drafts = serializers.BooleanField(default=False)


class CheckInput(StrictSerializer):
    saved_as = serializers.CharField(
        max_length=120, required=False, help_text="Take the mapping that was saved under this name."
    )
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=255),
        required=False,
        help_text="Field to heading of the file; what is left out stays as it was guessed or saved.",
    )
    defaults = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=255),
        required=False,
        help_text="Field to what stands for it in all rows.",
    )
    kind = serializers.ChoiceField(choices=ImportJob.Kind.choices, required=False)
    as_drafts = serializers.BooleanField(required=False)
    save_as = serializers.CharField(
        max_length=120, required=False, help_text="Keep the mapping under this name."
    )


class NothingInput(StrictSerializer):
    """Takes no field, so that one that is sent is refused instead of ignored."""


class ExportQuery(StrictSerializer):
    file_for = serializers.ChoiceField(
        choices=list(FORMATS.items()), default="own", help_text="What is exported can be imported again."
    )
    file_type = serializers.ChoiceField(choices=list(FILE_TYPES.items()), default="csv")
    status = serializers.ChoiceField(choices=Product.Status.choices, required=False)
    words = serializers.CharField(
        max_length=100, required=False, help_text="Of title, SKU, brand or tag, as in the list of products."
    )
    brand_id = serializers.UUIDField(required=False)
    category_id = serializers.UUIDField(required=False, help_text="With the categories below it.")
    tag = serializers.CharField(max_length=255, required=False)


class ImportFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ImportJob.State.choices)

    class Meta:
        model = ImportJob
        fields: ClassVar[list[str]] = []


@extend_schema(tags=["imports"])
class ImportViewSet(TenantViewSet):
    """Files that become products and quantities, newest first. Nothing is written before `run`."""

    model = ImportJob
    permissions = {
        "list": "imports.read",
        "retrieve": "imports.read",
        "errors": "imports.read",
        "rejected": "imports.read",
        "mappings": "imports.read",
        "export": "imports.export",
        "create": "imports.run",
        "check": "imports.run",
        "run": "imports.run",
        "cancel": "imports.run",
        "undo": "imports.undo",
    }
    input_classes = {
        "create": UploadInput,
        "check": CheckInput,
        "run": NothingInput,
        "cancel": NothingInput,
        "undo": NothingInput,
    }
    parser_classes = [StrictJSONParser, MultiPartParser]
    serializer_class = ImportSerializer
    filterset_class = ImportFilter

    def rows(self) -> QuerySet[Any]:
        return ImportJob.objects.all()

    @extend_schema(responses=ImportDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One import: how far it is, what it came to, and how its columns are matched."""
        return self._show(self.get_row())

    @extend_schema(
        request={"multipart/form-data": UploadInput},
        responses={201: ImportDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """Send a file. The same `Idempotency-Key` with the same file gives the same import again."""
        given = self.read_input()
        file = given.pop("file")
        job = services.upload_file(
            self.actor, file=file, name=file.name, size=file.size, **given, key=self.key
        )
        return self._show(job, True)

    @extend_schema(request=CheckInput, responses=ImportDetailSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Start the dry run, with a mapping by name or one that was saved. Nothing is written to the catalogue."""
        given = self.read_input()
        if "mapping" in given and "saved_as" not in given:
            given["mapping"] = {**self.get_row().mapping, **given["mapping"]}
        return self._show(services.check_job(self.actor, job_id=self.row_id, **given, key=self.key))

    @extend_schema(request=None, responses=ImportDetailSerializer)
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Start the import itself, after its dry run."""
        self.read_input()
        return self._show(services.run_job(self.actor, job_id=self.row_id, key=self.key))

    @extend_schema(request=None, responses=ImportDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it. What is imported by then stays."""
        self.read_input()
        return self._show(services.cancel_job(self.actor, job_id=self.row_id))

    @extend_schema(request=None, responses=ImportDetailSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what it did. Also needs the rights to do by hand what is taken back."""
        self.read_input()
        job = self.get_row()
        if job.batch_id is None:
            raise WrongState(code="nothing_to_undo")
        services.undo_batch(self.actor, batch_id=job.batch_id, key=self.key)
        return self._show(self.get_row())

    @extend_schema(responses=ImportErrorSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def errors(self, request: Request, pk: str) -> Response:
        """What was wrong in the last pass, by row, a page at a time."""
        self.orderings = {"row": ("row", "id")}  # type: ignore[misc]
        rows = self.paginate_queryset(self.filter_queryset(ImportRowError.objects.filter(job=self.get_row())))
        data = ImportErrorSerializer(rows, many=True, context=self.get_serializer_context()).data
        return self.get_paginated_response(data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def rejected(self, request: Request, pk: str) -> FileResponse:
        """The rows that were left out as a CSV file, each with why, to be mended and sent again."""
        job = self.get_row()
        name = f"rejected-{job.created_at:%Y-%m-%d}.csv"
        return FileResponse(
            write_rejected_rows(job), as_attachment=True, filename=name, content_type="text/csv"
        )

    @extend_schema(
        parameters=[ExportQuery],
        responses={(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT_TYPES.values()},
        filters=False,
    )
    @action(
        detail=False, filterset_class=None, pagination_class=None,
        throttle_classes=[CallerThrottle, ExportThrottle],
    )  # fmt: skip
    def export(self, request: Request) -> FileResponse:
        """Products, or their quantities in stock, as a file; without a choice all of them."""
        query = ExportQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = dict(query.validated_data)
        kind = {"format_name": asked.pop("file_for"), "file_type": asked.pop("file_type")}
        wanted = Wanted(**asked)
        services.enter_export(self.actor, wanted=wanted, **kind)
        return FileResponse(
            write_export(wanted, **kind, with_costs=self.actor.may(SEES_COSTS)),
            as_attachment=True,
            filename=export_name(**kind),
            content_type=CONTENT_TYPES[kind["file_type"]],
        )

    @extend_schema(responses=SavedMappingSerializer(many=True), filters=False)
    @action(detail=False, filterset_class=None, pagination_class=None)
    def mappings(self, request: Request) -> Response:
        """Mappings that were saved under a name."""
        rows = SavedMapping.objects.order_by("name", "id")[:500]
        return Response(SavedMappingSerializer(rows, many=True, context=self.get_serializer_context()).data)

    def _show(self, job: ImportJob, created: bool = False) -> Response:
        return self.answer(job, created=created, serializer_class=ImportDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount imports."""
    router.register("imports", ImportViewSet, basename="import")
