"""Questions to the log by whoever looks into what was done. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, func, select, union_all

from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.events.models import Event

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

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions, but for the types; each walks an index of its own, from the newest on."""
        wanted: list[tuple[Any, Any]] = [
            (Event.actor_id, self.actor), (Event.object_type, self.object_type), (Event.object_id, self.object_id),
            (Event.request_id, self.request),
        ]  # fmt: skip
        return [*(column == value for column, value in wanted if value is not None), *self._period()]

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
    statement = select(*_COLUMNS).where(*sought.conditions())
    if sought.types is not None:
        statement = statement.where(Event.seq.in_(_newest_of_types(sought, position, limit)))
    return (await session.execute(_NEWEST_FIRST.after(statement, position).limit(limit))).all()


def _newest_of_types(sought: Sought, position: Sequence[Any] | None, limit: int) -> CompoundSelect[int]:
    """The places of at most `limit` events of each type, behind `position`.

    Each type is a walk along its index, in an order that only this index has: PostgreSQL takes rare types for frequent ones, and would look
    for them through the whole log.
    """
    within = [*sought.conditions(), *([] if position is None else [Event.seq < position[0]])]
    walks = [select(Event.seq).where(Event.type.between(name, name), *within) for name in sorted(sought.types or ())]
    newest = [walk.order_by(Event.type.desc(), Event.seq.desc()).limit(limit).subquery() for walk in walks]
    return union_all(*(select(each.c.seq) for each in newest))
