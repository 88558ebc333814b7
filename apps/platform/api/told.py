"""What a member was told at the bell, for a program that the member signed in with. Own alerts only."""

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

from apps.kernel.errors import NotFound
from apps.platform.alerts.models import Alert
from apps.platform.alerts.selectors import list_alerts
from apps.platform.alerts.services import mark_read

from .fields import RowSerializer
from .filters import YesNoFilter
from .permissions import MEMBER
from .views import TenantViewSet


class AlertSerializer(RowSerializer):
    """One sentence, where it leads in the back office, and whether it was read."""

    class Meta:
        model = Alert
        fields: ClassVar[list[str]] = ["id", "kind", "title", "text", "link", "created_at", "read_at"]


class AlertFilter(django_filters.FilterSet):
    unread = YesNoFilter(
        field_name="read_at", lookup_expr="isnull", help_text="`true`: only what was not read yet."
    )
    kind = django_filters.CharFilter(max_length=40, help_text="Such as `order_paid` or `stock_low`.")

    class Meta:
        model = Alert
        fields: ClassVar[list[str]] = []


class MarkedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    marked = serializers.IntegerField(help_text="How many were unread.")


PAID = OpenApiExample(
    "An order was paid",
    value={
        "id": "01890000-0000-7000-8000-000000000003", "kind": "order_paid", "title": "Order 1042 is paid",
        "text": "£27.00", "link": "/admin/orders/order/01890000-0000-7000-8000-000000000001/change/",
        "created_at": "2026-11-21T09:00:00Z", "read_at": None,
    },
    response_only=True,
)  # fmt: skip


@extend_schema(tags=["notifications"])
class AlertViewSet(TenantViewSet):
    """What the signed-in member was told. Keys of programs have no bell."""

    model = Alert
    permissions = {"list": MEMBER, "read": MEMBER, "read_all": MEMBER}
    serializer_class = AlertSerializer
    filterset_class = AlertFilter

    def rows(self) -> QuerySet[Any]:
        if self.actor.id is None:
            raise NotFound()
        return list_alerts(self.actor.id)

    @extend_schema(request=None, responses=AlertSerializer, examples=[PAID])
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark one as read; doing it twice is once."""
        row = self.get_row()
        mark_read(self.actor, alert_ids=[row.pk])
        return self.answer(self.get_row())

    @extend_schema(request=None, responses=MarkedSerializer)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """Mark all of them as read."""
        return Response({"marked": mark_read(self.actor)})


def register(router: BaseRouter) -> None:
    """Mount the bell."""
    router.register("notifications", AlertViewSet, basename="notification")
