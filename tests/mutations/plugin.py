"""Runs each named test with its safeguard taken out, and turns the result around: it must fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .guards import GUARDS

_GUARD_OF = {test: guard for guard in GUARDS for test in guard.noticed_by}
_noticed: dict[str, str] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    guard = _GUARD_OF[item.nodeid]
    try:
        with guard.without():
            yield
    except (Exception, pytest.fail.Exception) as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        _noticed[item.nodeid] = said[:110]
        return
    pytest.fail(f"Nobody notices when this is gone: {guard.name}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("noticed")
    for test, said in _noticed.items():
        terminalreporter.line(f"without {_GUARD_OF[test].name}: {test.rpartition('::')[2]}: {said}")
