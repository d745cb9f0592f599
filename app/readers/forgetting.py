"""Keys of digests that have served their time are forgotten, and with each every digest that it made."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.core.database import Database, WriteSession
from app.readers.addresses import stem
from app.readers.models import DigestKey

BATCH = 500
Forget = Callable[[WriteSession, str, str, int], Awaitable[int]]
"""Lets go of digests from the first text up to, and without, the second, at most so many; says how many there were."""

_holders: dict[str, Forget] = {}


def register(name: str, forget: Forget) -> None:
    """Make known who keeps digests; done once for each name."""
    _holders[name] = forget


async def forget_digests(database: Database, now: datetime) -> None:
    """Forget what is past its date, a batch a transaction; the key last, so that what is interrupted is begun again."""
    async with database.reading() as session:
        past = (await session.scalars(select(DigestKey.begins_at).where(DigestKey.purge_at <= now))).all()
    for begins_at in past:
        first, behind = stem(begins_at), stem(begins_at + timedelta(days=1))
        for forget in _holders.values():
            while await _forget_some(database, forget, first, behind) == BATCH:
                continue
        async with database.writing() as session:
            await session.execute(delete(DigestKey).where(DigestKey.begins_at == begins_at))


async def _forget_some(database: Database, forget: Forget, first: str, behind: str) -> int:
    async with database.writing() as session:
        return await forget(session, first, behind, BATCH)
