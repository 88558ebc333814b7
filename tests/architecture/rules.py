"""The rules themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from apps.kernel.crossings import DECLARED
from tests.architecture.source import Finding, Rule, Source, app_ranks

LONGEST_FILE = 400
RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField", "TreeForeignKey"}
ALWAYS_WRITES = {"create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "raw_insert"}
FORBIDDEN_MODULES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
ACROSS = ("list_across_", "find_across_")


def called_name(call: ast.Call) -> str:
    """Return the last name of what is called."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def relation_target(call: ast.Call) -> str | None:
    """Return the `label.Model` a relation field names, None when it is no such field."""
    if called_name(call) not in RELATIONS:
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == "to"]
    target = (call.args or named or [None])[0]
    if isinstance(target, ast.Constant) and isinstance(target.value, str) and "." in target.value:
        return target.value
    return None


def upward_relations(source: Source) -> Iterator[Finding]:
    """A relation by name may point to an app further down or to its own, as an import may."""
    if source.app is None or source.inside("migrations"):
        return
    ranks = app_ranks()
    by_label = {name.split(".")[-1]: name for name in ranks}
    own = ranks.get(source.app)
    for call in source.calls:
        target = relation_target(call)
        other = by_label.get(target.split(".")[0]) if target else None
        if own is None or other is None or other == source.app:
            continue
        if ranks[other] >= own or (source.app == "selling.sandboxpay" and other != "kernel"):
            text = f"{source.app} points up or aside to {target}; let the upper app point down"
            yield Finding(source.path, call.lineno, text)


def is_write(call: ast.Call) -> bool:
    """Say whether a call looks like one that writes a row.

    `update` with names only is a queryset's (a dict's takes a mapping), `save` and `delete` without
    a positional argument are a row's (a file's take a name, a cache's a key).
    """
    name = called_name(call)
    if not isinstance(call.func, ast.Attribute):
        return False
    if name in ALWAYS_WRITES:
        return True
    if name == "update":
        return bool(call.keywords) and not call.args
    return name in {"save", "delete"} and not call.args


def writes_outside_services(source: Source) -> Iterator[Finding]:
    """Rows are written by services; every door, task and handler calls one."""
    allowed = source.inside("services", "services.py", "migrations", "management")
    if source.app is None or source.app == "kernel" or allowed:
        return
    for call in source.calls:
        if is_write(call):
            yield Finding(source.path, call.lineno, f".{called_name(call)}() writes outside of a service")


def long_files(source: Source) -> Iterator[Finding]:
    """A file stays on a few screens."""
    length = source.text.count("\n")
    if length > LONGEST_FILE and not source.inside("migrations"):
        yield Finding(source.path, length, f"{length} lines; {LONGEST_FILE} at most")


def unscoped_use(source: Source) -> Iterator[Finding]:
    """Only selectors that say so in their name, and tasks that find due ids, look across tenants."""
    if source.app is None or source.app == "kernel" or source.inside("migrations", "management", "tasks.py"):
        return

    def walk(node: ast.AST, permitted: bool) -> Iterator[Finding]:
        if isinstance(node, ast.FunctionDef) and source.inside("selectors", "selectors.py"):
            permitted = permitted or node.name.lstrip("_").startswith(ACROSS)
        if isinstance(node, ast.Attribute) and node.attr == "unscoped" and not permitted:
            yield Finding(
                source.path, node.lineno, "`unscoped` is for list_across_*, find_across_* and tasks"
            )
        for child in ast.iter_child_nodes(node):
            yield from walk(child, permitted)

    yield from walk(source.tree, False)


def foreign_clocks(source: Source) -> Iterator[Finding]:
    """The time comes from the kernel's clock, so that tests and demos can move it."""
    if source.app is None or source.path == "apps/kernel/clock.py":
        return
    for call in source.calls:
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in {"now", "utcnow", "today"}:
            continue
        owner = ast.unparse(call.func.value)
        if owner.split(".")[-1] in {"timezone", "datetime", "date"}:
            yield Finding(
                source.path, call.lineno, f"{owner}.{call.func.attr}() instead of the kernel's clock"
            )


def nameless_modules(source: Source) -> Iterator[Finding]:
    """A module is named after what it holds."""
    names = {part.removesuffix(".py") for part in source.parts}
    for name in sorted(names & FORBIDDEN_MODULES):
        yield Finding(source.path, 1, f"{name!r} says nothing about what is inside")


def undescribed_apps(source: Source) -> Iterator[Finding]:
    """Each app says what it is, which words it uses and what it promises."""
    if (
        source.app is None
        or source.parts[-1] != "__init__.py"
        or len(source.parts) != 2 + source.app.count(".") + 1
    ):
        return
    described = ast.get_docstring(source.tree) or ""
    if len([line for line in described.splitlines() if line.strip()]) < 3:
        yield Finding(source.path, 1, "the app's docstring is missing or too short: context, words, promises")


def foreign_transactions(source: Source) -> Iterator[Finding]:
    """`use_case` opens the only transaction: with lock time-out, retries, audit and events."""
    if source.app is None or source.app == "kernel" or source.inside("migrations", "management"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"atomic", "set_autocommit", "savepoint"}:
            yield Finding(source.path, node.lineno, f"{ast.unparse(node)} outside of the kernel's use_case")


def root_imports(source: Source) -> Iterator[Finding]:
    """An app never imports the composition root, not even inside a function."""
    if source.app is None:
        return
    for node in source.nodes:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] in {"monidesk", "tests", "bench"} for name in names):
            yield Finding(
                source.path, getattr(node, "lineno", 1), "an app knows nothing of what stands above it"
            )


