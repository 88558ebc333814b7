"""The task queue inside PostgreSQL, which Celery uses when no other broker is configured.

The queue is the SQL of PGMQ in its own schema `pgmq`. It is no Django app: its tables are made by
`install()` after the migrations, and belong to the queue.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from kombu.transport import TRANSPORT_ALIASES
from pgmq.install import get_embedded_install_sql
from psycopg import sql
from psycopg.conninfo import make_conninfo

# The host is only a word here: the connection string in the transport options is what counts.
BROKER_URL = "pgmq://localhost"
QUEUE = "celery"
QUEUES = (QUEUE, "media")
# Whoever asks for `pgmq://` gets the transport that survives a restart of its database.
TRANSPORT_ALIASES["pgmq"] = "monidesk.task_transport:Transport"
# Any number will do, as long as nobody else in this database uses it.
INSTALL_LOCK = 4_719_230_118
_GRANTS: tuple[LiteralString, ...] = (
    "GRANT USAGE ON SCHEMA pgmq TO {}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgmq TO {}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA pgmq TO {}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgmq TO {}",
)


def connection_string(database: dict[str, Any]) -> str:
    """Return libpq's `key=value` words for a Django database entry.

    The client refuses an empty password, so one stands there that a trusting socket never asks for.
    """
    return make_conninfo(
        host=database.get("HOST") or "localhost",
        port=str(database.get("PORT") or 5432),
        dbname=database["NAME"],
        user=database.get("USER") or "monidesk",
        password=database.get("PASSWORD") or "local",
    )


def transport_options(database: dict[str, Any], *, visibility_timeout: int) -> dict[str, Any]:
    """Return Celery's transport options for the queue on this database."""
    return {
        "conn_string": connection_string(database),
        "init_extension": False,
        "visibility_timeout": visibility_timeout,
        "pool_size": 4,
        "pool_timeout": 5,
        # No long poll: a worker asks its queues in turn, and each empty one would hold up the full ones. With a
        # second queue one task a second was taken, fewer than the clock sends, and all ran out unread.
        "wait_time_seconds": 0,
        "polling_interval": 0.2,
    }


def install(conn_string: str, *, role: str = "") -> bool:
    """Make the queue's tables and functions when they are not there; True when they were made now.

    `conn_string` is the owner's; `role`, when it is another, may then use the queue, and make or drop none.
    """
    with psycopg.connect(conn_string) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        found = connection.execute("SELECT to_regclass('pgmq.meta')").fetchone()
        missing = found is None or found[0] is None
        if missing:
            connection.execute(get_embedded_install_sql().encode())
        for queue in QUEUES:
            connection.execute("SELECT pgmq.create(%s)", [queue])
        if role:
            for statement in _GRANTS:
                connection.execute(sql.SQL(statement).format(sql.Identifier(role)))
        return missing


def release_in_flight(conn_string: str) -> int:
    """Give back every task that a dead worker had taken, and return how many.

    Without this a task waits for its visibility time-out. Only for a machine with one worker, by the
    program that has seen this worker die: what a living worker does would run a second time.
    """
    given_back = "UPDATE pgmq.{} SET vt = clock_timestamp() WHERE vt > clock_timestamp() AND read_ct > 0"
    with psycopg.connect(conn_string) as connection:
        return sum(
            connection.execute(sql.SQL(given_back).format(sql.Identifier(f"q_{queue}"))).rowcount
            for queue in QUEUES
        )


def depth(conn_string: str) -> int:
    """Return how many tasks wait or are being worked on."""
    counted = "SELECT count(*) FROM pgmq.{}"
    waiting = 0
    with psycopg.connect(conn_string) as connection:
        for queue in QUEUES:
            row = connection.execute(sql.SQL(counted).format(sql.Identifier(f"q_{queue}"))).fetchone()
            waiting += int(row[0]) if row else 0
    return waiting
