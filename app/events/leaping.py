"""The log goes on behind numbers that are of no events here: whoever follows it, from whatever place, is told to begin anew."""

from sqlalchemy import select, update

from app.core.database import WriteSession
from app.events.models import LogHead

LOST = 10**9
"""More numbers than anybody gives between a backup and the day on which it is brought back: a hundred a second for four months."""


async def leap(session: WriteSession, *, over: int = 1, to: int = 0) -> int:
    """Let the log go on `over` so many numbers, and behind `to`; up to there it is forgotten. How far it is now."""
    here = (await session.scalars(select(LogHead.seq).with_for_update())).one()
    behind = max(here + over, to)
    await session.execute(update(LogHead).values(seq=behind, names_seq=behind, floor=behind))
    return behind
