"""What whoever wrote a comment is told of the decision about it, and their one appeal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from app.comments.actions import Grounds
from app.comments.announcing import announce
from app.comments.models import Comment, ModerationAction
from app.comments.orders import Position
from app.comments.queries import get_for_change
from app.core import clock
from app.core.database import ReadSession, WriteSession
from app.core.pagination import Keyset
from app.core.rows import enter_unless_taken
from app.events.models import READER, Actor
from app.moderation import actions, queries, second_look
from app.moderation.errors import AppealDecided, AppealForAnother, AppealMade, AppealNotFound, NothingToAppeal
from app.moderation.models import Appeal

AGAINST = frozenset({"rejected", "spam"})
"""The states against which there is an appeal; what is deleted stays so."""
Outcome = Literal["upheld", "overturned"]
_IN_ORDER = Keyset((Appeal.at, Appeal.comment_id), descending=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the decision about a comment stands: what decided it, None where no person did, and the appeal."""

    comment: Any
    decision: ModerationAction | None
    appeal: Appeal | None

    @property
    def may_appeal(self) -> bool:
        """Whether whoever wrote it has an appeal left."""
        return self.appeal is None and self.comment.status in AGAINST


@dataclass(frozen=True, slots=True)
class Answer:
    """What is decided about an appeal: `statement` is for whoever appealed, `reason` for the newsroom."""

    outcome: Outcome
    statement: str | None
    reason: str | None


async def standing_of(session: ReadSession, comment: Any) -> Standing:
    """How the decision about a comment stands; two statements."""
    moves = select(ModerationAction).where(ModerationAction.comment_id == comment.id, ModerationAction.to_status == comment.status)
    moves = moves.where(ModerationAction.from_status != ModerationAction.to_status)
    last = (await session.scalars(moves.order_by(ModerationAction.at.desc(), ModerationAction.id.desc()).limit(1))).first()
    return Standing(comment, last, await find_appeal(session, comment.id))


async def find_appeal(session: ReadSession, comment: UUID) -> Appeal | None:
    """The appeal about a comment."""
    return (await session.scalars(select(Appeal).where(Appeal.comment_id == comment))).one_or_none()


async def appeal(session: WriteSession, wanted: UUID, text: str) -> Standing:
    """Appeal against the decision about a comment, once. Raises NothingToAppeal and AppealMade."""
    thread, comment = await get_for_change(session, wanted)
    if await find_appeal(session, wanted) is not None:
        raise AppealMade
    if comment.status not in AGAINST:
        raise NothingToAppeal(f"It is {comment.status}.")
    made = Appeal(comment_id=wanted, at=clock.now(), text=text, status=comment.status, outcome="open")
    if not await enter_unless_taken(session, made):
        raise AppealMade
    await announce(session, thread, comment, "appealed", READER, concerns_readers=False, changed=("appeal",))
    return await standing_of(session, comment)


async def decide(session: WriteSession, wanted: UUID, answer: Answer, *, by: Actor, by_another: bool) -> Appeal:
    """Decide about an appeal, for good: one that is overturned shows the comment.

    Raises AppealNotFound and AppealDecided; and, where it is to be decided `by_another`, AppealForAnother.
    """
    thread, comment = await get_for_change(session, wanted)
    found = await find_appeal(session, wanted)
    if found is None:
        raise AppealNotFound
    if found.outcome != "open":
        raise AppealDecided(f"It was {found.outcome}.")
    if by_another and await second_look.for_others(session, await second_look.decisions_appealed(session, [wanted]), by):
        raise AppealForAnother
    found.outcome, found.statement, found.decided_at = answer.outcome, answer.statement, clock.now()
    session.add(_action(comment, answer, by))
    await session.flush()
    await announce(session, thread, comment, "appeal_decided", by, concerns_readers=False, changed=("appeal",))
    if answer.outcome == "overturned" and comment.status in AGAINST:
        grounds = Grounds(answer.reason, None, answer.statement)
        await actions.rule(session, actions.Move(wanted, "approved", None), grounds, by=by)
    return found


def _action(comment: Comment, answer: Answer, by: Actor) -> ModerationAction:
    return ModerationAction(
        comment_id=comment.id, from_status=comment.status, to_status=comment.status, act=f"appeal_{answer.outcome}",
        version=comment.version, statement=answer.statement, reason=answer.reason, actor_kind=by.kind, actor_id=by.id, actor_name=by.name,
    )  # fmt: skip


async def list_appeals(session: ReadSession, outcome: str, position: Position, limit: int) -> Sequence[Any]:
    """At most `limit` appeals with this outcome, the oldest first, from behind `position`; with how their comments are now."""
    statement = select(Appeal, Comment.status).join(Comment, Comment.id == Appeal.comment_id)
    statement = statement.where(Appeal.outcome == outcome, queries.of_articles_within())
    return (await session.execute(_IN_ORDER.after(statement, position).limit(limit))).all()
