"""Questions to the log. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.changes.eyes import Eyes
from app.core.database import ReadSession
from app.events.errors import ChangesGone
from app.events.models import Event, LogHead

RESTART = "/v1/export"
_SPAN = 20_000
"""How many numbers of the log a page looks at, at the most: what is rarely met makes short pages, not slow ones."""
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
    """Those of the events behind which there is none that `eyes` see of the same object."""
    if not events:
        return events
    of_these = Event.object_id.in_({event.object_id for event in events})
    later = select(*_COLUMNS).where(of_these, Event.seq > events[0].seq, eyes.condition())
    last = {(row.object_type, row.object_id): row.seq for row in sorted(await _all(session, later), key=_seq) if eyes.sees(row)}
    return [event for event in events if last.get((event.object_type, event.object_id), event.seq) == event.seq]


async def _all(session: ReadSession, statement: Any) -> Sequence[Any]:
    return (await session.execute(statement)).all()


def _seq(row: Any) -> int:
    return int(row.seq)


async def read_all(session: ReadSession, *, since: int, limit: int) -> Sequence[Any]:
    """At most `limit` events behind `since`, whoever may know of them: for those who choose themselves."""
    return await _all(session, select(*_COLUMNS).where(Event.seq > since).order_by(Event.seq).limit(limit))
