"""What happens to lists by themselves, told to the log once: as `articles/publications/transitions.py` does it for articles."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.articles.visibility import turn_at
from app.core.database import WriteSession
from app.core.moments import Moments
from app.core.schemas import wire_instant
from app.curation import queries
from app.curation.happenings import happening
from app.curation.models import CuratedList, ListTransition
from app.events.actions import record
from app.events.models import SYSTEM

_MOMENTS = Moments(ListTransition, "list_id")
plan, due, next_moment, FIRST = _MOMENTS.plan, _MOMENTS.due, _MOMENTS.next, _MOMENTS.first


async def settle(session: WriteSession, one: CuratedList, rows: Sequence[Any]) -> None:
    """Record what has happened by itself to a locked list, and is not in the log yet; `rows` are all its publications."""
    for moment in await _MOMENTS.take_passed(session, one.id):
        until, since = turn_at(rows, moment)
        if since is until:
            continue
        told: dict[str, Any] = {"at": wire_instant(moment), "cause": "schedule"}
        if since is None:
            record(session, happening("list.unpublished", one, SYSTEM, public=True, **told))
        else:
            first = all(row.visible_from >= moment for row in rows)
            record(session, happening("list.published", one, SYSTEM, public=True, first=first, **told))


async def settle_due(session: WriteSession, list_id: UUID) -> None:
    """Record what has happened by itself to one list."""
    statement = select(CuratedList).where(CuratedList.id == list_id).with_for_update(key_share=True)
    one = (await session.scalars(statement)).one_or_none()
    if one is not None:
        await settle(session, one, (await queries.histories_of(session, [list_id]))[list_id])
