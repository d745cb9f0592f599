"""Statements that are run often: written out once for the driver, and given to it without a session around them.

A session costs more than such a statement itself. Questions outside of any transaction are asked over kept connections: SQLite answers in
the thread of the event loop, since a hop to another thread takes longer than the answer; PostgreSQL in autocommit. Inside a transaction
they go over its own connection.
"""

import asyncio
import sqlite3
import time
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from psycopg.pq.abc import PGresult
from sqlalchemy import CompoundSelect, Delete, Dialect, Insert, Update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.core.drivers import libpq
from app.core.pagination import Statement

Question = Statement | CompoundSelect[*tuple[Any, ...]] | Insert | Update | Delete
Listener = Callable[[str], None]
Asked = tuple["Lookup", Mapping[str, Any]]
Timer = Callable[[str, float], None]
_Convert = Callable[[Any], Any] | None


class Lookup:
    """A statement whose every value is a named parameter; each driver's form of it is made once.

    `fills` names the columns that an INSERT or an UPDATE takes from parameters of the same names.
    """

    def __init__(self, statement: Question, *, fills: Sequence[str] | None = None) -> None:
        self.statement = statement
        self.fills = fills
        self._written: dict[str, _Written] = {}

    def written_for(self, dialect: Dialect) -> "_Written":
        """The statement as `dialect` takes it."""
        found = self._written.get(dialect.name)
        if found is None:
            found = self._written[dialect.name] = _Written(self.statement, self.fills, dialect)
        return found


class _Written:
    """The text of a statement, and how values go in and rows come out."""

    def __init__(self, statement: Question, fills: Sequence[str] | None, dialect: Dialect) -> None:
        direct = dialect.name == "postgresql"
        compiled = statement.compile(dialect=libpq.numbered(dialect) if direct else dialect, column_keys=fills)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("Only SQL can be looked up.")
        self.text = compiled.string
        order = list(compiled.positiontup or ())
        into = libpq.into if direct else _into
        self._into = [(name, into(compiled.binds[name].type, dialect)) for name in order]
        self._fixed = {name: parameter.value for name, parameter in compiled.binds.items() if not parameter.required}
        self._form = libpq.Form(self.text, [compiled.binds[name].type for name in order])
        columns = list(statement.exported_columns)
        self.gives = bool(columns)
        row: Any = namedtuple("Row", [column.key or f"column_{place}" for place, column in enumerate(columns)])  # type: ignore[misc] # noqa: PYI024 - its fields are known only here
        self.make = row._make
        self._out = [(place, convert) for place, column in enumerate(columns) if (convert := _out_of(column.type, dialect)) is not None]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The parameters in the driver's form, in the order in which they stand."""
        known = {**self._fixed, **given} if self._fixed else given
        return [known[name] if convert is None else convert(known[name]) for name, convert in self._into]

    def sent(self, given: Mapping[str, Any]) -> libpq.Sent:
        """The statement with its parameters, for libpq."""
        known = {**self._fixed, **given} if self._fixed else given
        encoders = libpq.ENCODERS
        told = [known[name] if convert is None else convert(known[name]) for name, convert in self._into]
        return self._form, [encoders[type(value)](value) for value in told]

    def rows(self, found: list[Any]) -> list[Any]:
        """The driver's rows with values in their own types, by name."""
        if not self._out:
            return [self.make(each) for each in found]
        return [self._row(each) for each in found]

    def _row(self, found: Sequence[Any]) -> Any:
        values = list(found)
        for place, convert in self._out:
            values[place] = convert(values[place])
        return self.make(values)

    def read(self, connection: libpq.Connection, result: PGresult) -> list[Any]:
        """The rows of libpq's result; none of a statement that gives none back."""
        return libpq.rows(connection, result, self._row if self._out else self.make) if self.gives else []


def filled_up(values: Sequence[Any]) -> list[Any]:
    """The values, the last of them repeated until they are a power of two.

    A statement that names so many values has so few forms then; each form that is kept takes some tens of kilobytes.
    """
    wanted = 1 << (len(values) - 1).bit_length() if values else 0
    return [*values, *([values[-1]] * (wanted - len(values)) if values else [])]


def _into(type_: TypeEngine[Any], dialect: Dialect) -> _Convert:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _out_of(type_: TypeEngine[Any], dialect: Dialect) -> _Convert:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


class Asking(Protocol):
    """Whoever answers lookups."""

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""


