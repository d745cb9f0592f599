"""SQLite without a thread for each statement: what takes microseconds is done in the event loop's own thread.

aiosqlite hands every call to a thread and waits for it, which takes longer than most statements do. SQLAlchemy's dialect for it is given
these connections instead. Only what may wait for a lock or for the disk goes to a thread: BEGIN IMMEDIATE and COMMIT.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar

T = TypeVar("T")
_MAY_WAIT = "BEGIN IMMEDIATE"


async def connect(file: str, **options: Any) -> "Connection":
    """A connection in autocommit: transactions are ours to begin."""
    return Connection(sqlite3.connect(file, isolation_level=None, **{**options, "check_same_thread": False}))


async def _away(work: Callable[[], T]) -> T:
    """Do it in a thread, to its end also where nobody waits for it any more: one connection is never in two hands."""
    doing = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise


class Connection:
    """What SQLAlchemy's dialect asks of a connection of aiosqlite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("connection closed")
        return self._connection

    @property
    def isolation_level(self) -> str | None:
        """None: no statement begins a transaction by itself."""
        return self._open.isolation_level

    def cursor(self) -> "Cursor":
        """A cursor, to be entered."""
        return Cursor(self._open.cursor())

    async def execute(self, statement: str, values: Sequence[Any] = ()) -> "Cursor":
        """Run a statement with a cursor of its own."""
        return Cursor(self._open.execute(statement, values))

    async def create_function(self, *args: Any, **options: Any) -> None:
        """Register a function of SQL."""
        self._open.create_function(*args, **options)

    async def commit(self) -> None:
        """Wait for the disk, elsewhere."""
        if self._open.in_transaction:
            await _away(self._open.commit)

    async def rollback(self) -> None:
        """Undo."""
        if self._open.in_transaction:
            self._open.rollback()

    async def close(self) -> None:
        """Close; doing so twice is no error."""
        self.stop()

    def stop(self) -> None:
        """Close at once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Cursor:
    """What SQLAlchemy's dialect asks of a cursor of aiosqlite."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._cursor.close()

    async def execute(self, statement: str, values: Sequence[Any] = ()) -> "Cursor":
        """Run a statement."""
        if statement == _MAY_WAIT:
            await _away(lambda: self._cursor.execute(statement))
        else:
            self._cursor.execute(statement, values)
        return self

    async def executemany(self, statement: str, values: Iterable[Sequence[Any]]) -> "Cursor":
        """Run a statement for each row of values."""
        self._cursor.executemany(statement, values)
        return self

    async def fetchone(self) -> Any:
        """The next row."""
        return self._cursor.fetchone()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        return self._cursor.fetchmany(size or self._cursor.arraysize)

    async def fetchall(self) -> list[Any]:
        """Every row that is left."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Close."""
        self._cursor.close()

    @property
    def description(self) -> Any:
        """The columns of the rows."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the row that was inserted last."""
        return self._cursor.lastrowid

    @property
    def arraysize(self) -> int:
        """How many rows `fetchmany` gives by itself."""
        return self._cursor.arraysize
