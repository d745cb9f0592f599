"""Comments that wait for outside services are asked about, and decided on when all have answered. Rules live here; commits do not."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from app.comments import actions, awaiting, queries, signals
from app.comments.actions import Grounds
from app.comments.errand_models import CommentErrand, ServiceHealth
from app.comments.errors import CommentNotFound
from app.comments.models import Comment
from app.comments.schemas import comment_id
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.html import to_text
from app.core.rows import enter_unless_taken
from app.core.schemas import wire_instant
from app.events.models import SYSTEM
from app.policies.queries import effective
from app.screening.deciding import decide
from app.screening.kind import Signal
from app.screening.services import WAITING, Asked

_FIRST_PAUSE = timedelta(seconds=5)
_FAILURES_UNTIL_REST, _SHORTEST_REST, _LONGEST_REST = 5, timedelta(seconds=30), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Errand:
    """One question to one service about one version of a comment, taken by whoever asks it now."""

    comment: UUID
    service: str
    version: int
    asked: Asked
    over: bool


async def next_due(session: ReadSession) -> datetime | None:
    """When a service is to be asked next, or given up."""
    return await session.scalar(select(func.min(CommentErrand.due_at)).where(CommentErrand.status == "pending"))


async def claim(session: WriteSession, most: int, lease: timedelta) -> list[Errand]:
    """What is due, for whoever asks now; nobody else takes it within the lease. Of what has waited too long, that it is over."""
    now = clock.now()
    resting = {row.name for row in await session.scalars(select(ServiceHealth).where(ServiceHealth.rests_until > now))}
    due = select(CommentErrand).where(CommentErrand.status == "pending", CommentErrand.due_at <= now)
    due = due.where(or_(CommentErrand.service.not_in(resting), CommentErrand.gives_up_at <= now))
    found = (await session.scalars(due.order_by(CommentErrand.due_at).limit(most))).all()
    for row in found:
        row.attempts += 1
        row.due_at = now + lease
    await session.flush()
    comments = {row.id: row for row in await session.scalars(select(Comment).where(Comment.id.in_({row.comment_id for row in found})))}
    return [
        Errand(row.comment_id, row.service, row.comment_version, _told(comments[row.comment_id]), over=row.gives_up_at <= now)
        for row in found
    ]


def _told(comment: Comment) -> Asked:
    article = ids.encode("art", comment.article_id)
    return Asked(
        comment_id(comment.id), article, comment.author_name, comment.author_kind, comment.author_url, comment.body,
        to_text(comment.html), wire_instant(comment.created_at),
    )  # fmt: skip


def failed(service: str, why: str) -> Signal:
    """What is said in place of a service that said nothing; whether it holds is up to who wrote the comment."""
    return Signal(service, 1, "pass", 0.0, {"failed": why})


async def note(session: WriteSession, service: str, *, well: bool) -> None:
    """How a service has fared. After several failures in a row it is left alone for a while, longer each time."""
    health = await session.get(ServiceHealth, service, with_for_update=True)
    if health is None:
        await enter_unless_taken(session, ServiceHealth(name=service, failures=0, rests_until=None))
        health = await session.get_one(ServiceHealth, service, with_for_update=True)
    health.failures = 0 if well else health.failures + 1
    health.rests_until = None
    if health.failures >= _FAILURES_UNTIL_REST:
        health.rests_until = clock.now() + min(_LONGEST_REST, _SHORTEST_REST * 2 ** min(10, health.failures - _FAILURES_UNTIL_REST))
    await session.flush()


async def postpone(session: WriteSession, errand: Errand) -> None:
    """Ask again after a pause that grows, and no later than when it is given up."""
    row = await session.get(CommentErrand, (errand.comment, errand.service))
    if row is not None and _is_asked(row, errand):
        row.due_at = min(row.gives_up_at, clock.now() + _FIRST_PAUSE * 2 ** min(10, row.attempts - 1))
        await session.flush()


def _is_asked(row: CommentErrand, errand: Errand) -> bool:
    """Whether it is still this that is asked: not of other words, which its author has written meanwhile."""
    return row.service == errand.service and row.status == "pending" and row.comment_version == errand.version


async def finish(session: WriteSession, errand: Errand, signal: Signal) -> None:
    """Keep what a service said; when it was the last, the comment is decided on anew, by the same function as ever.

    A comment that somebody has decided on meanwhile keeps the state that it has. What was said of words that its author has changed
    since is dropped: of what they are now the service is asked anew.
    """
    comment = errand.comment
    try:
        thread, found = await queries.get_for_change(session, comment)
    except CommentNotFound:
        return
    rows = (await session.scalars(select(CommentErrand).where(CommentErrand.comment_id == comment))).all()
    mine = next((row for row in rows if _is_asked(row, errand)), None)
    if mine is None:
        return
    if mine.from_new_author and "failed" in signal.detail:
        signal = replace(signal, leaning="hold")
    now, mine.status = clock.now(), "done"
    await signals.add(session, comment, [signal], now)
    await session.flush()
    if any(row.status == "pending" for row in rows):
        return
    untouched = found.status == "pending" and found.version == mine.comment_version
    await awaiting.drop(session, [comment])
    await signals.remove(session, comment, WAITING)
    if not untouched:
        return
    said = [signals.read(row) for row in (await signals.of(session, [comment])).get(comment, [])]
    decision = decide(said, await effective(session, found.article_id, now))
    if decision.outcome != "pending":
        because = f" Because of {', '.join(decision.because)}." if decision.because else ""
        grounds = Grounds(reason=f"When outside services had answered.{because}")
        await actions.decide(session, thread, found, decision.outcome, by=SYSTEM, if_match=None, grounds=grounds)
