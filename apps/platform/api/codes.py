"""Every code a refusal may carry, read from the code itself, so that the table cannot lag behind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import apps
from apps.kernel.errors import DomainError

ROOT = Path(apps.__path__[0])
# A company of its own that only plays beside the product.
LEFT_OUT = {"sandboxpay", "migrations", "management"}


@dataclass(frozen=True, order=True)
class Code:
    """A code with its status and what it says."""

    code: str
    status: int
    says: str


@lru_cache(maxsize=1)
def list_codes() -> tuple[Code, ...]:
    """All codes in alphabetical order; of a code that several places give, the first sentence found."""
    kinds = {kind.__name__: kind for kind in _kinds()}
    found = {
        kind.default_code: Code(kind.default_code, kind.status, str(kind.default_message))
        for kind in kinds.values()
    }
    for path in sorted(ROOT.rglob("*.py")):
        if LEFT_OUT.isdisjoint(path.parts):
            for code in _raised(ast.parse(path.read_text()), kinds):
                found.setdefault(code.code, code)
    return tuple(sorted(found.values()))


def as_table() -> str:
    """The codes as a table in Markdown."""
    lines = ["| code | status | says |", "|---|---|---|"]
    lines += [f"| `{code.code}` | {code.status} | {code.says.replace('|', '/')} |" for code in list_codes()]
    return "\n".join(lines)


def _kinds() -> Iterator[type[DomainError]]:
    for path in sorted(ROOT.rglob("*.py")):
        if LEFT_OUT.isdisjoint(path.parts) and "(DomainError)" in path.read_text():
            import_module(".".join(["apps", *path.relative_to(ROOT).with_suffix("").parts]))
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        kind = waiting.pop()
        if "sandboxpay" not in kind.__module__ and kind.__module__.startswith("apps."):
            yield kind
        waiting += kind.__subclasses__()


def _raised(tree: ast.AST, kinds: dict[str, type[DomainError]]) -> Iterator[Code]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds):
            continue
        kind = kinds[node.func.id]
        for keyword in node.keywords:
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                says = _sentence(node.args[0]) if node.args else str(kind.default_message)
                yield Code(str(keyword.value.value), kind.status, says or str(kind.default_message))


def _sentence(node: ast.AST) -> str:
    """The text of `_("…")`, also with values put in after it."""
    if isinstance(node, ast.BinOp):
        return _sentence(node.left)
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        return str(node.args[0].value)
    return ""
