"""What all processes remember together for a while: in an unlogged table of PostgreSQL, or in Redis with it behind.

Limits and "this code was used already" hold only when every web worker knows of them. Values are kept as JSON and keys
as a digest: a key may hold somebody's address, and what is read back must never be able to run.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

log = logging.getLogger(__name__)

# By the database's clock, which all processes share.
_ALIVE = "(ends_at IS NULL OR ends_at > clock_timestamp())"
_GET = f"SELECT value FROM kernel_remembered WHERE key = %s AND {_ALIVE}"  # noqa: S608
_PUT = """
    INSERT INTO kernel_remembered AS known (key, value, ends_at)
    VALUES (%s, %s::jsonb, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, ends_at = EXCLUDED.ends_at
"""
_ADD = f"{_PUT} WHERE known.ends_at <= clock_timestamp()"
_INCREASE = f"""
    UPDATE kernel_remembered SET value = to_jsonb((value #>> '{{}}')::bigint + %s) WHERE key = %s AND {_ALIVE}
    RETURNING value
"""  # noqa: S608
_TOUCH = f"""
    UPDATE kernel_remembered SET ends_at = clock_timestamp() + make_interval(secs => %s) WHERE key = %s AND {_ALIVE}
"""  # noqa: S608


class TableCache(BaseCache):
    """Django's cache in the table; each call is one statement, and `add` and `incr` cannot be passed in parallel."""

    def __init__(self, _location: str, parameters: dict[str, Any]) -> None:
        super().__init__(parameters)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default`."""
        rows = self._run(_GET, [self._digest(key, version)], returning=True)
        return _read(rows[0][0]) if rows else default

    def set(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Remember a value. Raises TypeError for what is no JSON."""
        self._run(_PUT, [self._digest(key, version), json.dumps(value), self._seconds(timeout)])

    def add(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Remember a value unless there is one; True for the only one of several who ask at once."""
        return bool(self._run(_ADD, [self._digest(key, version), json.dumps(value), self._seconds(timeout)]))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count up; ValueError when there is nothing to count up."""
        rows = self._run(_INCREASE, [delta, self._digest(key, version)], returning=True)
        if not rows:
            raise ValueError("There is no such key.")
        return int(_read(rows[0][0]))

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Remember for longer."""
        return bool(self._run(_TOUCH, [self._seconds(timeout), self._digest(key, version)]))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget one."""
        return bool(self._run("DELETE FROM kernel_remembered WHERE key = %s", [self._digest(key, version)]))

    def clear(self) -> None:
        """Forget all."""
        self._run("DELETE FROM kernel_remembered", [])

    def _digest(self, key: Any, version: int | None) -> str:
        return hashlib.sha256(self.make_key(key, version=version).encode()).hexdigest()

    def _seconds(self, timeout: float | None) -> float | None:
        chosen = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if chosen is None else max(0.0, float(chosen))

    def _run(self, statement: str, values: list[Any], *, returning: bool = False) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if returning else cursor.rowcount


def _read(found: Any) -> Any:
    # Django tells the driver to leave JSON as text.
    return json.loads(found) if isinstance(found, str) else found


class Absence:
    """Whether Redis was away a moment ago: then nobody waits for it again and again."""

    SECONDS = 5.0

    def __init__(self) -> None:
        self._until = 0.0

    def ask(self, redis: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
        """What Redis says; while it is away, what the other one says."""
        # Here: its library brings OpenTelemetry along, which a start without Redis does not need.
        from redis.exceptions import RedisError

        if time.monotonic() >= self._until:
            try:
                return redis()
            except RedisError as error:
                self._until = time.monotonic() + self.SECONDS
                log.warning("Redis is away, its substitute is asked for %s seconds: %s", self.SECONDS, error)
        return otherwise()

    def forget(self) -> None:
        """Ask again at once."""
        self._until = 0.0


absence = Absence()


class RedisOr(BaseCache):
    """Redis, and while it is away the cache named by the option `substitute`."""

    def __init__(self, _location: str, parameters: dict[str, Any]) -> None:
        super().__init__(parameters)
        self._substitute = parameters["OPTIONS"]["substitute"]

    def _ask(self, name: str, *given: Any, **named: Any) -> Any:
        return absence.ask(
            lambda: getattr(caches["redis"], name)(*given, **named),
            lambda: getattr(caches[self._substitute], name)(*given, **named),
        )

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """As Django's."""
        return self._ask("get", key, default, version=version)

    def set(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """As Django's."""
        self._ask("set", key, value, timeout, version=version)

    def add(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """As Django's."""
        return bool(self._ask("add", key, value, timeout, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """As Django's."""
        return int(self._ask("incr", key, delta, version=version))

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """As Django's."""
        return bool(self._ask("touch", key, timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """As Django's."""
        return bool(self._ask("delete", key, version=version))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """As Django's."""
        found: dict[Any, Any] = self._ask("get_many", list(keys), version=version)
        return found

    def clear(self) -> None:
        """As Django's."""
        self._ask("clear")
