"""Files for programs: announce, PUT the bytes, complete, read, attach to records, delete."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urljoin

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from apps.kernel import clock
from apps.kernel.errors import InvalidInput
from apps.platform.api.fields import RowSerializer, StrictSerializer
from apps.platform.api.views import TenantViewSet
from apps.platform.media import comment_api, policies, services
from apps.platform.media.models import Attachment, DerivedFile, Media
from apps.platform.media.selectors import derived_address, get_attachment_of, list_media, read_address
from apps.platform.media.states import READ_VALID_FOR, MediaKind, MediaState
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable

RECORD_TYPE = "The kind of record, such as `orders.order`, `catalog.product`, `customers.customer`."


def _absolute(address: str) -> str:
    return urljoin(settings.PUBLIC_BASE_URL, address) if address else ""


class DerivedSerializer(RowSerializer):
    address = serializers.SerializerMethodField(help_text="A time-limited address.")

    class Meta:
        model = DerivedFile
        fields = ["label", "content_type", "size", "width", "height", "address"]

    def get_address(self, derived: DerivedFile) -> str:
        return _absolute(derived_address(derived.media, derived))


class AttachmentSerializer(RowSerializer):
    class Meta:
        model = Attachment
        fields = ["target_type", "target_id", "role", "created_at"]


class MediaSerializer(RowSerializer):
    """A file in a list."""

    class Meta:
        model = Media
        fields: ClassVar[list[str]] = [
            "id", "kind", "state", "name", "content_type", "size", "width", "height", "failure", "created_at",
            "uploaded_at", "ready_at",
        ]  # fmt: skip


class MediaDetailSerializer(MediaSerializer):
    """A file with its addresses, what was made of it, and where it is used."""

    address = serializers.SerializerMethodField(
        help_text="Where to read it, for a while; empty until it is ready."
    )
    download = serializers.SerializerMethodField(help_text="The same as a download under its name.")
    addresses_end_at = serializers.SerializerMethodField()
    derived = DerivedSerializer(many=True)
    attachments = AttachmentSerializer(many=True)

    class Meta(MediaSerializer.Meta):
        fields: ClassVar[list[str]] = [
            *MediaSerializer.Meta.fields,
            "address", "download", "addresses_end_at", "derived", "attachments",
        ]  # fmt: skip

    def get_address(self, media: Media) -> str:
        return _absolute(read_address(media))

    def get_download(self, media: Media) -> str:
        return _absolute(read_address(media, download=True))

    def get_addresses_end_at(self, media: Media) -> dt.datetime | None:
        return clock.now() + READ_VALID_FOR if media.state == MediaState.READY else None


class UploadSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Where and how to send the bytes."""

    method = serializers.ChoiceField(choices=["PUT"])
    address = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField(), help_text="Send exactly these.")
    ends_at = serializers.DateTimeField()


class AnnouncedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    media = MediaSerializer()
    upload = UploadSerializer()


class RecordInput(StrictSerializer):
    target_type = serializers.CharField(max_length=80, help_text=RECORD_TYPE)
    target_id = serializers.UUIDField()


class AnnounceInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=MediaKind.choices)
    name = serializers.CharField(
        max_length=200, help_text="Shown and used for downloads; never a place in storage."
    )
    content_type = serializers.CharField(max_length=100)
    size = serializers.IntegerField(min_value=1, max_value=2**40, help_text="Bytes, exactly.")
    target_type = serializers.CharField(max_length=80, required=False, help_text=RECORD_TYPE)
    target_id = serializers.UUIDField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("target_type" in given) != ("target_id" in given):
            missing = "target_id" if "target_type" in given else "target_type"
            raise serializers.ValidationError({missing: ["A record is named by its type and its id."]})
        return given


class MediaFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=MediaKind.choices)
    state = django_filters.ChoiceFilter(choices=MediaState.choices)
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", max_length=100)
    target_type = django_filters.CharFilter(
        field_name="attachments__target_type",
        max_length=80,
        help_text="With `target_id`: files of one record.",
    )
    target_id = django_filters.UUIDFilter(field_name="attachments__target_id")

    class Meta:
        model = Media
        fields: ClassVar[list[str]] = []

    def filter_queryset(self, queryset: QuerySet[Media]) -> QuerySet[Media]:
        """Both parts of a record's name in one condition: apart they would match two attachments of one file."""
        said = self.form.cleaned_data
        target = {name: said.pop(name, None) for name in ("target_type", "target_id")}
        found = queryset
        for name, value in said.items():
            found = self.filters[name].filter(found, value)
        if any(target.values()):
            if not all(target.values()):
                raise InvalidInput(fields={"target_id": ["A record is named by its type and its id."]})
            uses = Attachment.objects.filter(**target)
            found = found.filter(pk__in=uses.values("media_id"))
        return found


