"""Narrow questions asked often: written out once for the driver, asked over a kept connection, without a session around them.

A session costs more than such a question itself. SQLite answers in the thread of the event loop, since a hop to another thread takes longer
than the answer; PostgreSQL over connections that are kept in autocommit.
"""

import asyncio
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from sqlalchemy import CompoundSelect, Dialect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.core.pagination import Statement

Question = Statement | CompoundSelect[*tuple[Any, ...]]
Listener = Callable[[str], None]
_Convert = Callable[[Any], Any] | None


class Lookup:
    """A SELECT whose every value is a named parameter; each driver's form of it is made once."""

    def __init__(self, statement: Question) -> None:
        self.statement = statement
        self._written: dict[str, _Written] = {}

    def written_for(self, dialect: Dialect) -> "_Written":
        """The statement as `dialect` takes it."""
        found = self._written.get(dialect.name)
        if found is None:
            found = self._written[dialect.name] = _Written(self.statement, dialect)
        return found


class _Written:
    """The text of a statement, and how values go in and rows come out."""

    def __init__(self, statement: Question, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("Only SQL can be looked up.")
        self.text = compiled.string
        self._order = list(compiled.positiontup or compiled.binds)
        self._binds = {name: _into(parameter.type, dialect) for name, parameter in compiled.binds.items()}
        self._fixed = {name: parameter.value for name, parameter in compiled.binds.items() if not parameter.required}
        self._positional = compiled.positional
        columns = list(statement.selected_columns)
        self._row: Any = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc] # noqa: PYI024 - its fields are known only here
        self._out = [(place, convert) for place, column in enumerate(columns) if (convert := _out_of(column.type, dialect)) is not None]

    def values(self, given: Mapping[str, Any]) -> Any:
        """The parameters in the driver's form."""
        known = {**self._fixed, **given}
        ready = {name: value if (convert := self._binds[name]) is None else convert(value) for name, value in known.items()}
        return [ready[name] for name in self._order] if self._positional else ready

    def rows(self, found: list[Any]) -> list[Any]:
        """The driver's rows with values in their own types, by name."""
        rows = []
        for each in found:
            values = list(each)
            for place, convert in self._out:
                values[place] = convert(values[place])
            rows.append(self._row._make(values))
        return rows


def _into(type_: TypeEngine[Any], dialect: Dialect) -> _Convert:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _out_of(type_: TypeEngine[Any], dialect: Dialect) -> _Convert:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


class Lookups(Protocol):
    """Where lookups are asked. `listeners` hear the text of each, as tests do that count them."""

    listeners: list[Listener]

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""

    async def close(self) -> None:
        """Close what was kept open."""


class SessionLookups:
    """Lookups asked in a session, so that they see the same moment as everything else in it."""

    def __init__(self, session: AsyncSession) -> None:
        self.listeners: list[Listener] = []
        self._session = session

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""
        return list((await self._session.execute(lookup.statement, values)).all())

    async def close(self) -> None:
        """The session is closed by whoever opened it."""


class SqliteLookups:
    """One connection that only reads, and answers at once."""

    def __init__(self, url: URL, dialect: Dialect) -> None:
        self.listeners: list[Listener] = []
        self._dialect = dialect
        self._file = url.database or ""
        self._kept: sqlite3.Connection | None = None

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""
        written = lookup.written_for(self._dialect)
        _tell(self.listeners, written.text)
        with _as_sqlalchemy_says(written.text, sqlite3.Error, self._dialect):
            return written.rows(self._connection().execute(written.text, written.values(values)).fetchall())

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

    def __init__(self, url: URL, dialect: Dialect, *, options: str, size: int) -> None:
        self.listeners: list[Listener] = []
        self._dialect = dialect
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._options = options
        self._idle: list[psycopg.AsyncCursor[Any]] = []
        self._free = asyncio.Semaphore(size)

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""
        written = lookup.written_for(self._dialect)
        _tell(self.listeners, written.text)
        given = written.values(values)
        with _as_sqlalchemy_says(written.text, psycopg.Error, self._dialect):
            try:
                found = await self._ask(written.text, given)
            except psycopg.OperationalError as error:
                if error.sqlstate is not None and not error.sqlstate.startswith(("08", "57P")):
                    raise
                await self.close()  # A restart breaks them all.
                found = await self._ask(written.text, given)
        return written.rows(found)

    async def _ask(self, text: str, given: Any) -> list[Any]:
        async with self._free:
            kept = self._idle.pop() if self._idle else (await self._connect()).cursor()
            try:
                await kept.execute(text, given)
                found = await kept.fetchall()
            except BaseException:
                await kept.connection.close()  # Who knows what is still under way on it.
                raise
            self._idle.append(kept)
            return found

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, options=self._options, application_name="dateline reads", connect_timeout=5
        )

    async def close(self) -> None:
        """Close what was kept open."""
        while self._idle:
            await self._idle.pop().connection.close()


def _tell(listeners: list[Listener], text: str) -> None:
    for listener in listeners:
        listener(text)


@contextmanager
def _as_sqlalchemy_says(text: str, kind: type[Exception], dialect: Dialect) -> Iterator[None]:
    """A driver's error in the form in which sessions raise it: there is one place that turns those into answers."""
    try:
        yield
    except kind as error:
        raise DBAPIError.instance(text, None, error, kind, dialect=dialect) from error
