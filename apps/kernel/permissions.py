"""The register of permissions. Each app declares its own `resource.action` codes; roles are sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

_register: dict[str, Any] = {}
_whole: set[str] = set()


def declare(code: str, label: Any, *, whole_business: bool = False) -> str:
    """Add `code` (`orders.refund`) with a label a shopkeeper understands; returns the code.

    `whole_business` marks what cannot be cut by location or customer (the books, the audit trail): somebody who is
    limited to a part of the business does not have it, whatever the role says.
    """
    _register[code] = label
    (_whole.add if whole_business else _whole.discard)(code)
    return code


def describe(code: str) -> str:
    """The label of a permission."""
    return str(_register.get(code, code))


def all_permissions() -> dict[str, Any]:
    """Every declared code with its label, in order of code."""
    return dict(sorted(_register.items()))


def whole_business() -> frozenset[str]:
    """The codes that nobody has who is limited to some locations or to own customers."""
    return frozenset(_whole)


def expand(patterns: Iterable[str]) -> frozenset[str]:
    """The declared codes that match any of the patterns (`orders.*`, `*.read`)."""
    wanted = list(patterns)
    return frozenset(code for code in _register if any(fnmatchcase(code, pattern) for pattern in wanted))
