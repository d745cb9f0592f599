"""Reading the log."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from app.core.database import ReadSession
from app.events.models import Event, LogHead


async def list_events(session: ReadSession, *, since: int, scopes: Collection[str], limit: int) -> Sequence[Event]:
    """At most `limit` events behind `since` that a caller with these scopes may know of, in the order of commit."""
    known = or_(Event.scope.is_(None), Event.scope.in_(scopes)) if "*" not in scopes else Event.seq > since
    statement = select(Event).where(Event.seq > since, known).order_by(Event.seq).limit(limit)
    return (await session.scalars(statement)).all()


async def head(session: ReadSession) -> int:
    """The `seq` of the newest event; 0 where nothing has happened yet."""
    return (await session.scalars(select(LogHead.seq))).one()
