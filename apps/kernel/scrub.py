"""Leaving out of a kept text what belongs to a person or opens a door: causes of failures are read by many eyes."""

from __future__ import annotations

import re
from typing import Any

LEFT_OUT = "[left out]"
# Ids are wanted: they say which row, and only who may see the row can follow them.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # What PostgreSQL and pydantic quote of a row or an input is the row itself.
    (re.compile(r"(Key \([^)]*\)=)\(.*?\)(?= |$)", re.MULTILINE), rf"\1({LEFT_OUT})"),
    (re.compile(r"(Failing row contains )\(.*\)\.?", re.MULTILINE), rf"\1{LEFT_OUT}"),
    (re.compile(r"input_value=.*?(?=, input_type)", re.DOTALL), f"input_value={LEFT_OUT}"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b(\w+)://[^\s/@:]+:[^\s/@]+@"), rf"\1://{LEFT_OUT}@"),
    (re.compile(r"(?i)\b(Bearer|Basic)\s+[\w.~+/=-]{8,}"), rf"\1 {LEFT_OUT}"),
    (
        re.compile(
            r"(?i)\b([\w-]*(?:password|passwd|secret|token|api_?key|authorization)[\w-]*[\"']?\s*[=:]\s*)"
            r"(?!\[left out\])(\"[^\"]*\"|'[^']*'|[^\s,;)}]+)"
        ),
        rf"\1{LEFT_OUT}",
    ),
    # Telephones and cards: nine digits or more with the usual marks between them, and not a date.
    (re.compile(r"(?<![\w.-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ ()/-]?\d){8,}(?![\w-]|\.\d)"), "[number]"),
)
_SECRET_NAME = re.compile(r"(?i)password|passwd|secret|token|api_?key|authorization|credential|signature")


def scrub_text(text: str) -> str:
    """The text without addresses, telephones, cards, secrets and quoted rows."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def scrub_values(values: Any) -> Any:
    """The same for what a JSON value holds; what stands under a secret's name is left out whole."""
    if isinstance(values, dict):
        return {
            name: LEFT_OUT
            if _SECRET_NAME.search(str(name)) and value not in (None, "")
            else scrub_values(value)
            for name, value in values.items()
        }
    if isinstance(values, (list, tuple)):
        return [scrub_values(value) for value in values]
    return scrub_text(values) if isinstance(values, str) else values
