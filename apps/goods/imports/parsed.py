"""What was read of a file before anything is decided: rows of a product, the product, what is wrong in a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.goods.catalog.drafts import PackDraft
from apps.goods.imports.reading import Record


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell, in words that say what to do."""

    row: int
    code: str
    message: str
    value: str = ""


@dataclass(slots=True)
class Group:
    """The rows of one product, and what was wrong with them as rows."""

    handle: str
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    # Lines of the file, also those that are not kept here.
    lines: int = 0


@dataclass(slots=True)
class ParsedVariant:
    row: int
    values: dict[str, Any]
    option_values: list[str]
    quantity: int | None = None
    image_url: str = ""
    # None: the file says nothing of packs.
    packs: list[PackDraft] | None = None
    # What an app above keeps beside the catalogue, by the codes of its columns: only those that the file has.
    beside: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ParsedProduct:
    """A product as the file describes it: only fields that the file has."""

    row: int
    handle: str
    fields: dict[str, Any] = field(default_factory=dict)
    category_path: list[str] = field(default_factory=list)
    published: bool | None = None
    status: str | None = None
    options: list[str] = field(default_factory=list)
    variants: list[ParsedVariant] = field(default_factory=list)
    pictures: list[dict[str, Any]] = field(default_factory=list)
    # Set when the SKU says which product this is, and not the address.
    sku: str = ""