PHOTO = OpenApiExample(
    "A photo",
    value={"kind": "image", "name": "mug.jpg", "content_type": "image/jpeg", "size": 183204},
    request_only=True,
)
PAPER = OpenApiExample(
    "A scanned delivery note, at an order at once",
    value={
        "kind": "document", "name": "note.pdf", "content_type": "application/pdf", "size": 90112,
        "target_type": "orders.order", "target_id": "01890000-0000-7000-8000-000000000001",
    },
    request_only=True,
)  # fmt: skip
WAITING = OpenApiExample(
    "Send the bytes there",
    value={
        "media": {
            "id": "01890000-0000-7000-8000-000000000002", "kind": "image", "state": "pending", "name": "mug.jpg",
            "content_type": "image/jpeg", "size": 183204, "width": None, "height": None, "failure": "",
            "created_at": "2026-11-21T09:00:00Z", "uploaded_at": None, "ready_at": None,
        },
        "upload": {
            "method": "PUT", "address": "https://shop.example/files/upload/eyJr…/",
            "headers": {"Content-Type": "image/jpeg"}, "ends_at": "2026-11-21T10:00:00Z",
        },
    },
    response_only=True,
)  # fmt: skip
AT_AN_ORDER = OpenApiExample(
    "At an order",
    value={"target_type": "orders.order", "target_id": "01890000-0000-7000-8000-000000000001"},
    request_only=True,
)


@contextmanager
def _storage_may_be_silent() -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        raise FilesUnreachable() from error


@extend_schema(tags=["media"])
class MediaViewSet(TenantViewSet):
    """Pictures, films and papers of the business."""

    model = Media
    permissions = {
        "list": policies.READ,
        "retrieve": policies.READ,
        "create": policies.UPLOAD,
        "complete": policies.UPLOAD,
        "attach": policies.READ,
        "detach": policies.READ,
        "destroy": policies.DELETE,
    }
    input_classes = {"create": AnnounceInput, "attach": RecordInput, "detach": RecordInput}
    serializer_class = MediaSerializer
    filterset_class = MediaFilter
    orderings = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
        "name": ("name", "id"),
        "-size": ("-size", "-id"),
    }

    def rows(self) -> QuerySet[Any]:
        return list_media()

    @extend_schema(responses=MediaDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One file with time-limited addresses of itself and of all that was made of it."""
        return self._answer()

    @extend_schema(
        request=AnnounceInput, responses={201: AnnouncedSerializer}, examples=[PHOTO, PAPER, WAITING]
    )
    def create(self, request: Request) -> Response:
        """Begin an upload: the answer says where to PUT exactly these bytes. Then complete it.

        With `target_type` and `target_id` the file is at that record at once; the record's own permission is asked
        for too. Refused here: `type_not_taken`, `too_large`, `no_room`.
        """
        given = self.read_input()
        if "target_type" in given:
            given["attach_to"] = (given.pop("target_type"), given.pop("target_id"))
        with _storage_may_be_silent():
            found = services.announce_upload(self.actor, **given, key=self.key)
        upload = {
            "method": "PUT",
            "address": found.address,
            "headers": found.headers,
            "ends_at": found.ends_at,
        }
        data = AnnouncedSerializer({"media": found.media, "upload": upload}).data
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=MediaDetailSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Say that the bytes were sent: the server looks at them itself.

        The state is then `uploaded` and soon `ready`; or `failed`, and `failure` says why: another size than announced,
        or content that is not of its type. `nothing_arrived` while there are no bytes. Safe to repeat.
        """
        with _storage_may_be_silent():
            services.finish_upload(self.actor, media_id=self.row_id)
        return self._answer()

    @extend_schema(responses=MediaDetailSerializer, examples=[AT_AN_ORDER])
    @action(detail=True, methods=["post"])
    def attach(self, request: Request, pk: str) -> Response:
        """Put the file at a record; doing it twice is once. The record's own permission is asked for too."""
        services.attach(self.actor, media_id=self.row_id, **self.read_input())
        return self._answer()

    @extend_schema(responses=MediaDetailSerializer, examples=[AT_AN_ORDER])
    @action(detail=True, methods=["post"])
    def detach(self, request: Request, pk: str) -> Response:
        """Take the file off a record; it stays in the library."""
        found = get_attachment_of(self.get_row(), **self.read_input())
        services.detach(self.actor, attachment_id=found.pk)
        return self._answer()

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "detach",
                bool,
                description="Take it off all records first; each record's permission is asked for.",
            )
        ],
        responses={204: None},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the file and all that was made of it.

        Refused with `media_in_use` while something uses it: `facts.uses` names the records.
        """
        said = request.query_params.get("detach", "false").lower()
        if said not in {"true", "false", "1", "0"}:
            raise InvalidInput(fields={"detach": ["Say true or false."]})
        services.delete_media(self.actor, media_id=self.row_id, detach=said in {"true", "1"})
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _answer(self) -> Response:
        media = self.get_queryset().prefetch_related("attachments").filter(pk=self.row_id).first()
        return self.answer(media or self.get_row(), serializer_class=MediaDetailSerializer)


def register(router: BaseRouter) -> None:
    """Mount the files, and what is written beside them."""
    router.register("media", MediaViewSet, basename="media")
    comment_api.register(router)
