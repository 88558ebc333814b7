"""Reading text: what a PDF holds itself, else by a provider that recognises letters.

A provider is anything with `read(picture) -> str`. `MEDIA_OCR` names one: `tesseract` (the default, used when the
system has it) or a dotted path to a class; `none` switches it off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string
from pypdf import PdfReader

from .results import Product
from .tools import is_there, run

MOST_PAGES = 20
MOST_CHARACTERS = 1_000_000


class OcrProvider(Protocol):
    """Recognises the letters in a picture."""

    def read(self, picture: Path) -> str: ...


class Tesseract:
    """The program of that name, on this machine."""

    def read(self, picture: Path) -> str:
        """The text, or nothing when the program fails."""
        found = run("tesseract", str(picture), "-", "-l", settings.MEDIA_OCR_LANGUAGES, seconds=120)
        return (found or b"").decode("utf-8", "replace")


def get_provider() -> OcrProvider | None:
    """The provider in use, or None."""
    if settings.MEDIA_OCR == "none":
        return None
    if settings.MEDIA_OCR == "tesseract":
        return Tesseract() if is_there("tesseract") else None
    return cast(OcrProvider, import_string(settings.MEDIA_OCR)())


def read_text_of_picture(picture: Path) -> list[Product]:
    """`text.txt` with what a scanned paper says, when it says something."""
    provider = get_provider()
    return _product(picture, provider.read(picture)) if provider else []


def read_text_of_pdf(path: Path) -> list[Product]:
    """`text.txt` with the text of a PDF; pages that are pictures are recognised, the first twenty."""
    try:
        pages = PdfReader(path).pages[:MOST_PAGES]
        text = "\n\n".join(page.extract_text() for page in pages)
    except (
        Exception
    ):  # a library over strangers' files fails in many ways; without text the paper is still usable
        return []
    if not text.strip():
        text = _recognise_pages(path)
    return _product(path, text)


def _recognise_pages(path: Path) -> str:
    provider = get_provider()
    if provider is None or not is_there("gs"):
        return ""
    words = [
        "gs",
        "-dSAFER",
        "-dBATCH",
        "-dNOPAUSE",
        "-q",
        "-sDEVICE=pnggray",
        "-r200",
        f"-dLastPage={MOST_PAGES}",
    ]
    if run(*words, f"-sOutputFile={path.with_name('page-%03d.png')}", str(path), seconds=300) is None:
        return ""
    return "\n\n".join(provider.read(page) for page in sorted(path.parent.glob("page-*.png")))


def _product(beside: Path, text: str) -> list[Product]:
    text = text.replace("\x00", "").strip()[:MOST_CHARACTERS]
    if not text:
        return []
    target = beside.with_name("text.txt")
    target.write_text(text, encoding="utf-8")
    return [Product(target.name, target, "text/plain")]
