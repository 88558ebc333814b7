"""The limit of an order: the least SQL that places one, from eight clients."""

from __future__ import annotations

import multiprocessing
import random
import time
import uuid

import psycopg

SCHEMA = """
    DROP SCHEMA IF EXISTS least CASCADE;
    CREATE SCHEMA least;
    CREATE TABLE least.stock (id int PRIMARY KEY, on_hand int NOT NULL CHECK (on_hand >= 0));
    CREATE TABLE least.orders (id uuid PRIMARY KEY, total numeric(19, 4) NOT NULL, placed_at timestamptz NOT NULL);
    CREATE TABLE least.lines (id uuid PRIMARY KEY, order_id uuid NOT NULL REFERENCES least.orders,
        stock_id int NOT NULL, quantity int NOT NULL, price numeric(19, 4) NOT NULL);
    CREATE TABLE least.ledger (id uuid PRIMARY KEY, stock_id int NOT NULL, delta int NOT NULL);
    CREATE TABLE least.outbox (id uuid PRIMARY KEY, payload jsonb NOT NULL);
    INSERT INTO least.stock SELECT n, 100000000 FROM generate_series(1, 1000) n;
"""


def _place(connection: psycopg.Connection, chooser: random.Random) -> None:
    order_id = uuid.uuid4()
    wanted = sorted(chooser.sample(range(1, 1001), 3))
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, on_hand FROM least.stock WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [wanted]
        )
        cursor.fetchall()
        cursor.execute("UPDATE least.stock SET on_hand = on_hand - 1 WHERE id = ANY(%s)", [wanted])
        cursor.execute("INSERT INTO least.orders VALUES (%s, 30, now())", [order_id])
        values = [value for stock in wanted for value in (uuid.uuid4(), order_id, stock)]
        cursor.execute(
            "INSERT INTO least.lines VALUES (%s, %s, %s, 1, 10), (%s, %s, %s, 1, 10), (%s, %s, %s, 1, 10)",
            values,
        )
        values = [value for stock in wanted for value in (uuid.uuid4(), stock)]
        cursor.execute("INSERT INTO least.ledger VALUES (%s, %s, -1), (%s, %s, -1), (%s, %s, -1)", values)
        cursor.execute("INSERT INTO least.outbox VALUES (%s, '{}')", [uuid.uuid4()])


def _client(url: str, seconds: float, seed: int) -> int:
    chooser = random.Random(seed)
    placed = 0
    with psycopg.connect(url, autocommit=True) as connection:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _place(connection, chooser)
            placed += 1
    return placed


def least_orders_per_second(url: str, *, clients: int = 8, seconds: float = 8.0) -> float:
    """Orders a second that bare SQL places from `clients` processes on the same durable database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA)
    with multiprocessing.get_context("spawn").Pool(clients) as pool:
        pool.starmap(_client, [(url, 0.5, seed) for seed in range(clients)])
        placed = pool.starmap(_client, [(url, seconds, seed + 100) for seed in range(clients)])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA least CASCADE")
    return sum(placed) / seconds
