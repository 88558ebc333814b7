"""Custom fields for programs: what is asked, and for every resource that joins `custom_fields` and its filters."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.kernel.errors import InvalidInput
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.fields import services
from apps.platform.fields.models import CustomField
from apps.platform.fields.policies import MANAGE
from apps.platform.fields.reading import Unfit, read_value
from apps.platform.fields.selectors import fields_for, having, held_of, with_values

PREFIX = "custom."
_OBJECT = {"type": "object", "additionalProperties": {}, "description": "Values by the code of the field."}


@extend_schema_field(_OBJECT)
class CustomValuesField(serializers.Field):  # type: ignore[type-arg]
    """The record's values by code. Retired fields are not told; amounts and decimals are text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, record: Any) -> dict[str, Any]:
        return held_of(record)


class CustomValuesInput(StrictSerializer):
    custom_fields = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="Values by the code of the field; null empties one, what is left out stays.",
    )


class CustomValues(serializers.Serializer[Any]):
    custom_fields = serializers.DictField(child=serializers.JSONField(allow_null=True), read_only=True)


GENDER = OpenApiExample(
    "Two values", value={"custom_fields": {"made_in": "Portugal", "washable": True}}, request_only=True
)


class TakesCustomFields:
    """For a viewset of records with custom fields: filters `?custom.<code>=`, values beside rows, and their address."""

    model: ClassVar[Any]
    request: Any

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset()  # type: ignore[misc]
        return rows if getattr(self, "swagger_fake_view", False) else with_values(rows)

    def extra_parameters(self) -> set[str]:
        """The filters of this call that name fields; an unknown field is an error as any unknown filter."""
        return {name for name in self.request.query_params if name.startswith(PREFIX)}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)  # type: ignore[misc]
        asked = self.extra_parameters() if self.action == "list" else set()  # type: ignore[attr-defined]
        if not asked:
            return found
        known = {
            f"{PREFIX}{one.code}": one for one in fields_for(self.model._meta.label_lower) if one.filterable
        }
        for name in sorted(asked):
            given = self.request.query_params[name]
            try:
                value = read_value(known[name], given)
            except KeyError:
                raise InvalidInput(
                    fields={name[:60]: ["There is no such field, or it is no filter."]}
                ) from None
            except Unfit as unfit:
                raise InvalidInput(fields={name: [str(unfit)]}) from unfit
            found = found if value is None else having(found, known[name], value)
        return found

    @extend_schema(request=CustomValuesInput, responses=CustomValues, examples=[GENDER])
    @action(detail=True, methods=["patch"], url_path="custom-fields", filterset_class=None)
    def custom_fields(self, request: Request, pk: str) -> Response:
        """Write values of the record's custom fields; what is left out stays."""
        view: Any = self
        serializer = CustomValuesInput(data=request.data, context=view.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        record = view.get_row()
        values = services.set_values(
            view.actor,
            record_type=record._meta.label_lower,
            record_id=record.pk,
            values=serializer.validated_data["custom_fields"],
        )
        asked = fields_for(record._meta.label_lower)
        return Response({"custom_fields": {field.code: values.get(field.code) for field in asked}})


class CustomFieldSerializer(RowSerializer):
    choices = serializers.ListField(child=serializers.CharField())
    default = serializers.JSONField(allow_null=True)

    class Meta:
        model = CustomField
        fields: ClassVar[list[str]] = [
            "id", "record_type", "code", "label", "help_text", "type", "choices", "minimum", "maximum", "default",
            "required", "unique", "position", "in_list", "filterable", "on_documents", "in_store", "retired_at",
            "created_at", "updated_at",
        ]  # fmt: skip


@extend_schema(tags=["custom fields"])
class CustomFieldViewSet(TenantViewSet):
    """What the business asks of its records."""

    model = CustomField
    permissions = {"list": MANAGE, "retrieve": MANAGE}
    serializer_class = CustomFieldSerializer
    orderings = {"id": ("id",), "-updated_at": ("-updated_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return CustomField.objects.all()

    def retrieve(self, request: Request, pk: str) -> Response:
        """One field."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount what is asked."""
    router.register("custom-fields", CustomFieldViewSet, basename="custom-field")
