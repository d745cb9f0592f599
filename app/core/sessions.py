"""Sessions: one kind that reads, one that writes. Statements that were written out beforehand go past them to the driver, several at once.

Of most of what a transaction changes nobody waits for an answer. Such a statement is told to the session, and goes with the next one that
is asked, in front of it; or with the commit. So the order of statements is that of the code, and their number costs little.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import await_

from app.core.lookups import Asked, Lookup, Within

LOOKUPS = "lookups"
"""Where a session keeps who counts what it asks."""
_WITHIN, _TOLD = "within", "told"
Hear = Callable[[list[Any]], None]


@dataclass(frozen=True, slots=True)
class Closing:
    """What a transaction does as its last thing, and who hears of the rows that this gave, once they are committed."""

    asked: Sequence[Asked]
    heard: Callable[[list[list[Any]]], None]


@dataclass(frozen=True, slots=True)
class _Told:
    asked: Asked
    hear: Hear | None


class ReadSession(AsyncSession):
    """A session whose statements each see what is committed; queries take this."""

    async def ask(self, lookup: Lookup, **values: Any) -> list[Any]:
        """The rows of a statement that was written out beforehand, over this session's connection, behind all that was changed in it."""
        return (await self.ask_all([(lookup, values)]))[0]

    async def ask_all(self, asked: Sequence[Asked]) -> list[list[Any]]:
        """The rows of several such statements, which do not wait for one another's answers."""
        await self._flush_changes()
        return await _exchange(self.sync_session.info, await self._driver(), asked)

    async def _flush_changes(self) -> None:
        """Flush where there is something: to find out by flushing takes a greenlet."""
        if self.new or self.dirty or self.deleted:
            await self.flush()

    async def _driver(self) -> Within:
        known: tuple[object, Within] | None = self.info.get(_WITHIN)
        if known is not None and known[0] is self.sync_session.get_transaction():
            return known[1]
        connection = (await self.connection()).sync_connection
        if connection is None:
            raise RuntimeError("The session's connection was closed.")
        within = Within(connection.connection.driver_connection, connection.dialect, self.info[LOOKUPS])
        self.info[_WITHIN] = self.sync_session.get_transaction(), within
        return within


class InSession:
    """Lookups asked in a session, so that they see the same moment as everything else in it."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def all(self, lookup: Lookup, **values: Any) -> list[Any]:
        """Every row."""
        return await self._session.ask(lookup, **values)


class UnitOfWork(Session):
    """The synchronous heart of a WriteSession; the log listens to what it rolls back."""


class Ahead:
    """The answer to a question that was put before it is needed: it comes with the next one, or when it is waited for."""

    def __init__(self, session: "WriteSession") -> None:
        self._session = session
        self._rows: list[Any] | None = None

    def hear(self, rows: list[Any]) -> None:
        """It has come."""
        self._rows = rows

    async def rows(self) -> list[Any]:
        """Every row."""
        if self._rows is None:
            await self._session.send()
        return self._rows or []


class WriteSession(ReadSession):
    """A session in one transaction; actions take this. It is committed by `Database.writing` alone."""

    sync_session_class = UnitOfWork
    closings: ClassVar[list[Callable[["WriteSession"], Closing | None]]] = []
    """What each transaction does before it is committed: the log numbers its events."""

    def tell(self, lookup: Lookup, values: dict[str, Any], hear: Hear | None = None) -> None:
        """Run a statement before whatever comes next; `hear` is given its rows, and may tell more, some time before the commit."""
        self.tell_all([(lookup, values)], hear)

    def tell_all(self, asked: Sequence[Asked], hear: Hear | None = None) -> None:
        """The same of several, each of which is heard."""
        self.sync_session.info.setdefault(_TOLD, []).extend(_Told(one, hear) for one in asked)

    def ahead(self, lookup: Lookup, **values: Any) -> Ahead:
        """Put a question whose answer is needed later."""
        ahead = Ahead(self)
        self.tell(lookup, values, ahead.hear)
        return ahead

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[AsyncSessionTransaction]:
        """A part of the transaction that can be undone alone; what was told before it is no part of it."""
        await self.send()
        async with self.begin_nested() as nested:
            yield nested

    async def send(self) -> None:
        """Run what was told, for its errors."""
        await self._flush_changes()
        while self.sync_session.info.get(_TOLD):
            await self.ask_all([])

    async def end(self) -> Callable[[], None]:
        """Do what was told, and what every transaction does last; PostgreSQL is sent the COMMIT with it, so nothing but that may follow.

        What is returned is to be called when it is committed.
        """
        await self._flush_changes()
        while any(told.hear for told in self.sync_session.info.get(_TOLD, ())):
            await self.ask_all([])
            # Whoever heard may have changed something: behind the COMMIT that would be a transaction of its own.
            await self._flush_changes()
        closings = [closing for make in self.closings if (closing := make(self)) is not None]
        asked = [one for closing in closings for one in closing.asked]
        rows: list[list[Any]] = []
        if self.in_transaction() or asked or self.sync_session.info.get(_TOLD):  # The driver's own commit is silent where nothing is kept.
            rows = await _exchange(self.sync_session.info, await self._driver(), asked, commit=True)

        def hear() -> None:
            for closing in closings:
                closing.heard(rows[: len(closing.asked)])
                del rows[: len(closing.asked)]

        return hear


async def _exchange(info: dict[Any, Any], within: Within, asked: Sequence[Asked], *, commit: bool = False) -> list[list[Any]]:
    """Run what was told, and behind it what is asked."""
    told: list[_Told] = info.pop(_TOLD, [])
    if not (told or asked or commit):
        return []  # A flush was before it, and took all with it.
    rows = await within.all([*(one.asked for one in told), *asked], commit=commit)
    for one, found in zip(told, rows, strict=False):
        if one.hear is not None:
            one.hear(found)
    return rows[len(told) :]


def _send_what_was_told(session: Session) -> None:
    """Before the session itself runs anything; it knows its driver by then, or nothing was told yet."""
    while session.info.get(_TOLD):
        known: tuple[object, Within] | None = session.info.get(_WITHIN)
        if known is None or known[0] is not session.get_transaction():
            driver = session.connection().connection.driver_connection
            session.info[_WITHIN] = known = session.get_transaction(), Within(driver, session.get_bind().dialect, session.info[LOOKUPS])
        await_(_exchange(session.info, known[1], []))


@event.listens_for(UnitOfWork, "do_orm_execute")
def _before_a_statement(state: Any) -> None:
    _send_what_was_told(state.session)


@event.listens_for(UnitOfWork, "before_flush")
def _before_a_flush(session: UnitOfWork, _context: object, _instances: object) -> None:
    _send_what_was_told(session)


@event.listens_for(UnitOfWork, "before_commit")
def _before_a_commit(session: UnitOfWork) -> None:
    _send_what_was_told(session)


@event.listens_for(UnitOfWork, "after_soft_rollback")
def _forget(session: UnitOfWork, _transaction: SessionTransaction) -> None:
    session.info.pop(_TOLD, None)
