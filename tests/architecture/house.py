"""Applying the rules to the product."""

from __future__ import annotations

from tests.architecture.exceptions import EXCEPTIONS
from tests.architecture.rules import RULES
from tests.architecture.source import list_sources


def list_broken() -> list[str]:
    """Return a line for each place that breaks a rule, and for each exception without need."""
    sources = list_sources()
    broken, used = [], set()
    for rule in RULES:
        for finding in rule.findings(sources):
            excepted = (rule.name, finding.path)
            if excepted in EXCEPTIONS:
                used.add(excepted)
            else:
                broken.append(f"{finding}  [{rule.name}]")
    unused = sorted(set(EXCEPTIONS) - used)
    return broken + [f"{path}: the exception from {name!r} is no longer needed" for name, path in unused]
