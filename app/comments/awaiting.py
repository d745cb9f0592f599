"""Which comments wait for outside services, and for which."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from app.comments.errand_models import CommentErrand
from app.comments.models import Comment
from app.core import clock
from app.core.database import WriteSession
from app.core.rows import entering
from app.policies.kind import Policy
from app.readers.kind import Commenter
from app.screening.bounds import Bounds
from app.screening.deciding import decide
from app.screening.examining import Examined
from app.screening.kind import Signal
from app.screening.services import WAITING

_OF_NO_VERSION = 0


def holding(examined: Examined, policy: Policy, author: Commenter, bounds: Bounds | None) -> Examined:
    """The same with a signal that holds the comment until outside services have answered, where any are to be asked about it.

    They are not asked about what is spam or rejected anyhow, and not about what staff wrote.
    """
    if bounds is None or not bounds.services or author.kind == "staff":
        return examined
    if decide(examined.signals, policy).outcome not in {"approved", "pending"}:
        return examined
    waiting = Signal(WAITING, 1, "hold", 0.0, {"waits_for": list(bounds.services)})
    return replace(examined, signals=[*examined.signals, waiting])


def send(session: WriteSession, comment: Comment, examined: Examined, bounds: Bounds | None, now: datetime) -> None:
    """Have the services asked that the comment waits for; whatever they were still to be asked of it before is dropped."""
    waits = any(signal.check == WAITING for signal in examined.signals)
    if bounds is None or not waits:
        return
    rows = [
        {
            "comment_id": comment.id, "service": name, "comment_version": comment.version, "from_new_author": examined.is_new,
            "status": "pending", "attempts": 0, "due_at": now, "gives_up_at": now + bounds.patience,
        }
        for name in bounds.services
    ]  # fmt: skip
    session.tell_all(entering(CommentErrand, rows))


async def waits(session: WriteSession, comment: Comment) -> bool:
    """Whether a comment is still up to outside services: nobody has decided about it since they were to be asked."""
    asked = exists().where(CommentErrand.comment_id == comment.id, CommentErrand.comment_version == comment.version)
    return comment.status == "pending" and bool(await session.scalar(select(asked)))


async def stay(session: WriteSession, comment: Comment, *, anew: timedelta | None = None) -> None:
    """Leave a comment that has just got another version up to the services to which it was, however it came by that.

    With `anew` its words are others now: all are asked about them, and whatever they said before counts no more; for so long it waits.
    """
    if comment.status != "pending":
        return
    values: dict[str, object] = {"comment_version": comment.version}
    if anew is not None:
        now = clock.now()
        values |= {"status": "pending", "attempts": 0, "due_at": now, "gives_up_at": now + anew}
    mine = (CommentErrand.comment_id == comment.id, CommentErrand.comment_version == comment.version - 1)
    await session.execute(update(CommentErrand).where(*mine).values(values), execution_options={"synchronize_session": False})


async def overrule(session: WriteSession, comment: UUID) -> None:
    """What services still say of a comment is kept, and decides nothing: somebody wants it held, whatever that is."""
    waiting = update(CommentErrand).where(CommentErrand.comment_id == comment).values(comment_version=_OF_NO_VERSION)
    await session.execute(waiting, execution_options={"synchronize_session": False})


async def drop(session: WriteSession, comments: Sequence[UUID]) -> None:
    """Ask nobody about these any more."""
    await session.execute(delete(CommentErrand).where(CommentErrand.comment_id.in_(comments)))
