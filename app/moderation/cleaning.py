"""What the sanctioned have written is taken from readers: all of it, some at a time, in one batch that can be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, update

from app.comments.actions import Grounds
from app.comments.models import Comment
from app.comments.orders import NEWEST
from app.core import clock, ids
from app.core.database import Database, ReadSession, WriteSession
from app.events.models import Actor
from app.moderation import actions
from app.moderation.models import SanctionCleanUp
from app.readers.sanctions import Sanction

Handle = Literal["member", "email", "address"]
HANDLES: dict[Handle, str] = {"member": "member_id", "email": "email_digest", "address": "address_digest"}
"""By what somebody is known again, the surest first, and where that stands."""
AT_ONCE = 100
_STEPS_AT_A_TIME = 10


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What becomes of what they have written since a moment, as far as readers see it or it waits."""

    verdict: Literal["rejected", "spam"]
    since: datetime | None


async def begin(session: WriteSession, sanction: Sanction, wanted: Cleaning) -> tuple[SanctionCleanUp, actions.Batch]:
    """Note that what the sanctioned have written goes, and take the last of it at once; the worker does the rest."""
    noted = SanctionCleanUp(
        sanction_id=sanction.id, verdict=wanted.verdict, since=wanted.since, batch_id=ids.new(), changed=0, refused=0, done_at=None
    )
    session.add(noted)
    return noted, await _step(session, noted, sanction)


async def carry_on(database: Database) -> bool:
    """Do some steps of what is to be cleaned up, each in a transaction; whether more is left."""
    for _ in range(_STEPS_AT_A_TIME):
        async with database.reading() as session:
            wanted = await session.scalar(select(SanctionCleanUp.sanction_id).where(SanctionCleanUp.done_at.is_(None)).limit(1))
        if wanted is None:
            return False
        async with database.writing() as session:
            noted = await session.get_one(SanctionCleanUp, wanted, with_for_update=True)
            if noted.done_at is None:
                await _step(session, noted, await session.get_one(Sanction, wanted))
    return True


async def _step(session: WriteSession, noted: SanctionCleanUp, sanction: Sanction) -> actions.Batch:
    """Take the next of their comments, the last first. What somebody else looks at just now is left to them."""
    theirs = [Comment.status.in_(("approved", "pending")), by_whom(sanction)]
    if noted.since is not None:
        theirs.append(Comment.created_at >= noted.since)
    behind = None if noted.last_id is None else [noted.last_at, noted.last_id]
    statement = NEWEST.after(select(Comment.id, Comment.created_at).where(*theirs), behind)
    found = (await session.execute(statement.limit(AT_ONCE))).all()
    verdict: Any = noted.verdict
    moves = [actions.Move(row.id, verdict, None) for row in found]
    grounds = Grounds(sanction.reason, sanction.code, sanction.statement, batch=noted.batch_id, sanction=sanction.id)
    kind: Any = sanction.actor_kind
    batch = await actions.decide_together(session, moves, grounds, by=Actor(kind, sanction.actor_id, sanction.actor_name))
    noted.changed += sum(one.said == "changed" for one in batch.outcomes)
    noted.refused += sum(one.said == "refused" for one in batch.outcomes)
    if len(found) < AT_ONCE:
        noted.done_at = clock.now()
    else:
        noted.last_at, noted.last_id = found[-1].created_at, found[-1].id
    await session.flush()
    return batch


async def end(session: WriteSession, condition: ColumnElement[bool]) -> None:
    """Leave the rest of such clean-ups: they are taken back, or the sanction is."""
    going_on = update(SanctionCleanUp).where(condition, SanctionCleanUp.done_at.is_(None))
    await session.execute(going_on.values(done_at=clock.now()), execution_options={"synchronize_session": False})


async def of(session: ReadSession, sanctions: Sequence[UUID]) -> Mapping[UUID, SanctionCleanUp]:
    """What is cleaned up with each of the sanctions; one statement."""
    return {
        one.sanction_id: one for one in await session.scalars(select(SanctionCleanUp).where(SanctionCleanUp.sanction_id.in_(sanctions)))
    }


def by_whom(sanction: Sanction) -> ColumnElement[bool]:
    """Whether a comment is of the sanctioned; none is once it was forgotten who they are."""
    known = [(column, value) for column in HANDLES.values() if (value := getattr(sanction, column)) is not None]
    return or_(false(), *(getattr(Comment, column) == value for column, value in known))
