"""How the log hears of comments."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.articles.models import Article, CommentThread
from app.articles.working_copy.settling import announce_discussion
from app.comments import queries
from app.comments.models import Comment
from app.comments.schemas import comment_id
from app.core import clock, ids
from app.core.database import WriteSession
from app.events.actions import record
from app.events.models import READER, SYSTEM, Actor, Happening
from app.events.versions import Content


def content(comment: Comment) -> Content:
    """What can be edited of a comment, as its history keeps it; the address of its author is not for history."""
    return {"author": {"name": comment.author_name}, "body": comment.body}


async def announce(
    session: WriteSession, thread: CommentThread, comment: Comment, what: str, by: Actor, *, concerns_readers: bool,
    changed: tuple[str, ...], turned: Sequence[Any] = (), stands: queries.Standing | None = None, details: Content | None = None,
) -> None:  # fmt: skip
    """Log what happened: for everybody where readers see the difference, else for those who see what readers do not.

    What appeared or vanished with it, above or below, is told of each. How the article `stands` is asked, unless somebody has.
    """
    if concerns_readers or turned:
        thread.version += 1
    stands = stands or await queries.standing(session, thread, clock.now())
    own = _happening(f"comment.{what}", thread, comment, by, stands, public=stands.public and concerns_readers)
    record(session, replace(own, changed=changed, snapshot=content(comment), details=details))
    for other in turned:
        turn = "comment.shown" if other.visible else "comment.hidden"
        record(session, _happening(turn, thread, other, by, stands, public=stands.public))


async def announce_vote(session: WriteSession, thread: CommentThread, comment: Comment, at: datetime) -> None:
    """Log that the votes of a comment that readers see are others; nothing but its discussion reads differently, and nobody is named."""
    thread.version += 1
    stands = await queries.standing(session, thread, at)
    told = _happening("comment.voted", thread, comment, READER, stands, public=stands.public)
    record(session, replace(told, tags=told.tags[:2]))


async def announce_recount(session: WriteSession, thread: CommentThread, mended: Mapping[UUID, Collection[str]], at: datetime) -> None:
    """Log that counters were wrong and are right now: of each comment that is `mended`, in these columns, and of its discussion."""
    thread.version += 1
    await announce_discussion(session, await session.get_one(Article, thread.article_id), SYSTEM)
    stands = await queries.standing(session, thread, at)
    wanted = select(Comment).where(Comment.id.in_(mended)).order_by(Comment.path)
    for comment in await session.scalars(wanted, execution_options={"populate_existing": True}):
        seen = comment.visible or "visible" in mended[comment.id]
        record(session, _happening("comment.recounted", thread, comment, SYSTEM, stands, public=stands.public and seen))


def _happening(kind: str, thread: CommentThread, comment: Any, by: Actor, stands: queries.Standing, *, public: bool) -> Happening:
    article = ids.encode("art", thread.article_id)
    tags = (f"comment:{comment_id(comment.id)}", f"comments:{article}", f"article:{article}") if public else ()
    parent = None if comment.parent_id is None else comment_id(comment.parent_id)
    data: dict[str, Any] = {
        "article": article, "parent": parent, "status": comment.status, "visible": comment.visible, "sections": list(stands.sections),
    }  # fmt: skip
    scope = None if public else "comments:read"
    return Happening(kind, "comment", comment.id, by, tags, scope=scope, version=comment.version, data=data, thread=thread.article_id)
