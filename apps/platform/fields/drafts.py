"""What goes into the services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDraft:
    """A field as it is described. Limits are texts: numbers, days, or lengths of a text."""

    label: str
    type: str
    help_text: str = ""
    choices: Sequence[str] = ()
    minimum: str = ""
    maximum: str = ""
    default: Any = None
    required: bool = False
    unique: bool = False
    position: int | None = None
    in_list: bool = False
    filterable: bool = False
    on_documents: bool = False
    in_store: bool = False
