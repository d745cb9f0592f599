"""Questions to the log by whoever looks into what was done. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union_all

from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.events.models import Event
from app.events.queries import newest

_COLUMNS = [column for column in Event.__table__.columns if column.name != "snapshot"]
_NEWEST_FIRST = Keyset((Event.seq,), descending=True)
_SKEW = timedelta(minutes=5)
"""How far apart the clocks of processes may be: within it, the order of moments need not be that of numbers."""
_BEYOND = 2**62


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; None and empty ask for all."""

    actor: UUID | None = None
    object_type: str | None = None
    object_id: UUID | None = None
    types: Collection[str] | None = None
    request: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    def purpose(self) -> str:
        """All of it as text, for what is bound to it."""
        types = None if self.types is None else sorted(self.types)
        return f"{self.actor} {self.object_type} {self.object_id} {types} {self.request} {self.since} {self.before}"

    def conditions(self, *, but: Any = None) -> list[ColumnElement[bool]]:
        """The same as conditions, but for the types and the column that is walked along; each walks an index of its own, newest first."""
        wanted: list[tuple[Any, Any]] = [
            (Event.actor_id, self.actor), (Event.object_type, self.object_type), (Event.object_id, self.object_id),
            (Event.request_id, self.request),
        ]  # fmt: skip
        return [*(column == value for column, value in wanted if value is not None and column is not but), *self._period()]

    def _period(self) -> list[ColumnElement[bool]]:
        """A period of time as a stretch of numbers too: they grow with time, so the walk begins and ends at once."""
        found: list[ColumnElement[bool]] = []
        if self.since is not None:
            first = select(Event.seq).where(Event.at >= self.since - _SKEW).order_by(Event.at).limit(1).scalar_subquery()
            found += [Event.at >= self.since, Event.seq >= func.coalesce(first, _BEYOND)]
        if self.before is not None:
            last = select(Event.seq).where(Event.at < self.before + _SKEW).order_by(Event.at.desc()).limit(1).scalar_subquery()
            found += [Event.at < self.before, Event.seq <= func.coalesce(last, -1)]
        return found


async def list_entries(session: ReadSession, sought: Sought, position: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """At most `limit` events, the newest first, from behind `position`; what objects were is not among it."""
    walks = [walk.limit(limit).subquery() for walk in _walks(sought, position)]
    found = [Event.seq.in_(union_all(*(select(each.c.seq) for each in walks)))] if walks else sought.conditions()
    return (await session.execute(_NEWEST_FIRST.after(select(*_COLUMNS).where(*found), position).limit(limit))).all()


def _walks(sought: Sought, position: Sequence[Any] | None) -> list[Select[int]]:
    """The walks along which events of certain types, or else of an actor, are met; none where an object or a request leads to few."""
    behind = None if position is None else position[0]
    if sought.types is not None:
        return [newest(Event.type, name, behind).where(*sought.conditions()) for name in sorted(sought.types)]
    if sought.actor is not None and sought.object_id is None and sought.request is None:
        return [newest(Event.actor_id, sought.actor, behind).where(*sought.conditions(but=Event.actor_id))]
    return []
