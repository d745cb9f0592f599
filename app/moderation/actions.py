"""What moderators do. Rules live here; commits do not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.comments import awaiting
from app.comments.actions import Grounds, decide
from app.comments.models import Comment, ModerationAction
from app.comments.queries import get_for_change
from app.comments.schemas import Status
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Problem
from app.events.models import Actor
from app.moderation import leasing, queries, reporting
from app.moderation.models import Lease

_NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Move:
    """One comment that shall have another state, where it still has this version; any, where that is None."""

    comment: UUID
    to: Status
    version: int | None
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one comment of a batch."""

    comment: UUID
    before: str | None = None
    after: str | None = None
    version: int | None = None
    noted: bool = False
    """Whether anything about it is on record: its state, or what became of what people had against it."""
    problem: Problem | None = None

    @property
    def said(self) -> str:
        """The outcome in a word."""
        if self.problem is not None:
            return "refused"
        return "changed" if self.before != self.after else "unchanged"


@dataclass(frozen=True, slots=True)
class Batch:
    """What was decided at once; `more` where it is so much that the rest has to wait."""

    id: UUID
    at: datetime
    outcomes: Sequence[Outcome]
    more: bool = False


async def rule(session: WriteSession, move: Move, grounds: Grounds, *, by: Actor) -> Comment:
    """Move one comment to another state, and end whatever lease there is of it.

    Raises CommentLeased where somebody else looks at it, and what `decide` raises.
    """
    leases = await leasing.leases_of(session, [move.comment])
    return (await _rule(session, move, leases.get(move.comment), grounds, by))[0]


async def _rule(session: WriteSession, move: Move, lease: Lease | None, grounds: Grounds, by: Actor) -> tuple[Comment, Outcome]:
    """The comment, and what became of it; whatever is raised is raised before anything is changed."""
    thread, comment = await get_for_change(session, move.comment)
    before = comment.status
    leasing.demand(lease, by)
    await decide(session, thread, comment, move.to, by=by, if_match=move.version, grounds=grounds)
    kept = comment.status == before
    if lease is not None or not kept:
        await leasing.give_back(session, [comment.id])
    unseen = kept and move.version not in {None, comment.version}
    if kept and not unseen and move.to == "pending":
        await awaiting.overrule(session, comment.id)
    noted = not kept or (not unseen and await _answer_reports(session, comment, grounds, by))
    return comment, Outcome(comment.id, before, comment.status, comment.version, noted=noted)


async def _answer_reports(session: WriteSession, comment: Comment, grounds: Grounds, by: Actor) -> bool:
    """Close what people have against a comment that stands as it stood; whether that was noted, as nothing else was changed.

    Whoever repeats a verdict about another version than there is now has not seen what people have against that one: nothing is closed
    then, and nothing opened.
    """
    if not await reporting.answer(session, comment, grounds, by):
        return False
    session.add(
        ModerationAction(
            comment_id=comment.id, from_status=comment.status, to_status=comment.status, act="reports_settled",
            version=comment.version, actor_kind=by.kind, actor_id=by.id, actor_name=by.name, reason=grounds.reason,
            code=grounds.code, statement=grounds.statement, batch_id=grounds.batch,
        )
    )  # fmt: skip
    return True


async def decide_together(session: WriteSession, moves: Sequence[Move], grounds: Grounds, *, by: Actor) -> Batch:
    """Move many comments, each for itself: one that is refused leaves the others alone.

    Threads are locked in the order of their articles, so that two batches never wait for each other.
    """
    batch = Batch(grounds.batch or ids.new(), clock.now(), [])
    why = replace(grounds, batch=batch.id)
    comments = [move.comment for move in moves]
    articles, leases = await queries.articles_of(session, comments), await leasing.leases_of(session, comments)
    found: dict[int, Outcome] = {}
    for place, move in sorted(enumerate(moves), key=lambda each: (articles.get(each[1].comment, _NIL), each[0])):
        found[place] = await _decide(session, move, leases.get(move.comment), replace(why, undoes=move.undoes), by)
    return replace(batch, outcomes=[found[place] for place in range(len(moves))])


async def _decide(session: WriteSession, move: Move, lease: Lease | None, grounds: Grounds, by: Actor) -> Outcome:
    try:
        return (await _rule(session, move, lease, grounds, by))[1]
    except Problem as problem:
        return Outcome(move.comment, problem=problem)


async def undo(session: WriteSession, batch: UUID, *, by: Actor) -> Batch:
    """Give every comment of a batch the state back that it had before; one to which something happened since is left as it is.

    Of a batch that is larger than MOST_OF_A_BATCH, so many of those that can be undone. Raises BatchNotFound. An undo is a batch itself.
    """
    found = await queries.list_undoable(session, batch)
    undone = await decide_together(session, [_back(action) for action in found.actions], Grounds(), by=by)
    return replace(undone, more=found.more)


def _back(action: ModerationAction) -> Move:
    before: Any = action.from_status
    return Move(action.comment_id, before, action.version, undoes=action.id)
