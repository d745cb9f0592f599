"""How readers vote for comments, and against them: one vote each, however often it is sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.articles.models import CommentThread
from app.comments import queries
from app.comments.announcing import announce_vote
from app.comments.errors import MembersOnly, VoteRefused
from app.comments.models import Comment
from app.comments.posting import refuse_closed
from app.comments.ranking import wilson
from app.comments.votes import DOWN, UP, CommentVote, voters_of
from app.core import clock
from app.core.database import WriteSession
from app.policies.kind import Policy
from app.policies.queries import effective
from app.readers import sanctions
from app.readers.actions import remember
from app.readers.kind import Commenter


async def vote(session: WriteSession, comment: UUID, value: int, *, who: Commenter) -> Comment:
    """Let `who` vote for a comment that readers see, or against it. The same vote again changes nothing.

    Raises CommentNotFound, CommentsClosed, MembersOnly, VoteRefused and Sanctioned.
    """
    now = clock.now()
    await remember(session, who)
    await sanctions.demand(session, who, posting=False)
    thread, found = await queries.lock_with_words(session, comment, now)
    _refuse(await effective(session, found.article_id, now), found, who, value)
    voters = voters_of(who)
    before = await _cast(session, found, voters)
    if before == value:
        return found
    if before is not None:
        await session.execute(_of(found, voters))
    session.add(CommentVote(comment_id=found.id, voter=voters[0], article_id=found.article_id, value=value, at=now))
    return await _count(session, thread, found, before, value, now)


async def withdraw(session: WriteSession, comment: UUID, *, who: Commenter) -> Comment:
    """Take a vote back; where there is none, nothing changes. A discussion that has closed keeps its votes."""
    now = clock.now()
    thread, found = await queries.lock_with_words(session, comment, now)
    policy, voters = await effective(session, found.article_id, now), voters_of(who)
    refuse_closed(policy)
    before = await _cast(session, found, voters)
    if before is None:
        return found
    await session.execute(_of(found, voters))
    return await _count(session, thread, found, before, None, now)


def _refuse(policy: Policy, comment: Comment, who: Commenter, value: int) -> None:
    refuse_closed(policy)
    if who.member_id is not None and comment.member_id == who.member_id:
        raise VoteRefused(reason="own")
    if policy.votes == "none" or (policy.votes == "up" and value == DOWN):
        raise VoteRefused(reason=policy.votes)
    if policy.voters == "members" and who.member_id is None:
        raise MembersOnly
    if who.voter is None:
        raise VoteRefused(reason="unknown")


async def _cast(session: WriteSession, comment: Comment, voters: list[str]) -> int | None:
    statement = select(CommentVote.value).where(CommentVote.comment_id == comment.id, CommentVote.voter.in_(voters))
    return (await session.scalars(statement)).first()


def _of(comment: Comment, voters: list[str]) -> Any:
    return delete(CommentVote).where(CommentVote.comment_id == comment.id, CommentVote.voter.in_(voters))


async def _count(
    session: WriteSession, thread: CommentThread, comment: Comment, before: int | None, after: int | None, at: datetime
) -> Comment:
    """Move the counters of a comment. Its version stays: whoever edits or moderates it meanwhile did not miss a word of it."""
    comment.up_votes += (after == UP) - (before == UP)
    comment.down_votes += (after == DOWN) - (before == DOWN)
    comment.score = wilson(comment.up_votes, comment.down_votes)
    await session.flush()
    await announce_vote(session, thread, comment, at)
    return comment
