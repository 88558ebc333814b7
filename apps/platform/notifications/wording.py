"""A business's own words for messages: named values in braces, and nothing that runs.

An event is declared by the app it happens in. What it may show are plain texts by name (`{order_number}`); a
wording that names another value is refused when it is saved, so that nothing can fail when the message is due.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import nh3
from django.utils.html import escape, linebreaks

_VALUE = re.compile(r"\{([a-z_]+)\}")
_TAG = re.compile(r"</?[a-zA-Z]")
_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "a", "ul", "ol", "li", "h2", "h3", "blockquote"}
_SCHEMES = {"http", "https", "mailto", "tel"}


@dataclass(frozen=True)
class Value:
    """One thing that a wording may name."""

    label: Any
    sample: str


@dataclass(frozen=True)
class MessageEvent:
    """Something that people are told. `read` makes texts of the context that the product's own templates get."""

    key: str
    label: Any
    values: Mapping[str, Value]
    read: Callable[[Mapping[str, Any], str], Mapping[str, str]]

    def samples(self) -> dict[str, str]:
        """A text for each value, for previews."""
        return {name: value.sample for name, value in self.values.items()}


@dataclass(frozen=True)
class Worded:
    """A message in its final words."""

    subject: str
    text: str
    html: str


_events: dict[str, MessageEvent] = {}


def declare_event(event: MessageEvent) -> MessageEvent:
    """Let businesses word this event themselves."""
    _events[event.key] = event
    return event


def find_event(key: str) -> MessageEvent | None:
    """The event that businesses may word, or None for one they may not."""
    return _events.get(key)


def list_events() -> list[MessageEvent]:
    """All events that businesses may word, in order of declaration."""
    return list(_events.values())


def unknown_values(event: MessageEvent, text: str) -> list[str]:
    """Names in braces that the event does not have."""
    return sorted(set(_VALUE.findall(text)) - set(event.values))


def put_in(text: str, values: Mapping[str, str], *, as_html: bool = False) -> str:
    """Put values in, once: what stands in braces inside a value stays as it is."""

    def value_of(found: re.Match[str]) -> str:
        value = str(values.get(found[1], ""))
        return escape(value) if as_html else value

    return _VALUE.sub(value_of, text)


def clean(body: str) -> str:
    """The body as HTML that is safe in anybody's mail program: no scripts, pictures, forms or styles."""
    return nh3.clean(
        body,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


def word(subject: str, body: str, values: Mapping[str, str], *, with_html: bool) -> Worded:
    """The final words. A body without tags gets its paragraphs from its empty lines."""
    one_line = " ".join(put_in(subject, values).split())[:255]
    if not with_html:
        return Worded(one_line, put_in(body, values).strip(), "")
    if _TAG.search(body):
        filled = clean(put_in(body, values, as_html=True))
    else:
        filled = clean(linebreaks(put_in(body, values), autoescape=True))
    return Worded(one_line, as_text(filled), filled)


def as_text(body: str) -> str:
    """The HTML as plain text, links behind their words."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    lines = [line.strip() for line in "".join(reader.parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._link = dict(attrs).get("href") or ""
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            if not self.parts or self.parts[-1].strip() != html.unescape(self._link):
                self.parts.append(f" ({self._link})")
            self._link = ""
        elif tag in {"p", "h2", "h3", "ul", "ol", "blockquote"}:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace("\n", " "))
