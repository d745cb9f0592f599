"""Questions to the log. Nothing here changes anything."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.changes.eyes import Eyes
from app.core.database import ReadSession
from app.events.errors import ChangesGone
from app.events.models import Event, LogHead

RESTART = "/v1/export"
_SPAN = 20_000
"""How many numbers of the log a page looks at, at the most: what is rarely met makes short pages, not slow ones."""
_AT_A_TIME = 1_000
_COLUMNS = [column for column in Event.__table__.columns if column.name not in {"snapshot", "details"}]
"""All that may leave the log. What an object was is not among it, nor what is for the audit alone."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events that were asked for, how far the log was looked at for them, and whether there is more of it."""

    events: Sequence[Any]
    reached: int
    has_more: bool


async def head(session: ReadSession, since: int | None = None) -> int:
    """The `seq` of the newest event; raises ChangesGone where the log begins behind `since`, or has not come so far."""
    row = (await session.execute(select(LogHead.seq, LogHead.floor))).one()
    if since is not None and not row.floor <= since <= row.seq:
        why = f"The log begins behind {row.floor}." if since < row.floor else f"The log has not come beyond {row.seq}."
        raise ChangesGone(why, restart=RESTART, floor=row.floor)
    return int(row.seq)


async def read_page(session: ReadSession, eyes: Eyes, *, since: int, limit: int, compact: bool = False) -> Page:
    """What `eyes` see behind `since`, at most `limit` of it; with `compact` only the latest event of each object."""
    newest = await head(session, since)
    end = min(newest, since + _SPAN)
    statement = select(*_COLUMNS).where(Event.seq > since, Event.seq <= end, eyes.condition()).order_by(Event.seq)
    rows = (await session.execute(statement.limit(limit + 1))).all()
    reached = rows[limit - 1].seq if len(rows) > limit else end
    found = [row for row in rows[:limit] if eyes.sees(row)]
    return Page(await _latest(session, eyes, found) if compact else found, reached, reached < newest)


async def _latest(session: ReadSession, eyes: Eyes, events: Sequence[Any]) -> Sequence[Any]:
    """Those of the events behind which there is none that `eyes` see of the same object; of each object the newest alone is loaded."""
    if not events:
        return events
    last = {_object(event): event.seq for event in events}
    later = select(func.max(Event.seq)).where(_about(last), Event.seq > events[0].seq, eyes.condition())
    newest = later.group_by(Event.object_type, Event.object_id)
    rows = await _all(session, select(*_COLUMNS).where(Event.seq.in_(newest)))
    last |= {_object(row): row.seq for row in rows if eyes.sees(row)}
    last |= await _read_back(session, eyes, {_object(row) for row in rows if not eyes.sees(row)} & last.keys(), events[-1].seq)
    return [event for event in events if last[_object(event)] == event.seq]


async def _read_back(session: ReadSession, eyes: Eyes, objects: Collection[Any], behind: int) -> dict[Any, int]:
    """The place of the newest event behind `behind` that `eyes` see of each of `objects`: they have left the section that is looked at."""
    found: dict[Any, int] = {}
    left, end = set(objects), None
    while left:
        statement = select(*_COLUMNS).where(_about(left), Event.seq > behind, eyes.condition()).order_by(Event.seq.desc())
        rows = await _all(session, (statement if end is None else statement.where(Event.seq < end)).limit(_AT_A_TIME))
        for row in rows:
            if _object(row) in left and eyes.sees(row):
                found[_object(row)] = row.seq
                left.discard(_object(row))
        if len(rows) < _AT_A_TIME:
            break
        end = rows[-1].seq
    return found


def _object(event: Any) -> tuple[str, UUID]:
    return event.object_type, event.object_id


def _about(objects: Iterable[tuple[str, UUID]]) -> ColumnElement[bool]:
    return Event.object_id.in_({object_id for _, object_id in objects})


async def _all(session: ReadSession, statement: Any) -> Sequence[Any]:
    return (await session.execute(statement)).all()


async def read_all(session: ReadSession, *, since: int, limit: int) -> Sequence[Any]:
    """At most `limit` events behind `since`, whoever may know of them: for those who choose themselves."""
    return await _all(session, select(*_COLUMNS).where(Event.seq > since).order_by(Event.seq).limit(limit))
