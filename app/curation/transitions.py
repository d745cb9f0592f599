"""What happens to lists by themselves, told to the log once: as `articles/transitions.py` does it for articles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from app.articles.visibility import shown_at
from app.core import clock
from app.core.database import ReadSession, WriteSession
from app.core.schemas import wire_instant
from app.curation import queries
from app.curation.happenings import happening
from app.curation.models import CuratedList, ListTransition
from app.events.actions import record
from app.events.models import SYSTEM


async def plan(session: WriteSession, list_id: UUID, *, before: set[datetime], after: set[datetime]) -> None:
    """Remember the coming moments of a list: `after` an order, where there were those `before`."""
    dropped = before - after
    if dropped:
        await session.execute(delete(ListTransition).where(ListTransition.list_id == list_id, ListTransition.at.in_(dropped)))
    session.add_all(ListTransition(list_id=list_id, at=moment) for moment in sorted(after - before))


async def settle(session: WriteSession, one: CuratedList, rows: Sequence[Any]) -> None:
    """Record what has happened by itself to a locked list, and is not in the log yet; `rows` are all its publications."""
    passed = delete(ListTransition).where(ListTransition.list_id == one.id, ListTransition.at <= clock.now())
    for moment in sorted((await session.scalars(passed.returning(ListTransition.at))).all()):
        since = shown_at(rows, moment)
        until = next((row for row in rows if row.visible_from < moment <= row.visible_until), None)
        if since is until:
            continue
        told: dict[str, Any] = {"at": wire_instant(moment), "cause": "schedule"}
        if since is None:
            record(session, happening("list.unpublished", one, SYSTEM, public=True, **told))
        else:
            first = all(row.visible_from >= moment for row in rows)
            record(session, happening("list.published", one, SYSTEM, public=True, first=first, **told))


async def due(session: ReadSession, limit: int) -> Sequence[UUID]:
    """Lists to which something has happened by itself, the longest ago first."""
    statement = select(ListTransition.list_id).where(ListTransition.at <= clock.now()).group_by(ListTransition.list_id)
    return (await session.scalars(statement.order_by(func.min(ListTransition.at)).limit(limit))).all()


async def next_moment(session: ReadSession) -> datetime | None:
    """When something happens by itself next."""
    return await session.scalar(select(func.min(ListTransition.at)))


async def settle_due(session: WriteSession, list_id: UUID) -> None:
    """Record what has happened by itself to one list."""
    statement = select(CuratedList).where(CuratedList.id == list_id).with_for_update(key_share=True)
    one = (await session.scalars(statement)).one_or_none()
    if one is not None:
        await settle(session, one, (await queries.histories_of(session, [list_id]))[list_id])
