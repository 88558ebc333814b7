"""What preparing a file gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class Unusable(Exception):
    """The file can never be shown; the text says why, for its uploader."""


@dataclass(frozen=True)
class Product:
    """A derived file in the working folder."""

    label: str
    path: Path
    content_type: str
    width: int | None = None
    height: int | None = None


@dataclass
class Prepared:
    """Everything made of one file. `clean` takes the original's place: without hidden data."""

    products: list[Product] = field(default_factory=list)
    clean: Path | None = None
    width: int | None = None
    height: int | None = None
