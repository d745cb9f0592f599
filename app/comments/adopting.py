"""Taking in comments that were written elsewhere, in another time: each gets its place and its event, and none is judged anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from app.articles.models import CommentThread
from app.comments.announcing import announce
from app.comments.models import MAX_DEPTH, Comment, CommentSource
from app.comments.posting import rendered
from app.comments.queries import Standing
from app.comments.ranking import wilson
from app.comments.schemas import Status
from app.comments.tree import NOTHING, carry, place
from app.core.database import ReadSession, WriteSession
from app.events.models import Actor

Name = tuple[str, str]
"""A source, and what a comment is called there."""


@dataclass(frozen=True, slots=True)
class Adoptee:
    """A comment as it was where it comes from."""

    id: UUID
    status: Status
    open: bool
    author_kind: str
    author_name: str
    author_badge: str | None
    body: str
    created_at: datetime
    edited_at: datetime | None
    up_votes: int
    down_votes: int
    name: Name | None
    reply_to: UUID | None


async def adopt(
    session: WriteSession, thread: CommentThread, one: Adoptee, *, below: Sequence[Comment], by: Actor, stands: Standing
) -> Comment:
    """Put a comment into a thread that is locked, under the last of the line `below`; beside that where the thread is as deep as it gets.

    The line begins at the top of the thread. That, and how the article `stands`, is handed over, so that nothing is asked for each of many
    that come together, and all of them are written at once.

    Raises ValidationFailed where nothing of its words can be shown. Comments have to come behind those that they answer.
    """
    comment = _row(thread.article_id, one)
    ancestors = place(thread, below, comment, MAX_DEPTH)
    if len(ancestors) == len(below):
        comment.reply_to_id = one.reply_to
    session.add(comment)
    if one.name is not None:
        session.add(CommentSource(comment_id=comment.id, source=one.name[0], external_id=one.name[1]))
    turned = carry(thread, ancestors, comment, before=NOTHING)
    changed = ("author", "body", "status")
    await announce(session, thread, comment, "created", by, concerns_readers=comment.visible, changed=changed, turned=turned, stands=stands)
    return comment


def words(body: str) -> str:
    """What readers will see of `body`; raises ValidationFailed where that is nothing. Where no words are left, none are asked for."""
    return rendered(body).html if body else ""


def _row(article: UUID, one: Adoptee) -> Comment:
    return Comment(
        id=one.id, article_id=article, created_at=one.created_at, edited_at=one.edited_at, version=1, visible=False, open=one.open,
        status=one.status, author_kind=one.author_kind, author_name=one.author_name, body=one.body, html=words(one.body),
        reply_count=0, descendant_count=0, next_child=0, up_votes=one.up_votes, down_votes=one.down_votes,
        author_badge=one.author_badge, score=wilson(one.up_votes, one.down_votes),
        carried_up=one.up_votes, carried_down=one.down_votes,
    )  # fmt: skip


async def find_adopted(session: ReadSession, wanted: Sequence[UUID], named: Sequence[Name]) -> list[Any]:
    """Which of these comments are here, by id or by the name they were carried in with: id, article, source and external id."""
    columns = select(Comment.id, Comment.article_id, CommentSource.source, CommentSource.external_id)
    found: list[Any] = []
    if wanted:
        found += (await session.execute(columns.outerjoin(CommentSource).where(Comment.id.in_(wanted)))).all()
    if named:
        mine = tuple_(CommentSource.source, CommentSource.external_id).in_(named)
        found += (await session.execute(columns.join(CommentSource).where(mine))).all()
    return found
