"""Who looks at which comment just now, so that two people do not take one.

A lease keeps nobody from anything for good: it ends by itself, it can be taken over, and what is decided is held against the comment's
version whoever had the lease.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core import clock
from app.core.database import ReadSession, WriteSession
from app.core.schemas import wire_instant
from app.events.models import Actor
from app.moderation import queries
from app.moderation.errors import CommentLeased
from app.moderation.models import Lease
from app.moderation.queries import Rows, Sought

_TRIES = 4
_NIL = UUID(int=0)


def holder_of(by: Actor) -> UUID:
    """Whose lease it is: the key's."""
    return by.id or _NIL


async def leases_of(session: ReadSession, comments: Collection[UUID]) -> Mapping[UUID, Lease]:
    """The leases in force of these comments."""
    statement = select(Lease).where(Lease.comment_id.in_(comments), Lease.until > clock.now())
    found = await session.scalars(statement, execution_options={"populate_existing": True})
    return {lease.comment_id: lease for lease in found}


def demand(lease: Lease | None, by: Actor) -> None:
    """Raise CommentLeased where somebody else has it."""
    if lease is not None and lease.holder_id != holder_of(by):
        detail = f"Until {wire_instant(lease.until)} it is with {lease.holder_name or 'somebody'}."
        raise CommentLeased(detail, holder=lease.holder_name, until=wire_instant(lease.until))


async def take(session: WriteSession, comments: Sequence[UUID], by: Actor, seconds: int, *, take_over: bool = False) -> set[UUID]:
    """Lease those of the comments that nobody else has, or all of them; which these are.

    One statement does it, so that of two who want the same comment at once one gets it.
    """
    if not comments:
        return set()
    now = clock.now()
    made: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[session.get_bind().dialect.name](Lease)
    mine = {"holder_id": holder_of(by), "holder_name": by.name, "taken_at": now, "until": now + timedelta(seconds=seconds)}
    free = None if take_over else or_(Lease.until <= now, Lease.holder_id == mine["holder_id"])
    statement = made.values([{"comment_id": one, **mine} for one in sorted(comments)])
    statement = statement.on_conflict_do_update(index_elements=["comment_id"], set_=mine, where=free)
    return set(await session.scalars(statement.returning(Lease.comment_id)))


async def take_next(session: WriteSession, sought: Sought, by: Actor, *, most: int, seconds: int) -> Rows:
    """Lease the next comments of a queue that nobody else has; those that the caller has already are among them."""
    free = replace(sought, lease="free", holder=holder_of(by))
    rows: Rows = ()
    taken: set[UUID] = set()
    for _ in range(_TRIES):
        rows = await queries.list_queue(session, free, None, most)
        taken = await take(session, [row.id for row in rows], by, seconds)
        if len(taken) == len(rows):
            return rows
    return [row for row in rows if row.id in taken]


async def give_back(session: WriteSession, comments: Collection[UUID], by: Actor | None = None) -> None:
    """End the leases of these comments: the caller's own, or whoever has them."""
    own = () if by is None else (Lease.holder_id == holder_of(by),)
    await session.execute(delete(Lease).where(Lease.comment_id.in_(comments), *own))
