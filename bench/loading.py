"""Writes a made-up world into an empty database, fast: straight into the tables, with both cores, in bounded memory.

PostgreSQL takes rows by COPY from several processes at once. SQLite has one writer, so other processes make up what it writes. On both,
what can be built from whole tables (indexes, full text) is built at the end.
"""

import json
import multiprocessing
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import JSON, Dialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase

from app.core import migrations
from bench import world

_CORES = len(os.sched_getaffinity(0))
_AHEAD = 4
_DIALECTS: dict[str, Dialect] = {"sqlite": SQLiteDialect_pysqlite(), "postgresql": PGDialect_psycopg()}
Native = list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]
"""For each table its name, its columns, and rows as the driver takes them."""


def build(url: str, size: int) -> None:
    """Fill the empty database at `url` with `size` articles, and let it gather its statistics."""
    migrations.migrate(url)
    kind = make_url(url).get_backend_name()
    (_build_postgresql if kind == "postgresql" else _build_sqlite)(url, size)


def native(rows: world.Rows, kind: str) -> Native:
    """Rows with every value in the form in which the application's own columns store it."""
    made: Native = []
    for table, dicts in rows.items():
        columns = tuple(dicts[0])
        converters = [_converter(table, column, kind) for column in columns]
        made.append((table.__tablename__, columns, [_convert(row, columns, converters) for row in dicts]))
    return made


def _convert(row: dict[str, Any], columns: tuple[str, ...], converters: list[Callable[[Any], Any] | None]) -> tuple[Any, ...]:
    return tuple([row[name] if to is None else to(row[name]) for name, to in zip(columns, converters, strict=True)])


@cache
def _converter(table: type[DeclarativeBase], column: str, kind: str) -> Callable[[Any], Any] | None:
    of_column, dialect = table.__table__.c[column].type, _DIALECTS[kind]
    if isinstance(of_column, JSON):
        return lambda value: value if value is None or isinstance(value, str) else json.dumps(value)
    return of_column.dialect_impl(dialect).bind_processor(dialect)


@cache
def _writer(size: int) -> world.Writer:
    """This process's writer."""
    return world.Writer(size)


def _made_up(size: int, first: int, kind: str) -> Native:
    return native(_writer(size).batch(first), kind)


def _processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(_CORES, mp_context=multiprocessing.get_context("spawn"))


def _in_order(pool: ProcessPoolExecutor, work: Callable[..., Any], size: int, *rest: Any) -> Iterator[Any]:
    """The results of all batches, with only a few of them made ahead."""
    waiting: deque[Future[Any]] = deque()
    for first in range(0, size, world.BATCH):
        waiting.append(pool.submit(work, size, first, *rest))
        if len(waiting) >= _CORES * _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def _build_postgresql(url: str, size: int) -> None:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        indexes = connection.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    with _bulk_connection(address) as connection:
        _copy(connection, native(_writer(size).room.base_rows(), "postgresql"))
    with _processes() as pool:
        for _ in _in_order(pool, _copy_batch, size, address):
            pass
    with ThreadPoolExecutor(_CORES) as hands:
        # The search index takes longest, so it begins first.
        statements = sorted((definition for _, definition in indexes), key=lambda text: "USING gin" not in text)
        list(hands.map(lambda statement: _run(address, statement), statements))
    _run(address, "VACUUM ANALYZE")
    _run(address, "CHECKPOINT")


def _copy_batch(size: int, first: int, address: str) -> None:
    _copy(_connection(address), _made_up(size, first, "postgresql"))


@cache
def _connection(address: str) -> psycopg.Connection[Any]:
    """This process's connection, until it ends."""
    return _bulk_connection(address)


def _bulk_connection(address: str) -> psycopg.Connection[Any]:
    """Foreign keys hold by construction, and a half-made database is thrown away."""
    connection = psycopg.connect(address)
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    return connection


def _copy(connection: psycopg.Connection[Any], rows: Native) -> None:
    for table, columns, tuples in rows:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
            for row in tuples:
                copy.write_row(row)
    connection.commit()


def _run(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(statement.encode())


# --- SQLite -----------------------------------------------------------------------------------------------------------


def _build_sqlite(url: str, size: int) -> None:
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    # Half a database is thrown away, so nothing waits for the disk and nothing is kept to roll back; the service turns WAL on.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "threads = 2"):
        connection.execute(f"PRAGMA {pragma}")
    later = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    full_text = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'").fetchall()
    for kind, name, _ in later:
        connection.execute(f"DROP {kind} {name}")
    _insert(connection, native(_writer(size).room.base_rows(), "sqlite"))
    with _processes() as pool:
        for batch in _in_order(pool, _made_up, size, "sqlite"):
            _insert(connection, batch)
    for (name,) in full_text:
        connection.execute(f"INSERT INTO {name}({name}) VALUES ('rebuild')")  # noqa: S608 - our own names
    for _, _, statement in later:
        connection.execute(statement)
    connection.execute("ANALYZE")
    connection.close()


def _insert(connection: sqlite3.Connection, rows: Native) -> None:
    connection.execute("BEGIN")
    for table, columns, tuples in rows:
        holes = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holes})", tuples)  # noqa: S608 - our own names
    connection.execute("COMMIT")
