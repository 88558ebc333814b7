"""What a file really is, by its first bytes; the sender's word counts for nothing."""

from __future__ import annotations

import re

import filetype

HEAD_BYTES = 64 * 1024
_ACTIVE = re.compile(rb"<\s*(!doctype\s+html|html|svg|script|iframe|\?xml)", re.IGNORECASE)
_TEXTS = ("text/plain", "text/csv")


def real_type(head: bytes, declared: str) -> str | None:
    """The content type of a file that begins with `head`, None when it is none that can be told.

    Plain texts have no mark: they are what was declared when they hold no control characters and no markup that
    a browser would run.
    """
    kind = filetype.guess(head)
    if kind is not None:
        return str(kind.mime)
    if declared in _TEXTS and b"\x00" not in head and not _ACTIVE.search(head):
        return declared
    return None
