"""Reading a certificate of analysis: a text in, values with their lines and how sure the reader is out.

Deterministic: the same text gives the same values, and each names the line it stands in. It knows tables with a head
("Analyte  LOQ  %  mg/g"), lines with a colon ("THCA: 24.2 %"), and groups of tests with a verdict ("Pesticides PASS").
A person looks at all of it before anything is used.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

# THCA loses its acid group when it is heated: 314.45 g/mol of 358.47.
ACID_SHARE = Decimal("0.877")
MOST_LINES = 2000
SURE, LIKELY, GUESSED = 95, 85, 50
OCR_SHARE = Decimal("0.85")
TOLERANCE = Decimal("0.15")

LABELS = {
    "thc": "THC", "thca": "THCA", "total_thc": "Total THC", "cbd": "CBD", "cbda": "CBDA", "total_cbd": "Total CBD",
    "moisture": "Moisture", "pesticides": "Pesticides", "heavy_metals": "Heavy metals", "microbials": "Microbials",
    "mycotoxins": "Mycotoxins", "solvents": "Residual solvents", "foreign": "Foreign matter",
}  # fmt: skip
_DELTA = r"(?:(?:Δ|∆|A|d(?:elta)?)[\s-]*9[\s-]*)?"
_VALUES = [
    ("total_thc", rf"(?:total|max(?:imum)?\.?)[\s-]+(?:active\s+)?{_DELTA}thc\b"),
    ("total_cbd", r"(?:total|max(?:imum)?\.?)[\s-]+(?:active\s+)?cbd\b"),
    ("thca", rf"{_DELTA}thc[\s-]*a\b"),
    ("cbda", r"cbd[\s-]*a\b"),
    ("thc", rf"{_DELTA}thc\b(?!\s*[-]?\s*[av]\b)"),
    ("cbd", r"cbd\b(?!\s*[-]?\s*[av]\b)"),
    ("moisture", r"moisture(?:\s+content)?\b"),
]
_GROUPS = [
    ("pesticides", r"(?:residual\s+)?pesticides?\b"),
    ("heavy_metals", r"heavy\s+metals?\b"),
    ("microbials", r"microbi(?:al|als|ology|ological)\b"),
    ("mycotoxins", r"mycotoxins?\b"),
    ("solvents", r"(?:residual\s+)?solvents?\b"),
    ("foreign", r"foreign\s+(?:matter|material)s?\b"),
]
_VERDICT = re.compile(r"\b(pass(?:ed)?|fail(?:ed|ure)?|not\s+detected|not\s+tested)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.,])(<?\s*\d{1,5}(?:[.,]\d+)?|n\.?d\.?\b|bloq\b|<\s*lo[qd]\b)\s*(%|mg/g)?", re.IGNORECASE
)
_COLUMN = re.compile(r"lo[qd]\b|mg\s*/\s*g|%|result|mass|conc(?:entration)?", re.IGNORECASE)
_DATE = (
    r"(\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
    r"|\d{1,2}\.?\s+[a-z]{3,9}\.?,?\s+\d{4}|[a-z]{3,9}\.?\s+\d{1,2},?\s+\d{4})"
)
_ISSUED = [
    (
        re.compile(
            rf"(?:issued|report(?:ed)?|certificate|completed?)\b[^:\d]{{0,20}}[:\s]\s*{_DATE}", re.IGNORECASE
        ),
        SURE,
    ),
    (re.compile(rf"\bdate\b[^:\d]{{0,20}}[:\s]\s*{_DATE}", re.IGNORECASE), GUESSED),
]
_LAB = [
    (
        re.compile(
            r"^\s*(?:lab(?:oratory)?(?:\s+name)?|tested\s+by|issued\s+by|analy[sz]ed\s+by)\s*:\s*(.+)",
            re.IGNORECASE,
        ),
        SURE,
    ),
    (
        re.compile(
            r"^\s*(.*\b(?:labs?|laborator(?:y|ies)|analytics|analytical|testing)\b.*)$", re.IGNORECASE
        ),
        GUESSED,
    ),
]
_LOT = re.compile(
    r"\b(?:batch|lot)\b\s*(?:no\.?|number|id|code|#)?\s*[:#]?\s*([a-z0-9][a-z0-9./_-]{2,40})", re.IGNORECASE
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Value:
    """A result that was read: of how many per cent, or passed; in which line; how sure, 0 to 100."""

    code: str
    value: Decimal | None
    unit: str
    passed: bool | None
    line: str
    confidence: int

    @property
    def label(self) -> str:
        return LABELS[self.code]


@dataclass(frozen=True, slots=True)
class Said:
    """A word of the paper: who, when, which batch."""

    value: str
    line: str
    confidence: int


@dataclass(slots=True)
class Draft:
    """What a certificate seems to say. Nothing of it counts before a person has approved it."""

    lab: Said | None = None
    lot_code: Said | None = None
    issued_on: Said | None = None
    results: list[Value] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What was found, as it is kept."""
        said = {
            name: asdict(one) for name in ("lab", "lot_code", "issued_on") if (one := getattr(self, name))
        }
        values = [
            {**asdict(one), "value": None if one.value is None else str(one.value)} for one in self.results
        ]
        return {**said, "results": values}


