"""Reading a delimited file as a stream: what text it is, how it is separated, and one record after the other.

Memory does not grow with the file: it is decoded in pieces and a record is dropped when the next is read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput

LARGEST_FILE = 100 * 1024 * 1024
LONGEST_CELL = 500_000
MOST_COLUMNS = 300
_DELIMITERS = ",;\t|"
PIECE = 256 * 1024
MIXED = "mixed"
SAMPLES = 30
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written, its headings, and the first cells of each column."""

    encoding: str
    delimiter: str
    headings: list[str]
    container: str = "text"
    samples: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number as a spreadsheet shows it (the headings are row 1), its cells, what is wrong with it."""

    row: int
    cells: list[str]
    problem: str = ""
    # How many lines of the file this stands for, and those lines as they came when it is made of several.
    lines: int = 1
    sources: tuple[tuple[int, list[str]], ...] = ()


def find_shape(file: IO[bytes]) -> Shape:
    """How the file is written. Raises `InvalidInput` for what is not a delimited text with headings."""
    encoding = find_encoding(file)
    file.seek(0)
    text = _decoded(file, encoding)
    start = text.read(PIECE)
    text.detach()
    first = next((line for line in start.splitlines() if line.strip()), "")
    if not first:
        raise InvalidInput(_("The file is empty. Export it again with its headings in the first row."))
    delimiter = max(_DELIMITERS, key=first.count)
    if not first.count(delimiter):
        delimiter = ","
    return shape_of(read_records(file, encoding, delimiter), Shape(encoding, delimiter, []))


def shape_of(records: Generator[Record, None, None], shape: Shape) -> Shape:
    """`shape` with the headings and samples of the records, whatever they are read from."""
    try:
        headings = [heading.strip() for heading in next(records).cells]
        first = [record.cells for record in islice(records, SAMPLES) if not record.problem]
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
    columns = [[cells[n].strip()[:60] for cells in first if n < len(cells)] for n in range(len(headings))]
    samples = [list(dict.fromkeys(c.replace("\x00", "") for c in column if c))[:3] for column in columns]
    return replace(shape, headings=headings, samples=samples)


def find_encoding(file: IO[bytes]) -> str:
    """UTF-8 or UTF-16 by their marks, else UTF-8 if all of it is, else Windows-1252 (what Excel writes).

    `mixed` is UTF-8 with single lines of Windows-1252 in it, as files have that were put together from several.
    """
    file.seek(0)
    head = file.read(4096)
    if not head:
        raise InvalidInput(_("The file is empty. Export it again with its headings in the first row."))
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\xfd7zXZ")):
        raise InvalidInput(
            _("This is not a CSV file. In your spreadsheet choose “Save as”, then “CSV UTF-8”.")
        )
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _checked(file, MIXED if encoding == "utf-8-sig" and not _is(file, encoding) else encoding)
    if head.count(b"\x00") * 3 > len(head):
        return _checked(
            file, "utf-16-le" if head[1::2].count(b"\x00") > head[::2].count(b"\x00") else "utf-16-be"
        )
    if _is(file, "utf-8"):
        return "utf-8"
    return _checked(file, MIXED if _has_both(file) else "cp1252")


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
    codec, errors = ("utf-8-sig", _FALL_BACK) if encoding == MIXED else (encoding, "strict")
    return io.TextIOWrapper(file, encoding=codec, errors=errors, newline="")  # type: ignore[arg-type]


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """What is no UTF-8 is read as Windows-1252; what is neither is refused."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252"), error.end


_FALL_BACK = "monidesk.cp1252"
codecs.register_error(_FALL_BACK, _as_cp1252)


def _has_both(file: IO[bytes]) -> bool:
    """Whether there is UTF-8 beyond plain letters beside what is none."""
    return any(_BEYOND.search(text) for text in _pieces(file, "utf-8", "surrogateescape"))


_BEYOND = re.compile("[^\x00-\x7f\udc80-\udcff]")


def _is(file: IO[bytes], encoding: str) -> bool:
    try:
        return all(True for _text in _pieces(file, encoding, "strict"))
    except UnicodeDecodeError:
        return False


def _pieces(file: IO[bytes], encoding: str, errors: str) -> Iterator[str]:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    while piece := file.read(PIECE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _checked(file: IO[bytes], encoding: str) -> str:
    codec, errors = ("utf-8-sig", _FALL_BACK) if encoding == MIXED else (encoding, "strict")
    try:
        for _text in _pieces(file, codec, errors):
            pass
    except UnicodeDecodeError as error:
        raise InvalidInput(
            _("The text of this file cannot be read. In your spreadsheet choose “Save as”, then “CSV UTF-8”.")
        ) from error
    return encoding
