"""The database behind a URL: its engines, who may ask it how, and when a transaction ends."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import psycopg
from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool

from app.core.drivers import sqlite_inline
from app.core.lookups import Lookups, PostgresLookups, SqliteLookups
from app.core.sessions import LOOKUPS, InSession, ReadSession, UnitOfWork, WriteSession
from app.core.settings import Settings

__all__ = [
    "HELD",
    "Database",
    "InSession",
    "Occupied",
    "ReadSession",
    "UnitOfWork",
    "WriteSession",
    "database_for",
    "driver_url",
    "refreshed",
    "replica_for",
]
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
LOCK_SECONDS = 15
"""How long a transaction waits for a lock that another holds."""
TURN_SECONDS = 60
"""How long a transaction waits until it may begin: nothing is wrong where many came at once. What a request may take ends it sooner."""
WATCHFUL: dict[str, Any] = {
    "connect_timeout": 3, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2, "tcp_user_timeout": 5_000,
}  # fmt: skip
"""How PostgreSQL is connected to, so that nobody waits for ever for a server that a cut line hides."""
_CONNECTING = {**WATCHFUL, "options": f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout=30s -c timezone=UTC"}
_PING_AFTER_SECONDS = 1.0
_CACHE_KIBIBYTES = 512
"""What each of SQLite's connections keeps of the file; the system keeps it too, for all of them, and each commit of another empties it."""
_IMPATIENT_BEGIN = "BEGIN IMMEDIATE, if nobody else writes"


def _to_json(value: Any) -> str:
    return to_json(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": from_json, "hide_parameters": True}
"""Documents are kept as they go over the wire: compact, in UTF-8. What statements are given stays out of every message."""


class Occupied(Exception):  # noqa: N818 - a state, not an error
    """Other writers are at work, and this one would not wait, or not any longer."""


class Database:
    """The engine pair behind a URL, for SQLite and PostgreSQL alike."""

    def __init__(self, url: str, *, pool_size: int = 20, prepares: bool = True) -> None:
        self.url = driver_url(url)
        self.dialect = self.url.get_backend_name()
        connecting = _CONNECTING if prepares else {**_CONNECTING, "prepare_threshold": None}
        self.engine = _make_engine(self.url, pool_size, connecting)
        sqlite = self.dialect == "sqlite"
        self._turn = asyncio.Lock() if sqlite else None
        self._counting_turn = asyncio.Lock() if sqlite else None
        self._write_engine = self.engine.execution_options(begin="BEGIN IMMEDIATE" if sqlite else None)
        # Without a BEGIN, SQLite's driver commits each statement as it is; its isolation level need not be switched to and fro.
        self._read_engine = self.engine.execution_options(**({"begin": None} if sqlite else {"isolation_level": "AUTOCOMMIT"}))
        self._patient_engine = _make_threaded_engine(self.url) if sqlite else self._read_engine
        self.lookups: Lookups = (
            SqliteLookups(self.url, self.engine.dialect) if sqlite
            else PostgresLookups(self.url, self.engine.dialect, connecting=connecting, size=pool_size)
        )  # fmt: skip
        self._counting_engine = _make_threaded_engine(self.url, synchronous="NORMAL") if sqlite else self._read_engine
        common: dict[str, Any] = {"info": {LOOKUPS: self.lookups}, "expire_on_commit": False}
        self._patient_readers = async_sessionmaker(self._patient_engine, class_=ReadSession, autoflush=False, **common)
        self._readers = async_sessionmaker(self._read_engine, class_=ReadSession, autoflush=False, **common)
        self._counters = async_sessionmaker(self._counting_engine, class_=ReadSession, autoflush=False, **common)
        one_moment: dict[str, Any] = {"begin": "BEGIN"} if sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        snapshots = (self._patient_engine if sqlite else self.engine).execution_options(**one_moment)
        self._snapshots = async_sessionmaker(snapshots, class_=ReadSession, autoflush=False, **common)
        self._writers = async_sessionmaker(self._write_engine, class_=WriteSession, **common)
        self.committed: list[Callable[[dict[str, Any]], None]] = []

    @asynccontextmanager
    async def reading(self, *, patiently: bool = False) -> AsyncIterator[ReadSession]:
        """A session for questions; it takes a connection at the first statement and keeps no transaction.

        Those that may look at many rows are asked `patiently`: on SQLite in a thread, so that nobody else waits for them.
        """
        async with self._patient_readers() if patiently else self._readers() as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ReadSession]:
        """A session whose statements all see the same moment, however long it takes; on SQLite it asks in a thread."""
        async with self._snapshots() as session:
            yield session

    @property
    def engines(self) -> list[Engine]:
        """Every engine that asks the database."""
        others = [self._patient_engine, self._counting_engine] if self.dialect == "sqlite" else []
        return [self.engine.sync_engine, *(engine.sync_engine for engine in others)]

    @asynccontextmanager
    async def writing(self, *, keep: bool = True) -> AsyncIterator[WriteSession]:
        """One transaction: committed when the block ends well, else rolled back. `keep=False` rehearses: all is tried, nothing kept.

        On SQLite it begins IMMEDIATE: a deferred transaction that read first is refused its write when another came between,
        however long the busy timeout. The process's own writers take turns there: SQLite's waiting is by chance, theirs in order.
        """
        async with self._in_turn(), self._writers() as session:
            yield session
            if keep:
                numbered = await session.end()
                await session.commit()
                numbered()
                for hear in self.committed:
                    hear(session.sync_session.info)
            else:
                await session.send()
                await session.rollback()

    def _in_turn(self) -> AbstractAsyncContextManager[None]:
        """This process's next turn to write on SQLite; raises Occupied where it does not come in time."""
        return contextlib.nullcontext() if self._turn is None else _holding(self._turn)

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[ReadSession]:
        """A session for what is counted beside the transaction of a request: each statement stands, whatever becomes of that.

        On SQLite it waits for the lock in a thread, one of the process at a time, and not for the disk: a crash may lose a count.
        """
        async with self._counting_turn or contextlib.nullcontext(), self._counters() as session:
            yield session

    @asynccontextmanager
    async def attempting(self) -> AsyncIterator[WriteSession]:
        """As `writing`, for what may as well be left undone: it raises at once where it would have to wait for another's lock."""
        if self._turn is not None and self._turn.locked():
            raise Occupied
        async with self.writing() as session:
            connection = await session.connection(execution_options={"begin": _IMPATIENT_BEGIN} if self.dialect == "sqlite" else None)
            if self.dialect == "postgresql":
                await connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
            yield session

    def connections(self) -> tuple[int, int, int]:
        """Connections in use, at rest, and how many there may be."""
        pools = [engine.pool for engine in self.engines if isinstance(engine.pool, QueuePool)]
        in_use, idle = self.lookups.connections()
        return (
            in_use + sum(pool.checkedout() for pool in pools),
            idle + sum(pool.checkedin() for pool in pools),
            self.lookups.limit + sum(pool.size() + max(pool._max_overflow, 0) for pool in pools),  # noqa: SLF001 - it tells in no other way
        )

    async def dispose(self) -> None:
        """Close every connection."""
        await self.lookups.close()
        await self._patient_engine.dispose()
        await self._counting_engine.dispose()
        await self.engine.dispose()