class Lookups(Asking, Protocol):
    """Where lookups are asked. `listeners` hear the text of each, as tests do that count them; `timers` hear too how long each took."""

    listeners: list[Listener]
    timers: list[Timer]
    limit: int

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many at rest."""

    async def close(self) -> None:
        """Close what was kept open."""


class SqliteLookups:
    """One connection that only reads, and answers at once."""

    limit = 1

    def __init__(self, url: URL, dialect: Dialect) -> None:
        self.listeners: list[Listener] = []
        self.timers: list[Timer] = []
        self._dialect = dialect
        self._file = url.database or ""
        self._kept: sqlite3.Connection | None = None

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""
        written = lookup.written_for(self._dialect)
        _tell(self.listeners, written.text)
        with _timed(self.timers, written.text), _as_sqlalchemy_says(written.text, sqlite3.Error, self._dialect):
            return written.rows(self._connection().execute(written.text, written.values(values)).fetchall())

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many at rest."""
        return 0, int(self._kept is not None)

    def _connection(self) -> sqlite3.Connection:
        if self._kept is None:
            self._kept = sqlite3.connect(self._file, timeout=1, isolation_level=None, check_same_thread=False)
            self._kept.execute("PRAGMA query_only = ON")
        return self._kept

    async def close(self) -> None:
        """Close what was kept open."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


class PostgresLookups:
    """Connections in autocommit, as many as are needed at once, up to a bound; one that broke is replaced, and the question asked again."""

    def __init__(self, url: URL, dialect: Dialect, *, connecting: Mapping[str, Any], size: int) -> None:
        self.listeners: list[Listener] = []
        self.timers: list[Timer] = []
        self._dialect = dialect
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connecting = {**connecting, "application_name": "dateline reads"}
        self._idle: list[libpq.Connection] = []
        self._free = asyncio.Semaphore(size)
        self._in_use, self.limit = 0, size

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""
        written = lookup.written_for(self._dialect)
        _tell(self.listeners, written.text)
        sent = written.sent(values)
        with _timed(self.timers, written.text), _as_sqlalchemy_says(written.text, psycopg.Error, self._dialect):
            try:
                return await self._ask(written, sent)
            except psycopg.OperationalError as error:
                if error.sqlstate is not None and not error.sqlstate.startswith(("08", "57P")):
                    raise
                await self.close()  # A restart breaks them all.
                return await self._ask(written, sent)

    async def _ask(self, written: _Written, sent: libpq.Sent) -> list[Any]:
        async with self._free:
            self._in_use += 1
            try:
                return await self._ask_over(self._idle.pop() if self._idle else await self._connect(), written, sent)
            finally:
                self._in_use -= 1

    async def _ask_over(self, kept: libpq.Connection, written: _Written, sent: libpq.Sent) -> list[Any]:
        try:
            (result,) = await libpq.ask(kept, [sent], alone=True)
            found = written.read(kept, result)
        except BaseException:
            await kept.close()  # Who knows what is still under way on it.
            raise
        self._idle.append(kept)
        return found

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many at rest."""
        return self._in_use, len(self._idle)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._address, autocommit=True, **self._connecting)

    async def close(self) -> None:
        """Close what was kept open."""
        while self._idle:
            await self._idle.pop().close()


class Within:
    """Lookups inside a transaction, over the connection that a session holds for it."""

    def __init__(self, driver: Any, dialect: Dialect, lookups: Lookups) -> None:
        self._driver = driver
        self._dialect = dialect
        self._lookups = lookups

    async def all(self, asked: Sequence[Asked], *, commit: bool = False) -> list[list[Any]]:
        """Every row of each, none of a statement that gives none back; PostgreSQL is sent several in one go, and a `commit` with them."""
        written = [(lookup.written_for(self._dialect), values) for lookup, values in asked]
        texts = [each.text for each, _ in written]
        for text in texts:
            _tell(self._lookups.listeners, text)
        wrong = self._dialect.loaded_dbapi.Error
        with _timed(self._lookups.timers, *texts), _as_sqlalchemy_says("; ".join(texts), wrong, self._dialect):
            if self._dialect.name == "postgresql":
                results = await libpq.ask(self._driver, [each.sent(values) for each, values in written], commit=commit)
                return [each.read(self._driver, result) for (each, _), result in zip(written, results, strict=True)]
            return await self._run(written)

    async def _run(self, written: Sequence[tuple[_Written, Mapping[str, Any]]]) -> list[list[Any]]:
        found = []
        for each, values in written:  # Each is read to its end before the next may change what it reads.
            cursor = await self._driver.execute(each.text, each.values(values))
            found.append(each.rows(await cursor.fetchall()) if each.gives else [])
        return found


def _tell(listeners: list[Listener], text: str) -> None:
    for listener in listeners:
        listener(text)


@contextmanager
def _timed(timers: list[Timer], *texts: str) -> Iterator[None]:
    """Tell how long it took; of what went in one go, each is told an equal part."""
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds = (time.perf_counter() - began) / max(len(texts), 1)
        for timer in timers:
            for text in texts:
                timer(text, seconds)


@contextmanager
def _as_sqlalchemy_says(text: str, kind: type[Exception], dialect: Dialect) -> Iterator[None]:
    """A driver's error in the form in which sessions raise it: there is one place that turns those into answers."""
    try:
        yield
    except kind as error:
        raise DBAPIError.instance(text, None, error, kind, dialect=dialect) from error
