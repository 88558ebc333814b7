"""JSON as programs mean it: one value a name, finite numbers, text that a database can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from .problems import BodyTooLarge

LONGEST_NUMBER = 60
DEEPEST = 32


class StrictJSONParser(BaseParser):
    """Refuses what other parsers guess about, each with its own sentence.

    Duplicate names (two programs would read two meanings), NaN and Infinity (no JSON, and poison for money),
    NUL and lone surrogates (PostgreSQL cannot keep them), numbers of absurd length (quadratic time), deep nesting.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            text = self._read(stream, parser_context).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8.")) from error
        try:
            value = json.loads(
                text,
                object_pairs_hook=_object,
                parse_constant=_refuse_constant,
                parse_int=_integer,
                parse_float=_decimal,
            )
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        except ValueError as error:
            place = f" ({error.lineno}:{error.colno})" if isinstance(error, json.JSONDecodeError) else ""
            raise ParseError(_("The body is not valid JSON.") + place) from error
        _check_text(value)
        return value

    def _read(self, stream: IO[Any], parser_context: Mapping[str, Any] | None) -> bytes:
        limit = settings.API_MAX_BODY_BYTES
        request = (parser_context or {}).get("request")
        declared = request.META.get("CONTENT_LENGTH", "") if request is not None else ""
        if str(declared).isdigit() and int(declared) > limit:
            raise _too_large(limit)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise _too_large(limit)
        return bytes(body)


def _too_large(limit: int) -> BodyTooLarge:
    kib = limit // 1024
    return BodyTooLarge(
        remedy=_("Send at most %(kib)d KiB in one request; split longer lists.") % {"kib": kib}
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ParseError(
                _("The name “%(name)s” appears twice in one object.") % {"name": _printable(name)}
            )
        found[name] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise ParseError(_("%(name)s is not a number in JSON.") % {"name": name})


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    _check_length(text)
    number = Decimal(text)
    if abs(number.adjusted()) > LONGEST_NUMBER:
        raise ParseError(_("A number is too long."))
    return number


def _check_length(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise ParseError(_("A number is too long."))


def _check_text(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ParseError(_("The body is nested too deeply."))
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ParseError(_("The body contains a character that cannot be stored."))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name, depth + 1)
            _check_text(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner, depth + 1)


def _printable(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:60]
