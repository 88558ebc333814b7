"""Lists of one location: what a manager of several places looks at first."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.platform.businesses.models import Location

MOST_PLACES = 200


class LocationFilter(admin.SimpleListFilter):
    """Rows of one of the locations that may be seen; offered where there are several."""

    title = _("Location")
    parameter_name = "location"
    field: ClassVar[str] = "location_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        places = list(Location.objects.order_by("name", "pk").values_list("pk", "name")[:MOST_PLACES])
        return [(str(pk), name) for pk, name in places] if len(places) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (value := self.value()):
            return queryset
        try:
            return queryset.filter(**{self.field: UUID(value)})
        except ValueError:
            return queryset.none()


class SourceFilter(LocationFilter):
    """Transfers from a location."""

    title = _("From")
    parameter_name = "source"
    field = "source_id"


class DestinationFilter(LocationFilter):
    """Transfers to a location."""

    title = _("To")
    parameter_name = "destination"
    field = "destination_id"
