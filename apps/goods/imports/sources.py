"""What a file is, whatever its name says: text, text packed with gzip or xz, or an Excel workbook; read as a stream.

Nothing is unpacked to more than its limit, so that a small file cannot fill the memory or the disk.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import lzma
import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _

from apps.goods.imports import reading
from apps.goods.imports.reading import MOST_COLUMNS, PIECE, Record, Shape
from apps.kernel.errors import InvalidInput

TEXT, GZIP, XZ, WORKBOOK = "text", "gzip", "xz", "xlsx"
LARGEST_UNPACKED = 500 * 1024 * 1024
LARGEST_SHARED = 120 * 1024 * 1024
MOST_ROWS = 2_000_000
_XZ_MEMORY = 128 * 1024 * 1024
_MARKS = ((b"\x1f\x8b", GZIP), (b"\xfd7zXZ\x00", XZ), (b"PK\x03\x04", WORKBOOK))


def find_shape(file: IO[bytes]) -> Shape:
    """What the file is and its headings. Raises `InvalidInput` with what to do for what cannot be imported."""
    container = find_container(file)
    with unpacked(file, container) as content:
        if container == WORKBOOK:
            _check_workbook(content)
            return reading.shape_of(_read_workbook(content), Shape("", "", [], WORKBOOK))
        return replace(reading.find_shape(content), container=container)


def find_container(file: IO[bytes]) -> str:
    """By its first bytes; names lie."""
    file.seek(0)
    head = file.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(
            _(
                "This is an old (.xls) or a protected workbook. Save it without a password as .xlsx or as CSV UTF-8."
            )
        )
    return next((kind for mark, kind in _MARKS if head.startswith(mark)), TEXT)


def read_records(file: IO[bytes], shape: Shape) -> Generator[Record, None, None]:
    """The records of the file, headings first; rows beyond two millions are refused as one."""
    with unpacked(file, shape.container) as content:
        if shape.container == WORKBOOK:
            records = _read_workbook(content)
        else:
            records = reading.read_records(content, shape.encoding, shape.delimiter)
        for record in records:
            if record.row > MOST_ROWS:
                yield Record(
                    record.row, [], _("From here on nothing is read: a file has at most 2,000,000 rows.")
                )
                return
            yield record


@contextmanager
def unpacked(file: IO[bytes], container: str) -> Iterator[IO[bytes]]:
    """The content of a packed file, which can be read again from its start."""
    file.seek(0)
    if container not in {GZIP, XZ}:
        yield file
        return
    pieces = _gzip_pieces if container == GZIP else _xz_pieces
    yield io.BufferedReader(_Unpacked(lambda: pieces(file)), PIECE)


class _Unpacked(io.RawIOBase):
    """A stream over unpacked pieces that stops at the limit."""

    def __init__(self, start: Callable[[], Iterator[bytes]]) -> None:
        self._start = start
        self._begin()

    def _begin(self) -> None:
        self._pieces, self._rest, self._done = self._start(), b"", 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only back to the start")
        self._begin()
        return 0

    def tell(self) -> int:
        return self._done

    def readinto(self, target: Any) -> int:
        if not self._rest:
            try:
                self._rest = next(self._pieces, b"")
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise InvalidInput(
                    _("This packed file is broken. Pack it again, or import the file itself.")
                ) from error
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self._done += size
        if self._done > LARGEST_UNPACKED:
            raise InvalidInput(_("Unpacked this file is larger than 500 MB. Split it and import the parts."))
        return size


def _gzip_pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as content:
        while piece := content.read(PIECE):
            yield piece


def _xz_pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    # The header of a file may ask for four gigabytes of memory.
    decoder = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    while not decoder.eof:
        data = file.read(PIECE) if decoder.needs_input else b""
        if decoder.needs_input and not data:
            raise EOFError
        if piece := decoder.decompress(data, max_length=PIECE):
            yield piece


def _check_workbook(file: IO[bytes]) -> None:
    """Refuse what is no plain workbook, holds macros, or would grow beyond all measure."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise InvalidInput(
                    _(
                        "This is not a CSV file and not a workbook (.xlsx). Unpack it first and import the table in it."
                    )
                )
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise InvalidInput(
                    _("This workbook holds macros. Save it as .xlsx without macros, or as CSV UTF-8.")
                )
            shared = sum(
                p.file_size for p in parts if p.filename.endswith(("sharedStrings.xml", "styles.xml"))
            )
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED or shared > LARGEST_SHARED:
                raise InvalidInput(
                    _("Unpacked this workbook is too large. Save it as CSV UTF-8 and import that.")
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as content:
                        if b"<!DOCTYPE" in content.read(4096).upper():
                            raise InvalidInput(
                                _("This workbook was not written by a spreadsheet. Save it as CSV.")
                            )
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, zlib.error) as error:
        raise InvalidInput(
            _(
                "This is not a CSV file, and as a workbook it is broken or protected. Save it again as .xlsx or CSV."
            )
        ) from error


def _read_workbook(file: IO[bytes]) -> Generator[Record, None, None]:
    """The rows of the first sheet that is shown: values, never formulas."""
    import openpyxl

    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:
            # Whatever a broken file does to the library's parsers is the file's fault.
            raise InvalidInput(
                _("This workbook cannot be read. Save it again as .xlsx, or as CSV UTF-8.")
            ) from error
        try:
            sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
            if sheet is None:
                raise InvalidInput(_("This workbook has no sheet with a table."))
            yield from _sheet_records(sheet)
        finally:
            book.close()


def _sheet_records(sheet: Any) -> Iterator[Record]:
    # A sheet says how large it is; some say nonsense.
    sheet.reset_dimensions()
    width = 0
    rows = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1)
    number = 0
    while True:
        number += 1
        try:
            values = next(rows)
        except StopIteration:
            return
        except Exception:  # a broken part of the sheet: nothing below it can be trusted
            yield Record(number, [], _("From here on nothing can be read: this workbook is broken."))
            return
        cells = [text_of(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if not width:
            width = len(cells)
        yield Record(number, cells + [""] * (width - len(cells)))


def text_of(value: Any) -> str:
    """A cell of a workbook as it would stand in a text file: 12.0 is 12, a date is 2026-01-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Twelve digits: what a spreadsheet shows, without the rounding noise of binary fractions.
        return (
            f"{Decimal(repr(value)).quantize(Decimal('1e-10')).normalize():f}"
            if abs(value) < 1e15
            else repr(value)
        )
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)[: reading.LONGEST_CELL]
