"""What a vote is, as a row, and what readers ask of their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import ReadSession
from app.core.models import Base
from app.core.pagination import Keyset
from app.readers.kind import Commenter

UP, DOWN = 1, -1
ADDRESS = "address:"
"""How the voter begins who is known by the digest of an address, as `Commenter.voter` says it."""
LONGEST_VOTER = 128


class CommentVote(Base):
    """What one reader thinks of one comment: up or down. `voter` is a member, or the digest of an address, and never says more.

    It has no foreign key to the article: an edit of the article locks that before the thread, and a vote has the thread's lock already.
    """

    __tablename__ = "comment_votes"
    __table_args__ = (Index(None, "voter", "article_id", "comment_id"),)

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    voter: Mapped[str] = mapped_column(
        String(LONGEST_VOTER).with_variant(String(LONGEST_VOTER, collation="C"), "postgresql"), primary_key=True
    )
    article_id: Mapped[UUID]
    value: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)


BY_COMMENT = Keyset((CommentVote.article_id, CommentVote.comment_id), descending=True)
"""Votes of the same reader, an article behind the other."""


def voters_of(who: Commenter) -> list[str]:
    """Under which names votes of theirs may stand, the present one first: the key of a digest changes while the vote stays."""
    if who.voter is None:
        return []
    return [who.voter] if who.member_id is not None else [who.voter, *(f"{ADDRESS}{digest}" for digest in who.earlier_digests)]


async def votes_of(session: ReadSession, who: Commenter, article: UUID | None, position: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """At most `limit` votes of theirs, perhaps only under one article, from behind `position`; one statement."""
    statement = select(CommentVote).where(CommentVote.voter.in_(voters_of(who)))
    if article is not None:
        statement = statement.where(CommentVote.article_id == article)
    return (await session.scalars(BY_COMMENT.after(statement, position).limit(limit))).all()


def tally(value: int) -> Any:
    """How many votes with this value a comment has, as a column."""
    return func.count().filter(CommentVote.value == value)
