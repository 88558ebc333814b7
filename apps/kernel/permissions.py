"""The register of permissions. Each app declares its own `resource.action` codes; roles are sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

_register: dict[str, Any] = {}


def declare(code: str, label: Any) -> str:
    """Add `code` (`orders.refund`) with a label a shopkeeper understands; returns the code."""
    _register[code] = label
    return code


def describe(code: str) -> str:
    """The label of a permission."""
    return str(_register.get(code, code))


def all_permissions() -> dict[str, Any]:
    """Every declared code with its label, in order of code."""
    return dict(sorted(_register.items()))


def expand(patterns: Iterable[str]) -> frozenset[str]:
    """The declared codes that match any of the patterns (`orders.*`, `*.read`)."""
    wanted = list(patterns)
    return frozenset(code for code in _register if any(fnmatchcase(code, pattern) for pattern in wanted))
