"""Places that may break a rule, each with its reason. One that is no longer needed fails the tests.

Write `(rule's name, path): "reason"`. Prefer to keep the rule.
"""

from __future__ import annotations

EXCEPTIONS: dict[tuple[str, str], str] = {}
