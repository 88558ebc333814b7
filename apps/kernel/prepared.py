"""Statements worked out once and prepared by the database, for the few paths that thousands walk at once.

Placing an order spent more time making SQL from querysets than the database spent running it. A `Prepared` query is
still written as a queryset, so it cannot drift from the models; `insert` writes rows as `bulk_create` does. Both run
on Django's own connection, in its transaction, counted and logged like any other statement. See docs/adr/0004.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar

import psycopg
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models
from django.db.models.fields.related import ForeignObject
from django.db.models.query import ValuesIterable, get_related_populators

from . import tenancy
from .limits import current_limit
from .postgres.cursors import TellingMixin

R = TypeVar("R")


class _PlainCursor(TellingMixin, psycopg.RawCursor):
    """Sends parameters beside the statement instead of writing them into it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """With the places numbered as the server wants them; the driver would look for them anew in long texts."""
        if params is None:
            return super().execute(query, **options)
        # A text for thousands of rows is hardly met again, and would be kept for nothing.
        text, names = _numbered(query) if len(query) < _LONG else _numbered.__wrapped__(query)
        values = [params[name] for name in names] if isinstance(params, Mapping) else params
        return super().execute(text, values, **options)

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # The driver does not always keep the text of what it sent; logs and query counts read it here.
        self._query = super()._convert_query(query, params)
        return self._query


class _PreparingCursor(_PlainCursor):
    """Has the statement prepared besides, where the connection allows that."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)


_LONG = 30_000
_PLACE = re.compile(r"%(?:\((\w+)\))?(.)", re.DOTALL)


@functools.lru_cache(maxsize=1024)
def _numbered(statement: str) -> tuple[str, list[str]]:
    """The statement with `$1, $2, …` for `%s` or `%(name)s`, and the names in their order; `%%` becomes `%`."""
    names: list[str] = []
    places = 0

    def number(found: re.Match[str]) -> str:
        nonlocal places
        name, kind = found.groups()
        if kind == "%" and name is None:
            return "%"
        if kind != "s":
            raise ValueError(f"{found.group()} in a prepared statement; it takes %s, %(name)s and %%.")
        if name is None:
            places += 1
            return f"${places}"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    text = _PLACE.sub(number, statement)
    if names and places:
        raise ValueError("A prepared statement names its parameters or counts them, not both.")
    return text, names


def _cursor(kind: type[psycopg.Cursor[Any]]) -> Any:
    """Django's cursor, wrapped and counted as always, over another kind of database cursor."""
    connection.ensure_connection()
    session = connection.connection
    usual, session.cursor_factory = session.cursor_factory, kind
    try:
        return connection.cursor()
    finally:
        session.cursor_factory = usual


class AnyOf(models.Lookup):
    """`field__any_of=[...]`: one parameter for any number of values, so that the statement stays the same."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*parameters, self.rhs]


models.Field.register_lookup(AnyOf)
ForeignObject.register_lookup(AnyOf)


class Prepared(Generic[R]):
    """A queryset of instances or of `values()` whose SQL is made at its first use and then only filled in.

    `build` is called once with the `samples`, each of which must be unlike any other value in the query; `fetch` is
    called with the real values in their order. The bound tenant is filled in by itself. Everything else in the
    query stays as it was at first use, so nothing in `build` may depend on the moment.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, R]], *samples: Any) -> None:
        self._build, self._samples = build, samples
        self._plan: _Plan | None = None
        self._guard = threading.Lock()

    def queryset(self, *arguments: Any) -> models.QuerySet[Any, R]:
        """The same rows the usual way."""
        return self._build(*arguments)

    def fetch(self, *arguments: Any) -> list[R]:
        """The rows for these arguments, in one query. Raises `UnboundTenant` without a bound tenant."""
        if current_limit() is not None:
            # The plan was made for everybody: what a limited actor may see is narrowed the usual way.
            return list(self._build(*arguments))
        plan = self._plan
        if plan is None:
            with self._guard:
                plan = self._plan = self._plan or _Plan(self._build, self._samples)
        return plan.run(arguments)

    def first(self, *arguments: Any) -> R | None:
        """The first of these rows, or None. The query has its order and its limit itself."""
        found = self.fetch(*arguments)
        return found[0] if found else None


class _Plan:
    """What is known of a query once its SQL is made."""

    def __init__(self, build: Callable[..., models.QuerySet[Any, Any]], samples: Sequence[Any]) -> None:
        tenant = uuid.uuid4()
        with tenancy.bind(tenant):
            queryset = build(*samples)
        self.compiler = queryset.query.get_compiler(using=queryset.db)
        sql, parameters = self.compiler.as_sql()
        # For each parameter: the argument's position, -1 for the tenant, None for what never changes.
        slots = [_slot(value, tenant, samples) for value in parameters]
        self.slots = [slot for slot in slots if slot is not None]
        self.sql = _with_constants(sql, parameters, slots)
        missing = set(range(len(samples))) - set(self.slots)
        if missing:
            raise RuntimeError(f"Arguments {sorted(missing)} do not occur in the prepared query.")
        self.converters = self.compiler.get_converters([column[0] for column in self.compiler.select])
        as_rows = issubclass(queryset._iterable_class, ValuesIterable)
        self.make = _values(queryset.query) if as_rows else _instances(self.compiler, queryset.db)

    def run(self, arguments: Sequence[Any]) -> list[Any]:
        parameters = [tenancy.require_business_id() if slot < 0 else arguments[slot] for slot in self.slots]
        rows: Any = select(self.sql, parameters)
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self.make(row) for row in rows]


