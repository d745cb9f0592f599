"""Writing the log. Nothing else may announce a change."""

from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, event, func, insert, update
from sqlalchemy.orm import SessionTransaction

from app.core import clock, context, ids
from app.core.database import ReadSession, UnitOfWork, WriteSession
from app.core.lookups import Lookup
from app.core.models import table_of
from app.core.sessions import Closing
from app.events.models import NUMBER, Event, Happening, LogHead

CHANNEL = "dateline_log"
"""Where PostgreSQL tells, at the commit, how far the log goes now."""
DIRT = "dirt"
"""Where a session keeps, by `seq`, the tags of what its commit makes untrue."""
_PENDING, _SAVEPOINTS = "happenings", "happenings before each savepoint"


def _taking(*, ripples: bool, tell: bool) -> Lookup:
    """How numbers are taken from the head; PostgreSQL tells it to everybody at the commit."""
    taken = LogHead.seq + bindparam("count", type_=BigInteger())
    told = [func.pg_notify(CHANNEL, cast(LogHead.seq, Text()))] if tell else []
    head = update(table_of(LogHead)).values(seq=taken, names_seq=taken if ripples else LogHead.names_seq)
    return Lookup(head.returning(table_of(LogHead).c.seq, *told))


_TAKING = {
    (dialect, ripples): _taking(ripples=ripples, tell=dialect == "postgresql")
    for dialect in ("postgresql", "sqlite")
    for ripples in (False, True)
}


_ENTERING = Lookup(insert(table_of(Event)).values(seq=NUMBER), fills=[column.key for column in table_of(Event).c if column.key != "seq"])


def record(session: WriteSession, happening: Happening) -> None:
    """Put `happening` into the log when, and only when, this transaction commits."""
    session.sync_session.info.setdefault(_PENDING, []).append(happening)


def is_rippling(session: ReadSession) -> bool:
    """Whether this transaction has changed what processes keep in memory: it sees that already, and nobody else may ever."""
    return any(happening.ripples for happening in session.sync_session.info.get(_PENDING, ()))


def _append(session: WriteSession) -> Closing | None:
    """Number the happenings as the last thing before the commit.

    The head's row lock is the last lock that a transaction takes: held any longer it would line up all writers, taken any earlier it
    could deadlock with theirs. A plain sequence would not do: its numbers are visible out of order, and a reader would step over one.
    """
    happenings: list[Happening] = session.sync_session.info.pop(_PENDING, [])
    if not happenings:
        return None
    ripples = any(happening.ripples for happening in happenings)
    taking = (_TAKING[session.get_bind().dialect.name, ripples], {"count": len(happenings)})
    numbered = [(len(happenings) - place, happening) for place, happening in enumerate(happenings, 1)]
    entered = [(_ENTERING, _row(happening, back)) for back, happening in numbered]
    stamps = [(lookup, {**values, "back": back}) for back, happening in numbered for lookup, values in happening.stamps]

    def note(rows: list[list[Any]]) -> None:
        last = rows[0][0].seq
        session.sync_session.info.setdefault(DIRT, {}).update({last - back: happening.tags for back, happening in numbered})

    return Closing([taking, *entered, *stamps], note)


WriteSession.closings.append(_append)


@event.listens_for(UnitOfWork, "after_transaction_create")
def _remember(session: UnitOfWork, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(session.info.get(_PENDING, []))


@event.listens_for(UnitOfWork, "after_soft_rollback")
def _forget(session: UnitOfWork, transaction: SessionTransaction) -> None:
    """What is rolled back has not happened: all of it, or what came behind the savepoint."""
    del session.info.get(_PENDING, [])[session.info.get(_SAVEPOINTS, {}).pop(transaction, 0) :]


def _row(happening: Happening, back: int) -> dict[str, Any]:
    return {
        "back": back,
        "id": ids.new(),
        "at": clock.now(),
        "type": happening.type,
        "object_type": happening.object_type,
        "object_id": happening.object_id,
        "version": happening.version,
        "actor_kind": happening.by.kind,
        "actor_id": happening.by.id,
        "actor_name": happening.by.name,
        "request_id": context.request_id.get(),
        "message": happening.by.message,
        "changed": list(happening.changed),
        "tags": list(happening.tags),
        "scope": happening.scope,
        "data": happening.data,
        "snapshot": happening.snapshot,
        "details": happening.details,
        "thread_id": happening.thread,
    }
