"""Lists that never count: a page of rows and whether there are more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from apps.platform.backoffice.columns import column_label, format_moment
from apps.platform.backoffice.saved_views import COLUMNS, VIEW, columns_in
from apps.platform.backoffice.tabs import Tab

TAB = "tab"
DEEPEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ListCell:
    """A value in a row of a list, ready to be shown."""

    label: str
    value: Any
    align: str
    css: str

    @property
    def is_one_word(self) -> bool:
        """A SKU or a number: broken at its hyphens it could not be read aloud or searched."""
        return isinstance(self.value, str) and len(self.value) <= 16 and " " not in self.value


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row with the address it leads to."""

    url: str
    cells: list[ListCell]


class WindowChangeList(ChangeList):
    """The admin's list, with tabs, reading one row more than a page instead of counting all."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        # The admin passes itself as the last but two, by place; tabs are needed before rows are asked for.
        model_admin = args[-3]
        self.tabs: list[Tab] = list(model_admin.get_tabs(request))
        asked = request.GET.get(TAB)
        # A search looks everywhere unless a tab was chosen: what is sought is rarely in the open view.
        searching = bool(request.GET.get("q")) and asked is None
        fallback = None if searching or not self.tabs else self.tabs[0]
        self.tab = next((tab for tab in self.tabs if tab.name == asked), fallback)
        self.shown = columns_in(request.GET.get(COLUMNS))
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        found = super().get_filters_params(params)
        for name in (TAB, COLUMNS, VIEW):
            found.pop(name, None)
        return found

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        queryset = super().get_queryset(request, exclude_parameters)
        if self.tab is not None:
            queryset = queryset.filter(self.tab.condition)
            if self.tab.ordering and not request.GET.get("o"):
                queryset = queryset.order_by(*self.tab.ordering)
        return queryset

    def get_results(self, request: HttpRequest) -> None:
        asked: int = self.page_num  # type: ignore[has-type]
        page = min(max(asked, 1), DEEPEST_PAGE)
        size = self.list_per_page
        start = (page - 1) * size
        rows = list(self.queryset[start : start + size + 1])
        self.page_num = page
        self.has_next = len(rows) > size
        self.has_previous = page > 1
        self.result_list = rows[:size]
        self.first_number = start + 1
        self.last_number = start + len(self.result_list)
        # Not how many there are, which nobody counted, but how many are known to be.
        self.result_count = self.last_number
        self.show_full_result_count = False
        self.full_result_count = self.result_count
        self.can_show_all = False
        self.multi_page = self.has_next or self.has_previous
        self.paginator = self.model_admin.get_paginator(request, self.result_list, size)

    def tab_links(self) -> list[dict[str, Any]]:
        """The tabs with their addresses; filters and search are kept, the page is not."""
        return [
            {
                "label": tab.label,
                "url": self.get_query_string({TAB: tab.name}, ["p"]),
                "active": tab is self.tab,
            }
            for tab in self.tabs
        ]

    def previous_url(self) -> str:
        return self.get_query_string({"p": self.page_num - 1})

    def next_url(self) -> str:
        return self.get_query_string({"p": self.page_num + 1})

    def heads(self) -> list[dict[str, Any]]:
        """Column headings, a link where the list can be sorted by it."""
        ordered = self.get_ordering_field_columns()
        heads = []
        for number, name in self._columns():
            field = name if isinstance(name, str) else getattr(name, "admin_order_field", None)
            direction = ordered.get(number, "")
            flipped = f"{'-' if direction == 'asc' else ''}{number}"
            sortable = field is not None and self.sortable_by_name(name)
            heads.append(
                {
                    "label": column_label(name, self.model, self.model_admin),
                    "align": getattr(name, "align", "start"),
                    "url": self.get_query_string({"o": flipped}, ["p"]) if sortable else "",
                    "direction": direction,
                }
            )
        return heads

    def _columns(self) -> list[tuple[int, Any]]:
        """Number and name of each column that is shown; the numbers stay, because the order is by number."""
        columns = list(enumerate(self.list_display))
        return [pair for pair in columns if self.shown is None or pair[0] in self.shown] or columns[:1]

    def sortable_by_name(self, name: Any) -> bool:
        """Whether the admin declares this column sortable: few are, because the index must exist."""
        return name in (self.sortable_by or ()) or getattr(name, "field_name", None) in (
            self.sortable_by or ()
        )

    def rows(self) -> list[ListRow]:
        """The rows as the template shows them."""
        return [self._row(row) for row in self.result_list]

    def _row(self, row: Any) -> ListRow:
        cells = [
            ListCell(
                label=head["label"],
                value=self._value(row, name),
                align=head["align"],
                css=getattr(name, "css", ""),
            )
            for (_number, name), head in zip(self._columns(), self._heads_once(), strict=True)
        ]
        return ListRow(url=self.model_admin.row_url(row), cells=cells)

    def _heads_once(self) -> list[dict[str, Any]]:
        if not hasattr(self, "_heads"):
            self._heads = self.heads()
        return self._heads

    def _value(self, row: Any, name: Any) -> Any:
        empty = ""
        try:
            field, attribute, value = lookup_field(name, row, self.model_admin)
        except ObjectDoesNotExist:
            return empty
        if field is None:
            if getattr(attribute, "boolean", False):
                return display_for_value(value, empty, boolean=True)
            return empty if value is None else value
        if field.remote_field is not None:
            return getattr(row, field.name) or empty
        if field.get_internal_type() == "DateTimeField":
            return format_moment(value)
        return display_for_field(value, field, empty)