def read_certificate(text: str, *, recognised: bool = False) -> Draft:
    """Read the text of a certificate; `recognised` letters are trusted less than a text in the file."""
    lines = [" ".join(line.split()) for line in text.splitlines()[:MOST_LINES]]
    lines = [line for line in lines if line]
    draft = Draft(lab=_first(_LAB, lines[:40]), issued_on=_issued(lines), lot_code=_lot(lines))
    found: dict[str, Value] = {}
    columns: list[str] = []
    for line in lines:
        head = [match[0].lower().replace(" ", "") for match in _COLUMN.finditer(line)]
        value = _value(line, columns)
        if value is None and len(head) >= 2 and not re.search(r"\d[.,]\d", line):
            columns = head
            continue
        for one in (value, _verdict(line)):
            if one is not None:
                found[one.code] = _better(found.get(one.code), one)
    _add_up(found, "thc")
    _add_up(found, "cbd")
    draft.results = [found[code] for code in LABELS if code in found]
    if recognised:
        draft.results = [replace(one, confidence=int(one.confidence * OCR_SHARE)) for one in draft.results]
        for name in ("lab", "lot_code", "issued_on"):
            said = getattr(draft, name)
            if said is not None:
                setattr(draft, name, replace(said, confidence=int(said.confidence * OCR_SHARE)))
    return draft


def _value(line: str, columns: list[str]) -> Value | None:
    for code, pattern in _VALUES:
        match = re.match(rf"[^a-zΔ∆]{{0,4}}(?:[a-z() -]{{0,24}}\()?{pattern}", line, re.IGNORECASE)
        if match is not None:
            return _measured(code, line, line[match.end() :], columns)
    return None


def _measured(code: str, line: str, rest: str, columns: list[str]) -> Value | None:
    numbers = [(_decimal(one[1]), (one[2] or "").lower()) for one in _NUMBER.finditer(rest)]
    if not numbers:
        return None
    for value, unit in numbers:
        if unit == "%":
            return _checked(code, value, line, SURE)
    if columns and len(columns) == len(numbers) and not any(unit for _value, unit in numbers):
        for wanted, share in (("%", 1), ("mg/g", 10)):
            if wanted in columns:
                return _checked(code, numbers[columns.index(wanted)][0] / share, line, SURE - 5)
    for value, unit in numbers:
        if unit == "mg/g":
            return _checked(code, value / 10, line, LIKELY)
    return _checked(code, numbers[-1][0], line, GUESSED if len(numbers) == 1 else GUESSED - 20)


def _checked(code: str, value: Decimal, line: str, confidence: int) -> Value:
    """More than a hundred per cent is a slip of the reader: kept for the person to see, and not believed."""
    sure = confidence if value <= 100 else 5
    return Value(code, value.quantize(Decimal("0.0001")), "%", None, line[:300], sure)