def select(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    """The rows of a statement whose text never changes, as tuples; it is planned once a connection."""
    with _cursor(_PreparingCursor) as cursor:
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows


def _instances(compiler: Any, db: str) -> Callable[[Any], Any]:
    """What makes an instance, with its joined ones and its annotations, of a row."""
    klass = compiler.klass_info
    start, end = klass["select_fields"][0], klass["select_fields"][-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    populators = get_related_populators(klass, compiler.select, db)  # type: ignore[call-arg]
    annotations = list((compiler.annotation_col_map or {}).items())
    from_db = klass["model"].from_db

    def make(row: Any) -> Any:
        instance = from_db(db, names, row[start:end])
        for populator in populators:
            populator.populate(row, instance)
        for name, position in annotations:
            setattr(instance, name, row[position])
        return instance

    return make


def _values(query: Any) -> Callable[[Any], Any]:
    """What makes a dictionary, as `values()` does, of a row."""
    names = list(query.selected) if query.selected else [*query.values_select, *query.annotation_select]
    return lambda row: dict(zip(names, row, strict=True))


def _with_constants(sql: str, parameters: Sequence[Any], slots: Sequence[int | None]) -> str:
    """The statement with what never changes written in: a partial index is used only for a constant."""
    texts = []
    with _cursor(psycopg.ClientCursor) as cursor:
        for value, slot in zip(parameters, slots, strict=True):
            written = "%s" if slot is not None else cursor.cursor.mogrify("%s", [value]).replace("%", "%%")
            texts.append(written)
    pieces = sql.split("%s")
    return "".join(piece + text for piece, text in zip(pieces, [*texts, ""], strict=True))


def _slot(value: Any, tenant: uuid.UUID, samples: Sequence[Any]) -> int | None:
    if value == tenant:
        return -1
    return next(
        (
            n
            for n, sample in enumerate(samples)
            if value is sample or (type(value) is type(sample) and value == sample)
        ),
        None,
    )


def insert(instances: Sequence[models.Model]) -> None:
    """Add new rows of one model in one statement; keys and moments are set on the instances.

    As `bulk_create`, for models whose key is not made by the database; constraints and triggers speak as always.
    """
    if not instances:
        return
    columns = _columns_of(type(instances[0]))
    values = [read(instance) for instance in instances for read in columns.readers]
    with _cursor(_PlainCursor) as cursor:
        cursor.execute(columns.statement(len(instances)), values)
    for instance in instances:
        instance._state.adding = False
        instance._state.db = connection.alias


def update(instance: models.Model, fields: Sequence[str]) -> None:
    """Write these fields of one row, as `save(update_fields=fields)` does; no signals.

    For a row that the transaction holds. Raises `ObjectDoesNotExist` when it is gone or out of sight.
    """
    model = type(instance)
    statement, written = _update_of(model, tuple(fields))
    values = [field.get_db_prep_save(field.pre_save(instance, False), connection) for field in written]
    with _cursor(_PreparingCursor) as cursor:
        cursor.execute(statement, [*values, instance.pk])
        if cursor.rowcount != 1:
            raise ObjectDoesNotExist(f"No {model._meta.verbose_name} {instance.pk} was there to write.")


@functools.cache
def _update_of(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    key = model._meta.pk.column
    return f'UPDATE "{model._meta.db_table}" SET {columns} WHERE "{key}" = %s', fields  # noqa: S608


class _Columns:
    """How the rows of one model are written."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated and not isinstance(field, models.AutoField)
        ]
        names = ", ".join(f'"{field.column}"' for field in fields)
        self._head = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES '  # noqa: S608 - names of our own models
        self._row = f"({', '.join(['%s'] * len(fields))})"
        self._statements: dict[int, str] = {}
        self.readers = [_reader(field) for field in fields]

    def statement(self, count: int) -> str:
        known = self._statements.get(count)
        if known is None:
            known = self._head + ", ".join([self._row] * count)
            if count <= 20:
                self._statements[count] = known
        return known


# The database driver takes the values of these as they are; other fields translate their own.
_PLAIN = (
    models.UUIDField,
    models.ForeignKey,
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
    models.DecimalField,
    models.DateTimeField,
)
_AS_IS = {str, int, bool, uuid.UUID, Decimal, dt.datetime, type(None)}
_columns: dict[type[models.Model], _Columns] = {}


def _columns_of(model: type[models.Model]) -> _Columns:
    known = _columns.get(model)
    if known is None:
        known = _columns[model] = _Columns(model)
    return known


def _reader(field: Any) -> Callable[[Any], Any]:
    kind = type(field)
    own_moment = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if (
        isinstance(field, _PLAIN)
        and not own_moment
        and kind.pre_save in {models.Field.pre_save, models.DateTimeField.pre_save}
    ):
        name = field.attname

        def plain(instance: Any) -> Any:
            value = instance.__dict__[name] if name in instance.__dict__ else getattr(instance, name)
            # A lazily translated text or an expression is not a value yet.
            return value if type(value) in _AS_IS else field.get_db_prep_save(value, connection)

        return plain
    return lambda instance: field.get_db_prep_save(field.pre_save(instance, True), connection)
