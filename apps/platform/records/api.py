"""The audit trail for programs: read only."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.kernel.audit_coverage import SENSITIVE
from apps.kernel.models import AuditEntry
from apps.platform.api.fields import RowSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.records.policies import READ
from apps.platform.records.selectors import list_entries, of_subject


class AuditEntrySerializer(RowSerializer):
    before = serializers.JSONField(allow_null=True, help_text="The changed fields as they were.")
    after = serializers.JSONField(allow_null=True, help_text="The changed fields as they became.")
    digest = serializers.SerializerMethodField(help_text="The entry's seal, as hexadecimal digits.")

    class Meta:
        model = AuditEntry
        fields = [
            "id", "sequence", "at", "actor_kind", "actor_id", "actor_label", "role", "action", "object_type",
            "object_id", "object_label", "before", "after", "reason", "request_id", "ip", "digest", "redacted_at",
        ]  # fmt: skip

    def get_digest(self, entry: AuditEntry) -> str:
        return bytes(entry.digest).hex()


class AuditFilter(django_filters.FilterSet):
    actor = django_filters.UUIDFilter(
        field_name="actor_id", help_text="Who did it: a person's or a key's id."
    )
    actor_kind = django_filters.ChoiceFilter(
        choices=[(kind, kind) for kind in ("user", "customer", "guest", "api_key", "system")]
    )
    action = django_filters.CharFilter(
        lookup_expr="startswith", max_length=100, help_text="`orders.refunded`, or its beginning: `orders.`"
    )
    subject = django_filters.ChoiceFilter(
        method="by_subject", choices=[(name, name) for name in SENSITIVE], help_text="A sensitive subject."
    )
    object_type = django_filters.CharFilter(max_length=100, help_text="Such as `orders.order`.")
    object_id = django_filters.CharFilter(max_length=64)
    request_id = django_filters.CharFilter(max_length=64)
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    before = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields: ClassVar[list[str]] = []

    def by_subject(self, entries: QuerySet[AuditEntry], _name: str, subject: str) -> QuerySet[AuditEntry]:
        """Entries of the sensitive subject."""
        return entries.filter(of_subject(subject))


@extend_schema(tags=["audit"])
class AuditViewSet(TenantViewSet):
    """Who did what and when: entries that nobody can edit, each sealed with the one before it."""

    model = AuditEntry
    permissions = {"list": READ, "retrieve": READ}
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilter
    orderings = {"-sequence": ("-sequence", "-id"), "sequence": ("sequence", "id")}

    def rows(self) -> QuerySet[Any]:
        return list_entries(self.business.pk)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One entry."""
        return self.answer(self.get_row())


def register(router: BaseRouter) -> None:
    """Mount the audit trail."""
    router.register("audit", AuditViewSet, basename="audit")
