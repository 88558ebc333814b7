"""What a browser calls itself, in words for people."""

from __future__ import annotations

from django.utils.translation import gettext as _

# In this order: most of them also name those they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """`Chrome, Android`; for one that says nothing that we know: `Browser`."""
    found = [
        next((name for mark, name in names if mark in user_agent), "") for names in (_BROWSERS, _MACHINES)
    ]
    return ", ".join(name for name in found if name) or _("Browser")
