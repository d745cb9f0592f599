"""Which of several workers does the work: one row that they take in turns, on either database and through any pooler.

It saves work and is not what correctness hangs on: two that both think they lead, for want of a common clock, still deliver nothing twice
at a time, because each delivery is leased, and record no event twice, because what makes one is deleted in the same transaction.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Database
from app.core.models import Base

LEASE = timedelta(seconds=10)
"""How long a leader that is not heard of is waited for."""
RENEWAL = timedelta(seconds=3)


class WorkerState(Base):
    """The one row that says who works, and how far they are: for whoever watches.

    `log_seq` is the head of the log at `beat_at`, and `queued_seq` how far the webhook furthest behind was looked through. `waiting`
    counts messages that are not delivered; `oldest_due_at` is when the first of them is due, `next_transition_at` when something happens
    by itself next: what lies in the past there is late.
    """

    __tablename__ = "worker_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[UUID | None]
    until: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    log_seq: Mapped[int | None]
    queued_seq: Mapped[int | None]
    waiting: Mapped[int | None]
    oldest_due_at: Mapped[datetime | None]
    next_transition_at: Mapped[datetime | None]


async def lead(database: Database, me: UUID) -> bool:
    """Whether `me` leads from now on for the length of a lease. It is looked at first: who does not lead holds up no writer."""
    now = clock.now()
    free = or_(WorkerState.holder.is_(None), WorkerState.holder == me, WorkerState.until < now)
    async with database.reading() as session:
        if (await session.scalars(select(WorkerState.id).where(free))).first() is None:
            return False
    async with database.writing() as session:
        taken = update(WorkerState).where(free).values(holder=me, until=now + LEASE, beat_at=now).returning(WorkerState.id)
        return (await session.scalars(taken)).first() is not None


async def resign(database: Database, me: UUID) -> None:
    """Let the next one lead at once."""
    async with database.writing() as session:
        await session.execute(update(WorkerState).where(WorkerState.holder == me).values(holder=None, until=None))
