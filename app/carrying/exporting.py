"""Comments as they are at one moment, parents before their replies."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.articles.models import Article
from app.carrying import disqus_writing, lines
from app.comments.models import Comment, CommentSource
from app.core.database import ReadSession

_BATCH = 200
_COLUMNS: tuple[Any, ...] = (
    Comment.id, Comment.article_id, Comment.parent_id, Comment.reply_to_id,
    Comment.author_name, Comment.author_kind, Comment.author_badge,
    Comment.body,
    Comment.html, Comment.status, Comment.open, Comment.created_at, Comment.edited_at, Comment.up_votes, Comment.down_votes,
    CommentSource.source, CommentSource.external_id, Article.slug, Article.headline,
)  # fmt: skip


async def as_lines(session: ReadSession, article: UUID | None = None) -> AsyncIterator[tuple[int, bytes]]:
    """Every comment as a line of JSON, in pieces, with how many comments are in each; the session sees one moment."""
    async for rows in _batches(session, _all(article)):
        yield len(rows), b"".join(lines.written(row) for row in rows)


async def as_disqus(session: ReadSession, article: UUID | None = None) -> AsyncIterator[tuple[int, bytes]]:
    """The comments that readers can reach, as the XML of Disqus, which has no word for the others."""
    reached = _all(article).where(Comment.visible)
    yield 0, disqus_writing.HEAD
    columns: tuple[Any, ...] = (Article.id, Article.slug, Article.headline, Article.created_at)
    discussed = select(*columns).where(Article.id.in_(_ids(reached)))
    async for rows in _batches(session, discussed.order_by(Article.id)):
        yield 0, b"".join(disqus_writing.thread(row) for row in rows)
    async for rows in _batches(session, reached):
        yield len(rows), b"".join(disqus_writing.post(row) for row in rows)
    yield 0, disqus_writing.FOOT


def _all(article: UUID | None) -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS).join(Article, Article.id == Comment.article_id)
    statement = statement.outerjoin(CommentSource, CommentSource.comment_id == Comment.id)
    return (statement if article is None else statement.where(Comment.article_id == article)).order_by(Comment.article_id, Comment.path)


def _ids(comments: Select[Any]) -> Select[Any]:
    return comments.with_only_columns(Comment.article_id).order_by(None)


async def _batches(session: ReadSession, statement: Select[Any]) -> AsyncIterator[Any]:
    async for rows in (await session.stream(statement.execution_options(yield_per=_BATCH))).partitions():
        yield rows