def _decimal(text: str) -> Decimal:
    """Not detected and below the limit of quantification are nothing."""
    if text.lstrip().startswith("<"):
        return Decimal(0)
    try:
        return Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return Decimal(0)


def _verdict(line: str) -> Value | None:
    for code, pattern in _GROUPS:
        match = re.match(rf"[^a-z]{{0,4}}{pattern}", line, re.IGNORECASE)
        verdicts = {word.lower() for word in _VERDICT.findall(line[match.end() :])} if match else set()
        if not verdicts:
            continue
        failed = any(word.startswith("fail") for word in verdicts)
        if not failed and not any(word.startswith("pass") or "detected" in word for word in verdicts):
            return None
        # "Pass / Fail" is a form's head, not a verdict.
        return Value(code, None, "", not failed, line[:300], 20 if len(verdicts) > 1 else SURE)
    return None


def _better(before: Value | None, now: Value) -> Value:
    """Of two lines that say the same thing the surer one; when they differ, none is sure."""
    if before is None:
        return now
    best = now if now.confidence > before.confidence else before
    if (before.value, before.passed) == (now.value, now.passed):
        return best
    return replace(best, confidence=min(best.confidence, 40))


def _add_up(found: dict[str, Value], code: str) -> None:
    """The total from its parts: worked out where the paper has none, compared where it has one."""
    part, acid, total = found.get(code), found.get(f"{code}a"), found.get(f"total_{code}")
    if acid is None or acid.value is None:
        return
    base = part.value if part is not None and part.value is not None else Decimal(0)
    sure = min(acid.confidence, part.confidence if part else SURE)
    worked_out = (base + ACID_SHARE * acid.value).quantize(Decimal("0.01"))
    if total is None or total.value is None:
        line = f"{base.normalize():f} + {ACID_SHARE} × {acid.value.normalize():f}"
        found[f"total_{code}"] = Value(f"total_{code}", worked_out, "%", None, line, min(sure, LIKELY))
    elif abs(total.value - worked_out) > TOLERANCE:
        found[f"total_{code}"] = replace(total, confidence=min(total.confidence, 30))


def _first(patterns: list[tuple[re.Pattern[str], int]], lines: list[str]) -> Said | None:
    for pattern, confidence in patterns:
        for line in lines:
            if match := pattern.search(line):
                return Said(match[1].strip(" .:-")[:160], line[:300], confidence)
    return None


def _lot(lines: list[str]) -> Said | None:
    for line in lines:
        match = _LOT.search(line)
        if match and any(sign.isdigit() for sign in match[1]):
            return Said(match[1].rstrip(".-/"), line[:300], SURE)
    return None


def _issued(lines: list[str]) -> Said | None:
    for pattern, confidence in _ISSUED:
        for line in lines:
            match = pattern.search(line)
            day = _day(match[1]) if match else None
            if day is not None:
                return Said(day[0].isoformat(), line[:300], min(confidence, day[1]))
    return None


def _day(text: str) -> tuple[dt.date, int] | None:
    """The day, and how sure it is: 03/04/2026 may be two days."""
    parts = re.findall(r"\d+|[a-z]+", text.lower())
    try:
        if re.match(r"\d{4}-", text):
            return dt.date.fromisoformat(text), SURE
        words = [part for part in parts if part.isalpha()]
        if words:
            day, year = (int(part) for part in parts if part.isdigit())
            return dt.date(year, _MONTHS.index(words[0][:3]) + 1, day), SURE
        first, second, year = map(int, parts)
        if first <= 12 and second <= 12 and first != second:
            # With points the day stands first everywhere; with strokes nobody knows.
            return dt.date(year, second, first), SURE if "." in text else 40
        day, month = (first, second) if first > 12 else (second, first)
        return dt.date(year, month, day), SURE
    except ValueError:
        return None
