"""Why a location sends, as a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

_BY: dict[str, Any] = {
    "chosen": _("named with the order"),
    "fixed": _("orders of this kind are always taken from here"),
    "moved": _("moved here by staff"),
    "default": _("the default location comes first"),
    "other": _("the locations before it did not have enough"),
    "unlisted": _("no location of your list had enough"),
}
_MATCH: dict[str, Any] = {
    "postcode": _("it lies in the same postcode"),
    "area": _("it lies in the same postcode area"),
    "region": _("it lies in the same region"),
    "country": _("it lies in the same country"),
    "abroad": _("it lies in another country"),
    "": _("where it lies, or where the parcel goes, is not known"),
}
_SPLIT: dict[str, Any] = {
    "one": _("it has everything of the order"),
    "several": _("no single location had everything"),
}


def why_words(why: Mapping[str, Any]) -> str:
    """The reason; an empty text for promises made before reasons were kept."""
    by = why.get("by")
    if by is None:
        return ""
    if by == "list":
        first = _now("number %(no)s of your list") % {"no": why.get("no", "")}
    elif by == "near":
        first = str(_MATCH.get(str(why.get("match", "")), _MATCH[""]))
        if "km" in why:
            first = _now("%(why)s, about %(km)s km away") % {"why": first, "km": why["km"]}
    else:
        first = str(_BY.get(by, ""))
    more = _SPLIT.get(str(why.get("split", "")))
    return f"{first}; {more}" if more else first
