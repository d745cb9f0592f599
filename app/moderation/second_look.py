"""Who answers an appeal: not whoever decided first, as long as somebody else can. Nothing here changes anything."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.access.queries import keys_that_may
from app.articles import reach
from app.comments.models import Comment, ModerationAction
from app.core.database import ReadSession
from app.events.models import Actor
from app.moderation.models import Appeal


async def decisions_appealed(session: ReadSession, comments: Sequence[UUID]) -> Mapping[UUID, ModerationAction]:
    """The decision against which there is an appeal, for each of the comments of which there is one."""
    made = select(ModerationAction).join(Appeal, Appeal.comment_id == ModerationAction.comment_id)
    made = made.where(ModerationAction.comment_id.in_(comments), ModerationAction.from_status != ModerationAction.to_status)
    made = made.where(ModerationAction.to_status == Appeal.status, ModerationAction.at <= Appeal.at)
    found = await session.scalars(made.order_by(ModerationAction.at, ModerationAction.id))
    return {action.comment_id: action for action in found}


async def for_others(session: ReadSession, decisions: Mapping[UUID, ModerationAction], by: Actor) -> set[UUID]:
    """About which of these comments `by` decided first, and another key may answer; two statements, and none where there is no such."""
    own = [comment for comment, decision in decisions.items() if decision.actor_id is not None and decision.actor_id == by.id]
    if not own:
        return set()
    others = [key.sections for key in await keys_that_may(session, "comments:moderate") if key.id != by.id]
    reached = reach.held_by(Comment.article_id, others)
    return set(await session.scalars(select(Comment.id).where(Comment.id.in_(own), reached)))
