"""What comments and votes let go of in time: by which network address they came."""

from uuid import uuid4

from sqlalchemy import ColumnElement, String, bindparam, select, update

from app.comments.models import Comment
from app.comments.people.people_models import Erasure
from app.comments.votes import ADDRESS, LONGEST_VOTER, CommentVote
from app.core.database import WriteSession
from app.core.models import table_of
from app.readers import forgetting
from app.readers.kind import Commenter

_VOTER = table_of(CommentVote).c.voter


def install() -> None:
    """Let digests of comments be forgotten with the key that made them."""
    forgetting.register("comments", _forget)
    forgetting.register("votes", _forget_voters)


async def _forget(session: WriteSession, first: str, behind: str, most: int) -> int:
    within = (Comment.address_digest >= first, Comment.address_digest < behind)
    found = (await session.scalars(select(Comment.id).where(*within).limit(most))).all()
    without = update(Comment).where(Comment.id.in_(found)).values(address_digest=None, network_digest=None)
    await session.execute(without, execution_options={"synchronize_session": False})
    return len(found)


async def _forget_voters(session: WriteSession, first: str, behind: str, most: int) -> int:
    return await _leave(session, ADDRESS + first <= _VOTER, ADDRESS + behind > _VOTER, most=most)


async def forget_votes(session: WriteSession, person: Erasure, _key: bytes, most: int) -> int:
    """Let votes no longer say that they are of a member, at most so many; how many there were. Whose a guest's are is not known."""
    voter = Commenter(member_id=person.member_id).voter
    return 0 if voter is None else await _leave(session, _VOTER.in_([voter]), most=most)


async def _leave(session: WriteSession, *within: ColumnElement[bool], most: int) -> int:
    """Votes stay, each of somebody of whom nothing is known, not even that other votes were theirs."""
    votes = table_of(CommentVote)
    found = (await session.execute(select(votes.c.comment_id, votes.c.voter).where(*within).limit(most))).all()
    mine = (votes.c.comment_id == bindparam("comment"), votes.c.voter == bindparam("known", type_=String(LONGEST_VOTER)))
    if found:
        forgotten = [{"comment": row.comment_id, "known": row.voter, "voter": f"past:{uuid4()}"} for row in found]
        await session.execute(update(votes).where(*mine).values(voter=bindparam("voter")), forgotten)
    return len(found)
