"""Questions to the log that everybody above may ask."""

from sqlalchemy import select

from app.core.database import ReadSession
from app.events.models import LogHead


async def head(session: ReadSession) -> int:
    """The `seq` of the newest event; 0 where nothing has happened yet."""
    return (await session.scalars(select(LogHead.seq))).one()


async def floor(session: ReadSession) -> int:
    """The place up to which the log was forgotten; 0 where it is whole."""
    return (await session.scalars(select(LogHead.floor))).one()
