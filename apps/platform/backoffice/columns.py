"""Columns of lists: money with its currency and on the right, states as chips, moments in the shop's time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.db.models import Model
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import say_who
from apps.kernel.money import format_money
from apps.platform.businesses.selectors import get_current_business

Column = Callable[[Any], Any]

# A chip's tone by the state's word, for all apps, so that the same word looks the same everywhere.
_TONES = {
    "good": (
        "active paid captured succeeded sent done delivered fulfilled closed confirmed published completed "
        "shipped received posted issued finished"
    ),
    "warn": (
        "placed unpaid pending queued invited open authorised part_paid part_fulfilled ready on_hold "
        "unfulfilled redirected requested held unknown draft part_refunded returning sending on_terms "
        "running uploaded"
    ),
    "bad": "failed dead suspended rejected refused error bounced",
    "info": "in_transit started refunded returned mapped",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}


def tone_of(value: str) -> str:
    """good, warn, bad, info or "" (over and done, such as cancelled) for a state's word."""
    return _TONE_OF.get(value, "")


def format_state(value: str, label: Any = None, tone: str | None = None) -> str:
    """A chip: the word, with a tone and a shape."""
    chosen = tone_of(str(value)) if tone is None else tone
    return format_html(
        '<span class="mdk-chip mdk-chip--{}">{}</span>',
        chosen or "quiet",
        label or str(value).replace("_", " "),
    )


def format_moment(moment: dt.datetime | None) -> str:
    """A moment as "14 Nov 2026, 16:05" in the business's time zone, how long ago as a hint."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    past = moment <= clock.now()
    hint = _("%(time)s ago") % {"time": timesince(moment, clock.now())} if past else _("in the future")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        hint,
        formats.date_format(local, "DATETIME_FORMAT"),
    )


def format_amount(amount: Decimal | None, currency: str | None = None) -> str:
    """An amount with its sign; without a currency the active business's."""
    if amount is None:
        return ""
    return format_money(amount, currency or get_current_business().currency, get_language() or "en")


def money_column(name: str, *, currency: str | None = None, description: Any = None) -> Column:
    """A column of amounts. `currency` is a path on the row ("order.currency"), else the business's."""

    def column(row: Any) -> Any:
        return format_amount(follow(row, name), follow(row, currency) if currency else None)

    return _finish(column, name, description, align="end")


def number_column(name: str, *, description: Any = None) -> Column:
    """A column of quantities."""

    def column(row: Any) -> Any:
        value = follow(row, name)
        return "" if value is None else formats.number_format(value, use_l10n=True, force_grouping=True)

    return _finish(column, name, description, align="end")


def state_column(name: str, *, description: Any = None) -> Column:
    """A column of states as chips."""

    def column(row: Any) -> Any:
        return format_field_state(row, name)

    return _finish(column, name, description)


def moment_column(name: str, *, description: Any = None) -> Column:
    """A column of moments."""

    def column(row: Any) -> Any:
        return format_moment(follow(row, name))

    return _finish(column, name, description, css="mdk-nowrap")


def link_column(
    text: str | Callable[[Any], Any], url: Callable[[Any], str | None], *, description: Any
) -> Column:
    """A column of links to something else than the row itself."""

    def column(row: Any) -> Any:
        shown = text(row) if callable(text) else follow(row, text)
        address = url(row)
        return format_html('<a href="{}">{}</a>', address, shown) if address and shown else shown

    column.__name__ = f"link_{text if isinstance(text, str) else text.__name__}"
    column.short_description = description  # type: ignore[attr-defined]
    return column


def text_column(name: str, *, description: Any = None) -> Column:
    """A column of anything else, also across relations that the list selects."""
    return _finish(lambda row: follow(row, name), name, description)


def who_column(name: str = "actor_label", *, description: Any = None) -> Column:
    """A column of who did something; parts of the product stand there by its name."""
    return _finish(lambda row: say_who(follow(row, name) or ""), name, description or _("By"))


def format_field_state(row: Model, name: str) -> str:
    """The chip of a row's state field."""
    value = follow(row, name)
    if value is None or value == "":
        return ""
    display = getattr(row, f"get_{name}_display", None)
    return format_state(value, display() if display else None)


def follow(row: Any, path: str) -> Any:
    """The value at a dotted path; None when something on the way is missing."""
    for part in path.split("."):
        if row is None:
            return None
        row = getattr(row, part)
        if callable(row):
            row = row()
    return row


def column_label(name: Any, model: type[Model], model_admin: Any) -> str:
    """The heading of a column."""
    label = getattr(name, "short_description", None)
    if label is None:
        label = label_for_field(name, model, model_admin)
    text = str(label)
    return text[:1].upper() + text[1:]


def _finish(column: Any, name: str, description: Any, *, align: str = "start", css: str = "") -> Column:
    column.__name__ = f"column_{name.replace('.', '_')}"
    column.short_description = description
    column.field_name = name
    column.admin_order_field = name.replace(".", "__")
    column.align = align
    column.css = css
    if description is None:
        column.short_description = name.split(".")[-1].removesuffix("_at").replace("_", " ")
    finished: Column = column
    return finished
