"""Reading the product's source for the rules."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Source:
    """One Python file: its path inside the repository and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the parsed file, walked once for all rules."""
        return list(ast.walk(self.tree))

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call of the file."""
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The folders of the path and the file's name."""
        return PurePosixPath(self.path).parts

    @property
    def app(self) -> str | None:
        """The app's path inside apps, such as `selling.orders`; `kernel` for the kernel."""
        if self.parts[0] != "apps" or len(self.parts) < 3:
            return None
        return "kernel" if self.parts[1] == "kernel" else ".".join(self.parts[1:3])

    def inside(self, *names: str) -> bool:
        """Say whether a folder or the file itself has one of these names."""
        return any(name in self.parts for name in names)


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


Check = Callable[[Source], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule with samples: `(path, text)` that keep it and that break it."""

    name: str
    check: Check
    good: list[tuple[str, str]] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)

    def findings(self, sources: list[Source]) -> list[Finding]:
        """Return every place that breaks the rule."""
        return [finding for source in sources for finding in self.check(source)]


def list_sources() -> list[Source]:
    """Read every Python file of the product, its tests and its scripts."""
    paths = [
        path
        for folder in ("apps", "monidesk", "tests", "deploy", "bench")
        for path in (ROOT / folder).rglob("*.py")
    ]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted(paths)]


@cache
def app_ranks() -> dict[str, tuple[int, int]]:
    """Return how high each app stands, from the import contracts: the one place that orders them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {one["containers"][0]: one["layers"] for one in contracts if one["type"] == "layers"}

    def heights(container: str) -> dict[str, int]:
        rows = [row.replace("(", "").replace(")", "").split("|") for row in reversed(layers[container])]
        return {name.strip(): height for height, row in enumerate(rows) for name in row}

    ranks = {}
    for wing, height in heights("apps").items():
        if wing == "kernel":
            ranks["kernel"] = (height, 0)
            continue
        for app, inner in heights(f"apps.{wing}").items():
            ranks[f"{wing}.{app}"] = (height, inner)
    # It stands beside the others of its wing and knows the kernel only.
    ranks["selling.sandboxpay"] = (ranks["kernel"][0] + 1, 0)
    return ranks
