"""What never leaves the house in a log line, a trace or an error report: personal data and secrets.

`redact` works on whatever was about to be written, as the last step: who writes a log line cannot forget it. It
knows e-mail addresses, telephone numbers, card and account numbers, tokens, keys, passwords, query strings and the
row that PostgreSQL repeats in its errors. Ids, moments and amounts stay, because without them a line is of no use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

GONE = "[removed]"

_GUARDED_WORD = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|private[_-]?key|key[_-]?id|authori[sz]ation|cookie|"
    r"set-cookie|session(?:id|_key)?|csrf\w*|otp|totp|pin|cvc2?|cvv2?|signature|sig|credential|dsn"
)
_PERSONAL_WORD = (
    r"e?-?mail|phone|mobile|telephone|first_?name|last_?name|full_?name|recipient|address_?line\w*|street|iban|"
    r"card_?number|pan|date_of_birth|birthday|tax_id|vat_id"
)
_GUARDED_FIELD = re.compile(rf"(?:^|[_.\-])(?:{_GUARDED_WORD}|{_PERSONAL_WORD})s?$", re.IGNORECASE)

_PATTERNS = (
    r"(?P<detail>\b(?:DETAIL|CONTEXT):[^\n]*)",
    # Looked at early, so that an id or a moment is not taken for a telephone number.
    r"(?P<kept>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b|"
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)",
    r"(?P<login>(?<=://)[^\s/@:]*:[^\s/@]*(?=@))",
    r"(?P<query>(?<=\?)[\w.\-\[\]%~+]+=[^\s\"'<>)\]]*)",
    r"(?P<bearer>\b(?i:Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=\-]{8,})",
    rf"(?P<pair>(?<![A-Za-z])(?i:{_GUARDED_WORD})s?[\"']?\s*(?:=>|[=:])\s*(?:\"[^\"]*\"|'[^']*'|[^\s,;&)}}\]]+))",
    r"(?P<jwt>\beyJ[\w\-]+\.[\w\-]+\.[\w\-]*)",
    r"(?P<email>[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,})",
    r"(?P<iban>\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b)",
    r"(?P<card>(?<![\w.\-])(?:\d[ \-]?){12,18}\d(?![\w\-]))",
    r"(?P<phone>(?<![\w.])(?:\+|00)[1-9](?:[ ().\-/]*\d){6,14}(?!\w)"
    r"|(?<![\w.:\-])\(?0\d{1,4}\)?[ \-/]\d[\d \-/]{3,12}\d(?![\w\-])|(?<![\w.:\-])0\d{9,10}(?![\w.\-])"
    r"|(?<![\w.:\-])\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}(?![\w\-]))",
    # Made by chance: capitals, small letters and figures together, a session's key, or a known beginning.
    r"(?P<token>(?<![\w\-])(?=[\w\-]*[a-z])(?=[\w\-]*[A-Z])(?=[\w\-]*\d)[\w\-]{20,})",
    r"(?P<session>\b(?=[a-z0-9]*[g-z])(?=[a-z0-9]*\d)[a-z0-9]{32}\b)",
    r"(?P<known>\b(?:md|sk|pk|rk|whsec|ghp|xox[bp])_[A-Za-z0-9_]{8,})",
)
_FOUND = re.compile("|".join(_PATTERNS))
_LONGEST = 8000


def redact(value: Any, field: str = "") -> Any:
    """The value without what must not be kept; mappings and lists likewise. `field` is what it is called."""
    if field and value not in (None, "", True, False) and _GUARDED_FIELD.search(field):
        return GONE
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {redact_text(str(key)): redact(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(one) for one in value]
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return redact_text(str(value))


def redact_text(text: str) -> str:
    """The text with `[removed]` in place of each thing found."""
    if len(text) > 2 * _LONGEST:
        # The end of a traceback says most; nobody reads the middle of a megabyte, and searching it takes long.
        text = f"{text[:_LONGEST]} … {text[-_LONGEST:]}"
    return _FOUND.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    kind, found = match.lastgroup or "", match.group()
    if kind == "kept" or (kind == "card" and not _passes_luhn(found)):
        return found
    if kind == "detail":
        return f"{found.partition(':')[0]}: {GONE}"
    if kind == "pair":
        return re.split(r"(?<=[=:>])", found, maxsplit=1)[0] + GONE
    return GONE


def _passes_luhn(text: str) -> bool:
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    total = sum(sum(divmod(2 * digit, 10)) if n % 2 else digit for n, digit in enumerate(digits))
    return len(set(digits)) > 1 and total % 10 == 0
