"""Moments to come at which what readers see changes by itself, of articles and of whatever else is published as they are.

Each has a row until it is in the log. Whoever comes first, the worker or the next change of the object, takes the row away and records the
event in the same transaction: so it is in the log once, and before whatever follows it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, delete, func, select

from app.core import clock
from app.core.database import ReadSession, WriteSession


class Moments:
    """The coming moments of one kind of object: rows of `table`, with `at` and the id of the object in `owner`."""

    def __init__(self, table: Any, owner: str) -> None:
        self._table, self._name, self._owner = table, owner, getattr(table, owner)
        self.first: ScalarSelect[datetime] = select(func.min(table.at)).scalar_subquery()

    async def plan(self, session: WriteSession, owner: UUID, *, before: set[datetime], after: set[datetime]) -> None:
        """Remember the coming moments of an object: `after` an order, where there were those `before`."""
        dropped = before - after
        if dropped:
            await session.execute(delete(self._table).where(self._owner == owner, self._table.at.in_(dropped)))
        session.add_all(self._table(**{self._name: owner}, at=moment) for moment in sorted(after - before))

    async def take_passed(self, session: WriteSession, owner: UUID) -> list[datetime]:
        """Take away those that have passed, in order; whoever does so records them."""
        passed = delete(self._table).where(self._owner == owner, self._table.at <= clock.now()).returning(self._table.at)
        return sorted((await session.scalars(passed)).all())

    async def due(self, session: ReadSession, limit: int) -> Sequence[UUID]:
        """Objects to which something has happened by itself, the longest ago first."""
        statement = select(self._owner).where(self._table.at <= clock.now()).group_by(self._owner)
        return (await session.scalars(statement.order_by(func.min(self._table.at)).limit(limit))).all()

    async def next(self, session: ReadSession) -> datetime | None:
        """When something happens by itself next."""
        return await session.scalar(select(self.first))
