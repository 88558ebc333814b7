"""Reading a delimited file as a stream: what text it is, how it is separated, and one record after the other.

Memory does not grow with the file: it is decoded in pieces and a record is dropped when the next is read.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput

LARGEST_FILE = 100 * 1024 * 1024
LONGEST_CELL = 500_000
MOST_COLUMNS = 300
_DELIMITERS = ",;\t|"
_PIECE = 256 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written, and its headings."""

    encoding: str
    delimiter: str
    headings: list[str]


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number as a spreadsheet shows it (the headings are row 1), its cells, what is wrong with it."""

    row: int
    cells: list[str]
    problem: str = ""


def find_shape(file: IO[bytes]) -> Shape:
    """How the file is written. Raises `InvalidInput` for what is not a delimited text with headings."""
    encoding = find_encoding(file)
    file.seek(0)
    text = _decoded(file, encoding)
    start = text.read(_PIECE)
    text.detach()
    first = next((line for line in start.splitlines() if line.strip()), "")
    if not first:
        raise InvalidInput(_("The file is empty. Export it again with its headings in the first row."))
    delimiter = max(_DELIMITERS, key=first.count)
    if not first.count(delimiter):
        delimiter = ","
    file.seek(0)
    records = read_records(file, encoding, delimiter)
    try:
        headings = [heading.strip() for heading in next(records).cells]
    except StopIteration:
        raise InvalidInput(
            _("The file is empty. Export it again with its headings in the first row.")
        ) from None
    finally:
        records.close()
    if len(headings) > MOST_COLUMNS or any("\x00" in heading for heading in headings):
        raise InvalidInput(_("The first row does not look like headings. Is this a CSV file?"))
    named = [heading for heading in headings if heading]
    if len(set(named)) != len(named):
        twice = next(heading for heading in named if named.count(heading) > 1)
        raise InvalidInput(
            _("The heading “%(heading)s” is there twice. Rename one of them.") % {"heading": twice}
        )
    return Shape(encoding, delimiter, headings)


def find_encoding(file: IO[bytes]) -> str:
    """UTF-8 or UTF-16 by their marks, else UTF-8 if all of it is, else Windows-1252 (what Excel writes)."""
    file.seek(0)
    head = file.read(4096)
    if not head:
        raise InvalidInput(_("The file is empty. Export it again with its headings in the first row."))
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")):
        raise InvalidInput(
            _("This is not a CSV file. In your spreadsheet choose “Save as”, then “CSV UTF-8”.")
        )
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _checked(file, encoding)
    if head.count(b"\x00") * 3 > len(head):
        return _checked(
            file, "utf-16-le" if head[1::2].count(b"\x00") > head[::2].count(b"\x00") else "utf-16-be"
        )
    try:
        return _checked(file, "utf-8")
    except InvalidInput:
        return _checked(file, "cp1252")


def read_records(file: IO[bytes], encoding: str, delimiter: str) -> Generator[Record, None, None]:
    """The records of a file from its start, headings first. Empty rows are counted and left out."""
    file.seek(0)
    text = _decoded(file, encoding)
    before = csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter)
    row = 0
    try:
        while True:
            row += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                # Behind it every cell may be half of another: nothing below is read.
                yield Record(
                    row, [], _("From here on nothing can be read: a quotation mark is never closed.")
                )
                return
            if any(cell.strip() for cell in cells):
                yield Record(row, cells)
    finally:
        csv.field_size_limit(before)
        text.detach()


def _decoded(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding=encoding, newline="")  # type: ignore[arg-type]


def _checked(file: IO[bytes], encoding: str) -> str:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            _("The text of this file cannot be read. In your spreadsheet choose “Save as”, then “CSV UTF-8”.")
        ) from error
    return encoding
