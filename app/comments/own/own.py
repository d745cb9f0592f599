"""What people do with comments of their own: guests by the token that came with one, members by theirs. Commits are not here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.comments import actions, awaiting, queries, signals
from app.comments.actions import Grounds
from app.comments.errors import CommentNotFound, EditingOver
from app.comments.models import Comment
from app.comments.orders import NEWEST
from app.comments.own.own_schemas import OwnUpdate
from app.comments.posting import refuse_long, sanctioned, submission_of
from app.comments.schemas import GONE, comment_id
from app.core import clock
from app.core.database import ReadSession, WriteSession
from app.core.html import to_text
from app.events.models import READER, SYSTEM
from app.policies.kind import Policy
from app.policies.queries import effective
from app.readers import sanctions
from app.readers.kind import Commenter
from app.screening import marks
from app.screening.bounds import Bounds
from app.screening.checks import SENT_ONCE
from app.screening.deciding import decide
from app.screening.examining import examine

_EDITABLE = frozenset({"approved", "pending"})


async def get_own(session: ReadSession, wanted: UUID, who: Commenter, claim: str | None) -> Any:
    """A comment with the text as it was sent; raises CommentNotFound unless it is theirs, whatever became of it."""
    own = select(*queries.shown(), Comment.body, Comment.claim_digest, Comment.member_id).where(Comment.id == wanted)
    row = (await session.execute(own)).one_or_none()
    if row is None or not actions.is_author(row, who, claim):
        raise CommentNotFound(f"There is no comment {comment_id(wanted)} of yours.")
    return row


async def list_own(session: ReadSession, member: UUID, position: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """At most `limit` comments of a member, whatever became of them, the newest first, from behind `position`."""
    statement = select(*queries.shown(), Comment.body).where(Comment.member_id == member)
    return (await session.execute(NEWEST.after(statement, position).limit(limit))).all()


async def editable_until(session: ReadSession, comment: Any) -> datetime | None:
    """Until when its author may edit a comment; None where that is over."""
    now = clock.now()
    if comment.status not in _EDITABLE:
        return None
    return _end_of_editing(comment, await effective(session, comment.article_id, now), now)


def _end_of_editing(comment: Any, policy: Policy, now: datetime) -> datetime | None:
    until: datetime = comment.created_at + timedelta(minutes=policy.edit_minutes)
    return until if now < until and policy.state != "disabled" else None


async def edit(
    session: WriteSession, wanted: UUID, patch: OwnUpdate, author: Commenter, bounds: Bounds, *, if_match: int | None
) -> Comment:
    """Change the words of a comment; what they are now is looked at as if it were posted.

    What checks hold against it takes it out of sight; what they do not brings back nothing that was out of sight before. So outside
    services are asked only where it is in sight, or still waits for them. Raises
    CommentDeleted, EditingOver, Sanctioned, and ValidationFailed where it is longer than the discussion allows.
    """
    thread, found = await queries.get_for_change(session, wanted)
    now, author = clock.now(), replace(author, email_digest=found.email_digest)
    imposed = await sanctions.demand(session, author, posting=True)
    policy = await effective(session, found.article_id, now)
    over = found.status not in {*_EDITABLE, *GONE} or _end_of_editing(found, policy, now) is None
    if over and found.status not in GONE:
        raise EditingOver
    if author.kind != "staff":
        refuse_long(policy, patch.body)
    undecided = found.status == "approved" or await awaiting.waits(session, found)
    if not await actions.rewrite(session, thread, found, {"body": patch.body}, by=READER, if_match=if_match):
        return found
    await marks.forget_of(session, [found.id])
    await awaiting.drop(session, [found.id])
    of_words = replace(bounds, off=bounds.off | SENT_ONCE)
    examined = sanctioned(await examine(session, submission_of(found, author, to_text(found.html), now), policy, of_words), imposed)
    examined = awaiting.holding(examined, policy, author, bounds) if undecided else examined
    await signals.replace(session, found.id, examined.signals, now, but=SENT_ONCE)
    decision = decide(examined.signals, policy)
    if found.status == "approved" and decision.outcome != "approved":
        grounds = Grounds(reason=f"As edited by its author, by {', '.join(decision.because)}.")
        await actions.decide(session, thread, found, decision.outcome, by=SYSTEM, if_match=None, grounds=grounds)
    awaiting.send(session, found, examined, bounds, now)
    session.tell_all(marks.entering(found.id, found.created_at, examined.marks.rows(approved=found.status == "approved")))
    return found


async def delete(session: WriteSession, wanted: UUID, *, if_match: int | None) -> None:
    """Take a comment back, for good, whenever."""
    await actions.moderate(session, wanted, "deleted", by=READER, if_match=if_match)
