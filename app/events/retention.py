"""How long the log remembers: what is older is forgotten, from the beginning on, and the log knows from where it still is whole."""

from datetime import timedelta

from sqlalchemy import delete, func, select, update

from app.core import clock
from app.core.database import Database
from app.events.models import Event, LogHead

_BATCH = 5_000


async def forget(database: Database, days: int, *, up_to: int | None = None) -> int:
    """Forget the events that are older than `days`, a batch a transaction; how many they were.

    What stands behind `up_to` is kept whatever its age: somebody has not come as far yet. The newest event stays, unless the
    log has leapt since. What an object was at a version goes with them, so a change that was made from a version of that age is refused
    without the conflicts being told.
    """
    before, forgotten = clock.now() - timedelta(days=days), 0
    while True:
        async with database.writing() as session:
            young = select(func.min(Event.seq)).where(Event.at >= before).scalar_subquery()
            end = select(func.coalesce(young, LogHead.seq)).scalar_subquery()
            old = select(Event.seq).where(Event.seq < end).order_by(Event.seq).limit(_BATCH)
            if up_to is not None:
                old = old.where(Event.seq <= up_to)
            found = (await session.scalars(old)).all()
            if found:
                await session.execute(delete(Event).where(Event.seq <= found[-1]))
                await session.execute(update(LogHead).where(LogHead.floor < found[-1]).values(floor=found[-1]))
        forgotten += len(found)
        if len(found) < _BATCH:
            return forgotten
