"""Custom fields on any list and detail page: one base class and the kind's own permissions switch them on.

    class OrderAdmin(CarriesFields, TenantModelAdmin): ...

A list costs one query more, for what is asked; the values come with its own rows. A page costs one query more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

from apps.kernel.actors import Actor
from apps.platform.backoffice.columns import Column
from apps.platform.backoffice.detail import Section, tells_of
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business
from apps.platform.fields import services
from apps.platform.fields.forms import ValuesForm
from apps.platform.fields.kinds import get_kind
from apps.platform.fields.models import CustomField, FieldType
from apps.platform.fields.reading import Unfit, read_value, show_value
from apps.platform.fields.selectors import (
    FILTER_BY_CHOICE,
    described,
    fields_for,
    having,
    held_of,
    with_values,
)

# How a filter or a column of a field is called in an address, beside the model's own names.
PREFIX = "custom_"


class FillIn(Verb):
    """The values of one record."""

    name = "custom-fields"
    label = _("Fill in")
    icon = "edit_note"
    submit_label = _("Save fields")

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return bool(described(obj))

    def heading(self, actor: Actor, obj: Any) -> Any:
        return _now("Fields of “%(record)s”") % {"record": obj}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        fields = described(obj)
        kwargs.pop("initial", None)
        return ValuesForm(fields, is_new=all(value is None for _field, value in fields), **kwargs)

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.set_values(actor, record_type=obj._meta.label_lower, record_id=obj.pk, values=data)


class CarriesFields:
    """A list and a detail page whose records have custom fields."""

    model: Any
    verbs: ClassVar[Sequence[type[Verb]]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = get_kind(self.model._meta.label_lower)
        fill_in = type("FillInOne", (FillIn,), {"permission": kind.change})
        self.verbs = [*self.verbs, cast(type[Verb], fill_in)]  # type: ignore[misc]
        tells_of(self.model)(lambda actor, obj: values_section(obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        if any(field.in_list for field in _asked(request, self.model)):
            return with_values(rows)
        return rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        own = list(super().get_list_display(request))  # type: ignore[misc]
        return [*own, *(_column(field) for field in _asked(request, self.model) if field.in_list)]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        own = list(super().get_list_filter(request))  # type: ignore[misc]
        return [*own, *(_filter(field) for field in _asked(request, self.model) if field.filterable)]


def values_section(record: Any) -> list[Section]:
    """What is asked of the record, with what was answered."""
    fields = described(record)
    if not fields:
        return []
    currency = get_current_business().currency
    rows = [[field.label, _shown(field, value, currency) or "–"] for field, value in fields]
    return [Section(_("Custom fields"), columns=[_("Field"), _("Value")], rows=rows)]


def _shown(field: CustomField, value: Any, currency: str) -> Any:
    words = show_value(field.type, value, currency)
    if words and field.type == FieldType.URL:
        return format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', words)
    if words and field.type == FieldType.EMAIL:
        return format_html('<a href="mailto:{0}">{0}</a>', words)
    return words


def _asked(request: HttpRequest, model: Any) -> list[CustomField]:
    """The fields, read once for a request. A detail page asks for one row alone: it reads them with the values."""
    match = request.resolver_match
    if match is None or not (match.url_name or "").endswith("_changelist"):
        return []
    known: dict[str, list[CustomField]] = request.__dict__.setdefault("_custom_fields", {})
    name = model._meta.label_lower
    if name not in known:
        known[name] = fields_for(name)
    return known[name]


def _column(field: CustomField) -> Column:
    def column(row: Any) -> Any:
        return show_value(field.type, held_of(row).get(field.code), get_current_business().currency)

    column.__name__ = f"{PREFIX}{field.code}"
    column.short_description = field.label  # type: ignore[attr-defined]
    is_figure = field.type in {FieldType.WHOLE, FieldType.DECIMAL, FieldType.MONEY}
    column.align = "end" if is_figure else "start"  # type: ignore[attr-defined]
    return column


def _filter(field: CustomField) -> type[Any]:
    """A filter of the list: choices where there are some, else a text that must be met exactly."""

    def narrowed(self: Any, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (given := self.value()):
            return queryset
        try:
            value = read_value(_without_limits(field), given)
        except Unfit:
            return queryset.none()
        return queryset if value is None else having(queryset, field, value)

    said: dict[str, Any] = {
        "title": field.label,
        "parameter_name": f"{PREFIX}{field.code}",
        "queryset": narrowed,
    }
    if field.type not in FILTER_BY_CHOICE:
        return type("FieldTextFilter", (TextFilter,), said)
    yes_no = [("true", _("Yes")), ("false", _("No"))]
    choices = yes_no if field.type == FieldType.YES_NO else [(choice, choice) for choice in field.choices]
    said["lookups"] = lambda self, request, model_admin: choices
    return type("FieldChoiceFilter", (admin.SimpleListFilter,), said)


def _without_limits(field: CustomField) -> CustomField:
    """To seek is not to enter: what lies outside of the limits finds nothing instead of being refused."""
    return CustomField(type=field.type, choices=field.choices)
