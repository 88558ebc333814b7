"""Which audit entries a service can make, read from its source: its own, its helpers', its services'."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from types import ModuleType
from typing import Any

import apps
from apps.kernel import audit

ACTION = re.compile(r"^[a-z_]+\.[a-z_]+$")


@functools.cache
def services() -> dict[str, Any]:
    """Every function under `@use_case` in the product, by its dotted name."""
    found = {}
    for info in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".migrations" in info.name or ".demo" in info.name:
            continue
        module = importlib.import_module(info.name)
        for thing in vars(module).values():
            if inspect.isfunction(thing) and getattr(thing, "is_use_case", False):
                found[f"{thing.__module__.removeprefix('apps.')}.{thing.__name__}"] = thing
    return found


def is_made(action: str, made: str) -> bool:
    """Whether an entry found in the source may be `action`."""
    return any(fnmatchcase(action, one) for one in made.split("|"))


def own_actions(service: Any) -> set[str]:
    """What the service enters itself or by its helpers, without the services it calls."""
    return _actions(inspect.unwrap(service), into_services=False)


def all_actions(service: Any) -> set[str]:
    """What the service enters itself, by its helpers and by the services it calls."""
    return _actions(inspect.unwrap(service), into_services=True)


def _actions(function: Callable[..., Any], *, into_services: bool) -> set[str]:
    found: set[str] = set()
    waiting, seen = [function], {function}
    while waiting:
        here = waiting.pop()
        tree = _tree(here)
        names = _names(here, tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _resolve(node.func, names) is audit.record:
                found |= _said(node.args[1] if len(node.args) > 1 else None)
            thing = _resolve(node, names) if isinstance(node, ast.Name | ast.Attribute) else None
            for inside in _functions_in(thing) - seen:
                seen.add(inside)
                waiting.append(inside)
            if isinstance(node, ast.Call) and isinstance(made := _resolve(node.func, names), type):
                # Whoever makes such a thing may have it do anything it can.
                methods = {one for one in vars(made).values() if inspect.isfunction(one)} - seen
                if made.__module__.startswith("apps."):
                    seen |= methods
                    waiting += methods
            if thing is None or thing is audit.record or not inspect.isfunction(thing):
                continue
            if isinstance(node, ast.Name | ast.Attribute) and getattr(thing, "is_use_case", False):
                if not into_services:
                    continue
                thing = inspect.unwrap(thing)
            if thing.__module__.startswith("apps.") and thing not in seen:
                seen.add(thing)
                waiting.append(thing)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            helper = _resolve(call.func, names)
            if not inspect.isfunction(helper) or not _names_action_by_argument(inspect.unwrap(helper)):
                continue
            if not getattr(helper, "is_use_case", False) or into_services:
                arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
                found |= {action for argument in arguments for action in _said(argument)}
    return found


def _functions_in(thing: Any) -> set[Callable[..., Any]]:
    """The product's functions in a table of steps."""
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    if isinstance(thing, tuple | list):
        return {found for part in thing for found in _functions_in(part)} | {
            part for part in thing if inspect.isfunction(part) and part.__module__.startswith("apps.")
        }
    return set()


def _said(node: ast.AST | None) -> set[str]:
    """The actions written out in an expression.

    An f-string stands for all that it can become (`accounts.*`), a choice of two for either (`a.b|a.c`).
    """
    found: set[str] = set()
    if isinstance(node, ast.IfExp):
        either = [*sorted(_said(node.body)), *sorted(_said(node.orelse))]
        return {"|".join(either)} if either else found
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.JoinedStr):
            text = "".join(
                str(piece.value) if isinstance(piece, ast.Constant) else "*" for piece in part.values
            )
            if ACTION.match(text.replace("*", "x")):
                found.add(text)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and ACTION.match(part.value):
            found.add(part.value)
    return found


@functools.cache
def _names_action_by_argument(helper: Callable[..., Any]) -> bool:
    """Whether a helper is told by its caller which action to enter."""
    if not helper.__module__.startswith("apps."):
        return False
    tree = _tree(helper)
    names = _names(helper, tree)
    return any(
        isinstance(node, ast.Call)
        and _resolve(node.func, names) is audit.record
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Name)
        for node in ast.walk(tree)
    )


@functools.cache
def _trees(module: ModuleType) -> dict[str, ast.AST]:
    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                yield prefix + child.name, child
                yield from walk(child, f"{prefix}{child.name}.")

    return dict(walk(ast.parse(inspect.getsource(module)), ""))


def _tree(function: Callable[..., Any]) -> ast.AST:
    return _trees(importlib.import_module(function.__module__)).get(function.__qualname__, ast.Module([], []))


def _names(function: Any, tree: ast.AST) -> dict[str, Any]:
    """What the names in a function stand for: those of its module and what it imports itself."""
    names = dict(function.__globals__)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            module = importlib.import_module(node.module)
            for alias in node.names:
                thing = getattr(module, alias.name, None)
                names[alias.asname or alias.name] = thing or _module(f"{node.module}.{alias.name}")
    return names


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _resolve(node: ast.AST, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, names)
        if isinstance(owner, ModuleType):
            return getattr(owner, node.attr, None)
    return None
