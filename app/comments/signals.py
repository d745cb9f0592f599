"""Signals as they are kept beside their comment, for moderators to see."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from app.comments.signal_models import CommentSignal
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Asked
from app.core.rows import entering
from app.screening.kind import Signal


def keeping(comment: UUID, signals: Iterable[Signal], at: datetime) -> list[Asked]:
    """What enters the signals of a comment that has none."""
    return entering(CommentSignal, (_row(comment, signal, at) for signal in signals))


async def replace(session: WriteSession, comment: UUID, signals: Sequence[Signal], at: datetime, *, but: Collection[str]) -> None:
    """Keep these in place of all that were kept of the comment, `but` those of these checks."""
    await session.execute(delete(CommentSignal).where(CommentSignal.comment_id == comment, CommentSignal.name.not_in(but)))
    if signals:
        await session.ask_all(keeping(comment, signals, at))


async def add(session: WriteSession, comment: UUID, signals: Sequence[Signal], at: datetime) -> None:
    """Keep these beside the others, in place of what the same checks said before."""
    names = [signal.check for signal in signals]
    await session.execute(delete(CommentSignal).where(CommentSignal.comment_id == comment, CommentSignal.name.in_(names)))
    if signals:
        await session.ask_all(keeping(comment, signals, at))


async def remove(session: WriteSession, comment: UUID, check: str) -> None:
    """Let go of what one check said of a comment."""
    await session.execute(delete(CommentSignal).where(CommentSignal.comment_id == comment, CommentSignal.name == check))


async def forget(session: WriteSession, comments: Collection[UUID]) -> None:
    """Let go of all that was said of the comments."""
    await session.execute(delete(CommentSignal).where(CommentSignal.comment_id.in_(comments)))


async def of(session: ReadSession, comments: Collection[UUID]) -> dict[UUID, list[CommentSignal]]:
    """The signals of each comment, the strongest first; one statement."""
    statement = select(CommentSignal).where(CommentSignal.comment_id.in_(comments))
    found: dict[UUID, list[CommentSignal]] = {}
    for row in await session.scalars(statement.order_by(CommentSignal.score.desc(), CommentSignal.name)):
        found.setdefault(row.comment_id, []).append(row)
    return found


def read(row: CommentSignal) -> Signal:
    """A kept signal, as the decision takes it."""
    return Signal(row.name, row.version, row.leaning, row.score, row.detail)  # type: ignore[arg-type] # what was written is one of them


def _row(comment: UUID, signal: Signal, at: datetime) -> dict[str, object]:
    return {
        "comment_id": comment, "name": signal.check, "version": signal.version, "leaning": signal.leaning, "score": signal.score,
        "detail": dict(signal.detail), "at": at,
    }  # fmt: skip
