"""What somebody else saved while a form stood open: said before it is written over."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

LONGEST = 120


def seen_of(form: Any) -> str:
    """What the form's fields started from, for a hidden field that comes back with it."""
    if not isinstance(form, forms.Form):
        return ""
    return json.dumps({name: _said(field, _now(form, name)) for name, field in form.fields.items()})


def tell_overtaken(form: Any, seen: str, *, is_repeated: Callable[[], bool]) -> bool:
    """Mark the fields that hold something else now than when the form was shown, and than what was sent.

    True when there is any. What was done already and is sent once more (`is_repeated`) is not stopped, nor is a form
    without `seen`.
    """
    before = _read(seen)
    others = [name for name in form.fields if name in before and _is_overtaken(form, name, before[name])]
    if not others or is_repeated():
        return False
    for name in others:
        form.add_error(name, _words(form.fields[name], _now(form, name)))
    form.add_error(
        None,
        _(
            "Somebody else saved this meanwhile. Nothing of yours is saved yet: saving again writes what is here."
        ),
    )
    return True


def guard(request: HttpRequest, form: Any) -> bool:
    """For a page with a form of its own: whether it holds something else now than when it was opened, which is told.

    Gives the form what `form_fields.html` sends along (`form.seen`), so it is asked of the fresh form as well.
    """
    keep_seen(request, form)
    # Sent twice, the second one brings what is there already.
    if not form.is_bound or not form.is_valid():
        return False
    told = tell_overtaken(form, form.seen, is_repeated=lambda: False)
    if told:
        form.seen, form.is_overtaken = seen_of(form), True
    return told


def others_ticked(seen: str, now: Collection[str], sent: Collection[str]) -> tuple[set[str], set[str]]:
    """What somebody else has ticked and unticked in a table since it was opened with `seen` (`seen_ticks`) ticked.

    Both are empty when nobody has, when what is sent is what is there already, and for a page without `seen`.
    """
    try:
        found = json.loads(seen)
    except (ValueError, RecursionError):
        return set(), set()
    if not isinstance(found, list) or set(sent) == set(now):
        return set(), set()
    before = {str(one) for one in found}
    return set(now) - before, before - set(now)


def seen_ticks(ticked: Collection[str]) -> str:
    """What was ticked when the table was shown, for a hidden field that comes back with it."""
    return json.dumps(sorted(ticked))


def keep_seen(request: HttpRequest, form: Any) -> None:
    """Have a form that is shown once more, for a preview, send along what it started from."""
    form.seen = (form.is_bound and request.POST.get(form.add_prefix("seen"))) or seen_of(form)
    form.is_overtaken = False


def _now(form: Any, name: str) -> Any:
    return form.get_initial_for_field(form.fields[name], name)


def _is_overtaken(form: Any, name: str, before: str) -> bool:
    field, now = form.fields[name], _now(form, name)
    sent = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    if isinstance(now, str) and isinstance(sent, str):
        # Browsers send other line ends than were kept.
        now, sent = ("\n".join(text.splitlines()) for text in (now, sent))
    return _said(field, now) != before and field.has_changed(now, sent)


def _said(field: forms.Field, value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        # Which are ticked counts, and not in what order they were read.
        value = sorted(str(one) for one in value)
    shown = field.prepare_value(value)
    return "" if shown is None else "\n".join(str(shown).splitlines())


def _words(field: forms.Field, now: Any) -> str:
    said = _said(field, now)
    if isinstance(now, bool | list | tuple | set):
        return _("Somebody else changed this meanwhile.")
    said = str(dict(getattr(field, "choices", ())).get(said, said))
    if len(said) > LONGEST or "\n" in said:
        return _("Somebody else changed this meanwhile.")
    return _("Now it is “%(value)s”.") % {"value": said} if said else _("Now it is empty.")


def _read(seen: str) -> dict[str, str]:
    try:
        found = json.loads(seen)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