def undeclared_crossings(source: Source) -> Iterator[Finding]:
    """A crossing has a name written out, declared with its reason, and stands in the files declared for it."""
    if source.parts[0] not in {"apps", "monidesk", "bench"} or source.path == "apps/kernel/tenancy.py":
        return
    for call in source.calls:
        if called_name(call) == "outside" and "tenancy" in ast.unparse(call.func):
            yield Finding(
                source.path, call.lineno, "what is seen outside of every block is for tests to change"
            )
        if called_name(call) not in {"crossing", "across"}:
            continue
        name = call.args[0] if call.args else None
        if not isinstance(name, ast.Constant) or name.value not in DECLARED:
            yield Finding(
                source.path, call.lineno, "a crossing needs a name declared in apps/kernel/crossings.py"
            )
        elif source.path not in DECLARED[name.value].files:
            yield Finding(
                source.path, call.lineno, f"the crossing {name.value!r} is not declared for this file"
            )


FK = "x = models.ForeignKey({!r}, on_delete=models.PROTECT)\n"
RULES = [
    Rule(
        "relations point down",
        upward_relations,
        good=[
            ("apps/selling/orders/models.py", FK.format("catalog.Variant") + FK.format("orders.Order")),
            (
                "apps/selling/orders/models.py",
                "x = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)",
            ),
            ("apps/selling/checkout/models.py", FK.format("auth.Group")),
        ],
        bad=[
            ("apps/selling/payments/models.py", FK.format("orders.Order")),
            ("apps/goods/catalog/models.py", FK.format("customers.Customer")),
            ("apps/goods/catalog/models.py", "x = models.ManyToManyField(to='inventory.StockBalance')"),
            ("apps/selling/sandboxpay/models.py", FK.format("businesses.Business")),
        ],
    ),
    Rule(
        "writes stand in services",
        writes_outside_services,
        good=[
            ("apps/selling/orders/services.py", "order.save(update_fields=['state'])"),
            ("apps/selling/orders/services/placing.py", "Order.objects.create(number=1)"),
            (
                "apps/selling/orders/views.py",
                "seen.update({'a': 1}); image.save(buffer, 'WEBP'); cache.delete('k')",
            ),
        ],
        bad=[
            ("apps/selling/orders/views.py", "order.save()"),
            ("apps/selling/orders/handlers.py", "Order.objects.filter(pk=1).update(state='paid')"),
            ("apps/selling/orders/admin.py", "Order.objects.bulk_create(rows)"),
            ("apps/selling/orders/tasks.py", "Order.objects.filter(pk=1).delete()"),
        ],
    ),
    Rule(
        "files are short",
        long_files,
        good=[("apps/goods/catalog/models.py", "x = 1\n" * 400), ("apps/a/b/migrations/0001.py", "\n" * 500)],
        bad=[("apps/goods/catalog/models.py", "x = 1\n" * 401)],
    ),
    Rule(
        "tenants are crossed by name",
        unscoped_use,
        good=[
            ("apps/selling/orders/selectors.py", "def list_across_due():\n    return Order.unscoped.all()"),
            ("apps/selling/orders/tasks.py", "def expire():\n    return Order.unscoped.values_list('id')"),
        ],
        bad=[
            ("apps/selling/orders/selectors.py", "def list_due():\n    return Order.unscoped.all()"),
            ("apps/selling/orders/views.py", "def list_across_due():\n    return Order.unscoped.all()"),
        ],
    ),
    Rule(
        "crossings are declared",
        undeclared_crossings,
        good=[
            ("apps/kernel/outbox.py", "with tenancy.crossing('outbox.due'): pass"),
            ("apps/selling/orders/selectors.py", "@across('tasks.due')\ndef list_across_due(): pass"),
        ],
        bad=[
            ("apps/selling/orders/selectors.py", "with crossing('somewhere.else'): pass"),
            ("apps/selling/orders/selectors.py", "with crossing(name): pass"),
            ("apps/selling/orders/views.py", "with tenancy.crossing('tasks.due'): pass"),
            ("apps/selling/orders/tasks.py", "tenancy.outside('tests')"),
        ],
    ),
    Rule(
        "time comes from the clock",
        foreign_clocks,
        good=[("apps/selling/orders/services.py", "at = clock.now(); on = clock.today(zone)")],
        bad=[
            ("apps/selling/orders/services.py", "at = timezone.now()"),
            ("apps/selling/orders/services.py", "at = dt.datetime.now(dt.UTC)"),
            ("apps/selling/orders/services.py", "on = date.today()"),
        ],
    ),
    Rule(
        "modules are named after what they hold",
        nameless_modules,
        good=[("apps/selling/pricing/rounding.py", "")],
        bad=[("apps/selling/pricing/utils.py", ""), ("apps/kernel/helpers/dates.py", "")],
    ),
    Rule(
        "every app describes itself",
        undescribed_apps,
        good=[("apps/selling/orders/__init__.py", '"""Orders.\n\nWords: order.\nPromises: much.\n"""')],
        bad=[("apps/selling/orders/__init__.py", ""), ("apps/kernel/__init__.py", '"""Kernel."""')],
    ),
    Rule(
        "one place opens transactions",
        foreign_transactions,
        good=[("apps/kernel/use_cases.py", "transaction.atomic()")],
        bad=[("apps/selling/orders/services.py", "with transaction.atomic():\n    pass")],
    ),
    Rule(
        "no app imports what stands above all",
        root_imports,
        good=[("monidesk/urls.py", "from monidesk import settings"), ("apps/kernel/a.py", "import decimal")],
        bad=[
            ("apps/kernel/a.py", "def f():\n    from monidesk.celery import app"),
            ("apps/kernel/a.py", "import tests"),
        ],
    ),
]
