"""Comments at records for programs that a member signed in with. The record's own permissions decide."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.permissions import MEMBER
from apps.platform.api.views import TenantViewSet
from apps.platform.media import attachables, services
from apps.platform.media.models import Comment

RECORD_TYPE = "The kind of record, such as `orders.order`, `catalog.product`, `customers.customer`."


class CommentSerializer(RowSerializer):
    """What somebody wrote, and who. A comment is never changed."""

    class Meta:
        model = Comment
        fields: ClassVar[list[str]] = [
            "id",
            "target_type",
            "target_id",
            "text",
            "author",
            "author_id",
            "written_at",
        ]


class CommentInput(StrictSerializer):
    target_type = serializers.CharField(max_length=80, help_text=RECORD_TYPE)
    target_id = serializers.UUIDField()
    text = serializers.CharField(
        max_length=4000, help_text="A colleague named with @ and the e-mail address is told at the bell."
    )


class CommentFilter(django_filters.FilterSet):
    target_type = django_filters.CharFilter(max_length=80, required=True, help_text=RECORD_TYPE)
    target_id = django_filters.UUIDFilter(required=True)

    class Meta:
        model = Comment
        fields: ClassVar[list[str]] = []


AT_AN_ORDER = OpenApiExample(
    "At an order",
    value={
        "target_type": "orders.order",
        "target_id": "01890000-0000-7000-8000-000000000001",
        "text": "The courier rings on Monday. @sam@shop.example",
    },
    request_only=True,
)


@extend_schema(tags=["comments"])
class CommentViewSet(TenantViewSet):
    """What colleagues wrote at records. Keys of programs write none: a comment has an author."""

    model = Comment
    permissions = {"list": MEMBER, "create": MEMBER, "destroy": MEMBER}
    input_classes = {"create": CommentInput}
    serializer_class = CommentSerializer
    filterset_class = CommentFilter
    orderings = {"written_at": ("written_at", "id"), "-written_at": ("-written_at", "-id")}

    def rows(self) -> QuerySet[Any]:
        return Comment.objects.all()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The comments of one record, for who may read it."""
        found = super().filter_queryset(queryset)
        if self.action == "list":
            target_type, target_id = (
                self.request.query_params[name].strip() for name in ("target_type", "target_id")
            )
            attachables.require_record(self.actor, target_type, UUID(target_id))
        return found

    @extend_schema(request=CommentInput, responses={201: CommentSerializer}, examples=[AT_AN_ORDER])
    def create(self, request: Request) -> Response:
        """Write a comment at a record; whom it mentions is told."""
        comment = services.write_comment(self.actor, **self.read_input(), key=self.key)
        return self.answer(comment, created=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove one's own comment."""
        services.remove_comment(self.actor, comment_id=self.row_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def register(router: BaseRouter) -> None:
    """Mount the comments."""
    router.register("comments", CommentViewSet, basename="comment")
