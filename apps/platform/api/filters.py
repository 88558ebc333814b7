"""Filters that refuse what they do not know: a misspelt filter must not answer with everything."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from apps.kernel.errors import InvalidInput

_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})
PAGE_PARAMETERS = frozenset({"cursor", "limit", "ordering", "format"})


class AmountFilter(django_filters.NumberFilter):
    """An amount of money, no longer than the database can compare."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, max_digits=19, decimal_places=4, **kwargs)


class _YesNoField(forms.NullBooleanField):
    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        given = str(value or "").strip().lower()
        if given not in _YES | _NO | {""}:
            raise forms.ValidationError(_("Say true or false."))
        return given in _YES if given else None


class YesNoFilter(django_filters.BooleanFilter):
    """`true` or `false`; the library's own takes any other word for "no matter" and answers with everything."""

    field_class = _YesNoField


class StrictFilterBackend(DjangoFilterBackend):
    """Like its parent, and an unknown query parameter is an error."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(PAGE_PARAMETERS)
        if filterset_class is not None:
            for name, filter_ in filterset_class.base_filters.items():
                widget = filter_.field_class.widget
                known.update(
                    [name] if not hasattr(widget, "suffixes") else [f"{name}_{s}" for s in widget.suffixes]
                )
        # A view may know filters that no class can name, such as those of fields a business made itself.
        extra = getattr(view, "extra_parameters", None)
        unknown = sorted(set(request.query_params) - known - (extra() if extra else set()))
        if unknown:
            answer = _("There is no such filter. Known: %(names)s.") % {
                "names": ", ".join(sorted(known - {"format"}))
            }
            raise InvalidInput(fields={name[:60]: [answer] for name in unknown[:10]})
        result: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return result
