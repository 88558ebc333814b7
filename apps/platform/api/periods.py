"""Reports for programs: the day or the time they are asked for, and a part of their rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kernel import clock
from apps.platform.api.fields import CurrencyField, StrictSerializer
from apps.platform.businesses.selectors import get_current_business

FIRST_YEAR, LAST_YEAR = 1990, 2200
DAYS_SHOWN = 365
MOST_ROWS = 1000


class _RowsAsked(StrictSerializer):
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_ROWS, default=200, help_text="Rows to answer with."
    )
    offset = serializers.IntegerField(
        min_value=0, max_value=10_000_000, default=0, help_text="Rows to pass over first."
    )


class _DayField(serializers.DateField):
    """A day that a report can mean; the last year of the calendar has no tomorrow."""

    def to_internal_value(self, value: Any) -> dt.date:
        day: dt.date = super().to_internal_value(value)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail("invalid", format="YYYY-MM-DD")
        return day


class NowAsked(_RowsAsked):
    """A report of this moment."""


class DayAsked(_RowsAsked):
    """A report of the end of a day."""

    day = _DayField(required=False, help_text="Left out: today.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"day": _today(), **attrs}


class PeriodAsked(_RowsAsked):
    """A report of a time, both days included."""

    since = _DayField(required=False, help_text="Left out: a year before `until`.")
    until = _DayField(required=False, help_text="Left out: today.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.get("until") or _today()
        since = attrs.get("since") or until - dt.timedelta(days=DAYS_SHOWN)
        if since > until:
            raise serializers.ValidationError({"since": ["It is after `until`."]})
        return {**attrs, "since": since, "until": until}


def _today() -> dt.date:
    return clock.today(get_current_business().time_zone)


def report_shape(
    name: str, row: type[serializers.Serializer[Any]], **more: serializers.Field[Any, Any, Any, Any]
) -> Any:
    """What a report answers: its facts, how many rows it has in all, and those that were asked for."""
    shape: dict[str, Any] = {
        "currency": CurrencyField(),
        **more,
        "count": serializers.IntegerField(help_text="Rows in all."),
        "rows": row(many=True),
    }
    return type(inline_serializer(name, shape))


def report_data(asked: dict[str, Any], rows: Sequence[Any], **facts: Any) -> dict[str, Any]:
    """The rows that were asked for, with the report's facts."""
    start = asked["offset"]
    days: dict[str, Any] = {name: asked[name] for name in ("day", "since", "until") if name in asked}
    return {**days, **facts, "count": len(rows), "rows": rows[start : start + asked["limit"]]}


class Reports:
    """A view whose actions are reports."""

    def asked_for(self, request: Request, kind: type[StrictSerializer]) -> dict[str, Any]:
        """What the address asks; names that nobody knows are refused."""
        asked = kind(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def answer_report(self, data: dict[str, Any], shape: Any) -> Response:
        """The report in the shape that was promised."""
        answered: Response = self.answer(data, serializer_class=shape)  # type: ignore[attr-defined]
        return answered