@asynccontextmanager
async def _holding(turn: asyncio.Lock) -> AsyncIterator[None]:
    try:
        await asyncio.wait_for(turn.acquire(), TURN_SECONDS)
    except TimeoutError:
        raise Occupied from None
    try:
        yield
    finally:
        turn.release()


HELD = {"read": True, "key_share": True}
"""The lock of what others may change meanwhile, but not delete."""


async def refreshed(session: ReadSession, row: Any, missing: type[Exception], *, lock: bool | dict[str, bool] = False) -> None:
    """Read `row` anew, behind the changes that this transaction waited for; raises `missing` where they deleted it."""
    try:
        await session.refresh(row, with_for_update=lock)
    except InvalidRequestError:
        raise missing from None


def driver_url(url: str) -> URL:
    """`url` with the driver this house uses, whatever driver it named."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"DATELINE_DATABASE_URL: '{backend}' is not supported; use sqlite:/// or postgresql://")
    return parsed.set(drivername=_DRIVERS[backend])


def _make_engine(url: URL, pool_size: int, connecting: dict[str, Any]) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        options = {"timeout": LOCK_SECONDS, "async_creator_fn": sqlite_inline.connect}
        return _prepared(create_async_engine(url, connect_args=options, **_JSON))
    named = {**connecting, "application_name": "dateline"}
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_timeout=TURN_SECONDS, connect_args=named, **_JSON)
    event.listen(engine.sync_engine, "handle_error", _drop_what_broke)
    event.listen(engine.sync_engine, "checkin", _note_return)
    event.listen(engine.sync_engine, "checkout", _ping_what_rested)
    return engine


def _make_threaded_engine(url: URL, *, synchronous: str = "FULL") -> AsyncEngine:
    engine = _prepared(create_async_engine(url, connect_args={"timeout": LOCK_SECONDS}, **_JSON), synchronous)
    return engine.execution_options(begin=None)


def _prepared(engine: AsyncEngine, synchronous: str = "FULL") -> AsyncEngine:
    event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, synchronous=synchronous))
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _drop_what_broke(failure: Any) -> None:
    """Where it is not the server that refuses, nobody knows what is under way on the connection: the next one must not get it.

    An interrupted `executemany` of psycopg may end in an AssertionError, in the middle of a pipeline.
    """
    if not isinstance(failure.original_exception, psycopg.Error):
        failure.is_disconnect, failure.invalidate_pool_on_disconnect = True, False


def _note_return(_connection: object, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _ping_what_rested(connection: Any, record: Any, proxy: Any) -> None:
    """Ask a connection that was not used for a while whether it lives; to ask each time takes as long as a statement."""
    if time.monotonic() - record.info.get("rests_since", math.inf) > _PING_AFTER_SECONDS:
        try:
            proxy._pool._dialect.do_ping(connection)  # noqa: SLF001 - the pool's own pre-ping asks the same
        except Exception as error:
            raise DisconnectionError from error


def _prepare_sqlite(connection: Any, _record: object, *, synchronous: str) -> None:
    """Leave transactions to us, not to the driver, and choose durability before speed."""
    if connection.isolation_level is not None:
        connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"cache_size=-{_CACHE_KIBIBYTES}", "journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    statement = connection.get_execution_options().get("begin", "BEGIN")
    if statement == _IMPATIENT_BEGIN:
        _begin_sqlite_at_once(connection)
    elif statement is not None:
        connection.exec_driver_sql(statement)


def _begin_sqlite_at_once(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")


def database_for(settings: Settings) -> Database:
    """The database that the settings name."""
    return Database(settings.database_url, pool_size=settings.database_pool_size, prepares=settings.database_prepares)


def replica_for(settings: Settings) -> Database | None:
    """Its replica, where they name one."""
    url = settings.database_replica_url
    return None if url is None else Database(url, pool_size=settings.database_pool_size, prepares=settings.database_prepares)
