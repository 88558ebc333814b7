"""What the code reads from the environment stands in `.env.example`, and what stands there is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from django.conf import settings

# Set by the tests, the tools or the operating system, never by who runs an installation.
NOT_FOR_OPERATORS = {
    "CELERY_EAGER",
    "CELERY_SKIP_CHECKS",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "OTEL_SDK_DISABLED",
    "PATH",
    "PGOPTIONS",
    "PROMETHEUS_MULTIPROC_DIR",
    "PYTEST_VERSION",
    "SOURCE_DATE_EPOCH",
}


def test_every_variable_is_in_the_example_and_every_example_is_read() -> None:
    read = {name for folder in ("monidesk", "apps", "deploy") for name in _read_in(folder)}
    example = (settings.BASE_DIR / ".env.example").read_text()
    told = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    assert sorted(read - told - NOT_FOR_OPERATORS) == []
    assert sorted(told - read) == []


def _read_in(folder: str) -> Iterator[str]:
    for path in (settings.BASE_DIR / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and _asks(node.func):
                yield from _text(node.args[0])
            elif isinstance(node, ast.Subscript) and _asks(node.value):
                yield from _text(node.slice)


def _asks(node: ast.expr) -> bool:
    words = ast.unparse(node)
    return words.startswith(("os.environ", "environ")) or words.split(".")[-1].startswith(("env_", "getenv"))


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isupper():
        yield node.value
