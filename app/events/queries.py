"""Questions to the log that everybody above may ask."""

from typing import Any

from sqlalchemy import Select, select

from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.events.models import Event, LogHead


async def head(session: ReadSession) -> int:
    """The `seq` of the newest event; 0 where nothing has happened yet."""
    return (await session.scalars(select(LogHead.seq))).one()


async def floor(session: ReadSession) -> int:
    """The place up to which the log was forgotten; 0 where it is whole."""
    return (await session.scalars(select(LogHead.floor))).one()


def newest(column: Any, value: Any, behind: int | None = None) -> Select[int]:
    """The numbers of the events with this value, the newest first, from `behind` one on: in an order that only the index of `column` has.

    PostgreSQL may take what is rare for frequent, and would then look for it through the whole log.
    """
    order = Keyset((column, Event.seq), descending=True)
    return order.after(select(Event.seq).where(column.between(value, value)), None if behind is None else [value, behind])
