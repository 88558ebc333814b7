"""Lists page by page: each page starts after the last row of the one before, whatever was added meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel.errors import InvalidInput


class KeysetPagination(BasePagination):
    """Reads by key, not by offset: page 10,000 costs what page 1 costs, and nothing is skipped or shown twice.

    The view names its orders in `orderings` (public name → model fields); `id` ends each of them, so that equal
    values still have an order. A cursor belongs to the order it was made for.
    """

    page_size = 25
    largest_page = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        size = self._size(request)
        self.ordering, fields = _chosen_order(request, view)
        backwards, values = self._cursor(request, queryset.model, fields)
        if values is not None:
            queryset = queryset.filter(_beyond(fields, values, backwards=backwards))
        rows = list(
            queryset.order_by(*(_turned(field) if backwards else field for field in fields))[: size + 1]
        )
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        self.next_link = self._link(fields, rows[-1], "n") if rows and (backwards or more) else None
        has_previous = more if backwards else values is not None
        self.previous_link = self._link(fields, rows[0], "p") if rows and has_previous else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next_link, "previous": self.previous_link, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        orders = list(getattr(view, "orderings", {"-id": ()}))
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where to go on: taken from `next` or `previous`, never made by hand.",
                "schema": {"type": "string"},
            },
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Rows a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": self.largest_page,
                    "default": self.page_size,
                },
            },
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "Order of the rows; a leading minus turns it round.",
                "schema": {"type": "string", "enum": orders, "default": orders[0]},
            },
        ]

    def _size(self, request: Request) -> int:
        text = request.query_params.get("limit")
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= self.largest_page):
            allowed = _("A whole number from 1 to %(largest)d.") % {"largest": self.largest_page}
            raise InvalidInput(fields={"limit": [allowed]})
        return int(text)

    def _cursor(
        self, request: Request, model: type[Model], fields: Sequence[str]
    ) -> tuple[bool, list[Any] | None]:
        text = request.query_params.get("cursor")
        if text is None:
            return False, None
        try:
            raw = json.loads(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
            direction, ordering, values = raw
            if ordering != self.ordering or direction not in {"n", "p"} or len(values) != len(fields):
                raise ValueError
            parsed = [
                _field(model, name).to_python(value) for name, value in zip(fields, values, strict=True)
            ]
            if any(value is None or "\x00" in str(value) for value in parsed):
                raise ValueError
        except (
            ValueError,
            TypeError,
            ValidationError,
            binascii.Error,
            RecursionError,
            OverflowError,
        ) as error:
            wrong = _("This cursor does not belong to this list in this order.")
            raise InvalidInput(
                fields={"cursor": [wrong]}, remedy=_("Start again without a cursor.")
            ) from error
        return direction == "p", parsed

    def _link(self, fields: Sequence[str], row: Model, direction: str) -> str:
        values = [_text(_value(row, name)) for name in fields]
        packed = json.dumps([direction, self.ordering, values], separators=(",", ":")).encode()
        cursor = base64.urlsafe_b64encode(packed).decode()
        parts = urlsplit(self.request.build_absolute_uri())
        query = [(name, value) for name, value in parse_qsl(parts.query) if name != "cursor"]
        return urlunsplit(parts._replace(query=urlencode([*query, ("cursor", cursor)])))


def _chosen_order(request: Request, view: Any) -> tuple[str, tuple[str, ...]]:
    orderings: dict[str, tuple[str, ...]] = getattr(view, "orderings", {"-id": ("-id",)})
    chosen = request.query_params.get("ordering") or next(iter(orderings))
    if chosen not in orderings:
        allowed = _("One of: %(names)s.") % {"names": ", ".join(orderings)}
        raise InvalidInput(fields={"ordering": [allowed]})
    return chosen, orderings[chosen]


def _beyond(fields: Sequence[str], values: Sequence[Any], *, backwards: bool) -> Q:
    """Rows after (or before) a row, compared field by field as a dictionary compares words."""
    beyond = Q()
    same = Q()
    for name, value in zip(fields, values, strict=True):
        descending = name.startswith("-") != backwards
        plain = name.lstrip("-")
        beyond |= same & Q(**{f"{plain}__{'lt' if descending else 'gt'}": value})
        same &= Q(**{plain: value})
    return beyond


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name.lstrip("-"))


def _value(row: Model, name: str) -> Any:
    return getattr(row, name.lstrip("-"))


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
