"""What somebody else saved while a form stood open: said before it is written over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _

LONGEST = 120


def seen_of(form: Any) -> str:
    """What the form's fields started from, for a hidden field that comes back with it."""
    if not isinstance(form, forms.Form):
        return ""
    return json.dumps(
        {name: _said(form.fields[name], value) for name, value in form.initial.items() if name in form.fields}
    )


def tell_overtaken(form: Any, seen: str, *, is_repeated: Callable[[], bool]) -> bool:
    """Mark the fields that hold something else now than when the form was shown, and than what was sent.

    True when there is any. What was done already and is sent once more (`is_repeated`) is not stopped, nor is a form
    without `seen`.
    """
    before = _read(seen)
    others = [
        name
        for name, now in form.initial.items()
        if name in before and name in form.fields and _is_overtaken(form, name, now, before[name])
    ]
    if not others or is_repeated():
        return False
    for name in others:
        form.add_error(name, _words(form.fields[name], form.initial[name]))
    form.add_error(
        None,
        _(
            "Somebody else saved this meanwhile. Nothing of yours is saved yet: saving again writes what is here."
        ),
    )
    return True


def _is_overtaken(form: Any, name: str, now: Any, before: str) -> bool:
    field = form.fields[name]
    sent = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    if isinstance(now, str) and isinstance(sent, str):
        # Browsers send other line ends than were kept.
        now, sent = ("\n".join(text.splitlines()) for text in (now, sent))
    return _said(field, now) != before and field.has_changed(now, sent)


def _said(field: forms.Field, value: Any) -> str:
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
