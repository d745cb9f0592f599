"""Letting go of articles for good. Rules live here; commits do not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.articles import queries as articles
from app.articles.models import Article, CommentThread, LivePosting, Publication
from app.articles.publications.takedown import all_tags
from app.articles.shown.places import sections_in
from app.articles.shown.tags import article_happening
from app.articles.working_copy import content as contents
from app.comments.errand_models import CommentErrand
from app.comments.models import Comment, ModerationAction
from app.comments.signal_models import CommentSignal
from app.comments.votes import CommentVote
from app.core import clock
from app.core.database import Database, WriteSession
from app.core.search_index import SearchEntry
from app.events.actions import record
from app.events.forgetting import forget_addresses, forget_snapshots
from app.events.models import SYSTEM, Actor
from app.events.versions import check_version
from app.screening.models import BayesLesson, CommentMark
from app.trash.errors import ArticleNotInTrash

SCOPE = "articles:purge"
_BATCH = 50


async def purge(session: WriteSession, article: Article, *, by: Actor, if_match: int | None) -> None:
    """Let go of an article in the trash for good: its rows, what readers ever saw of it, its discussion, its history, its links.

    The log goes on saying that there was one, and what was done to it, without its words. Its slugs are free again. Other articles may
    go on referring to its id; nothing stands behind that any more.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    if article.deleted_at is None:
        raise ArticleNotInTrash
    rows = await articles.history_of(session, article.id)
    seen = [row for row in rows if row.visible_from <= min(article.deleted_at, article.taken_down_at or article.deleted_at)]
    sections = sections_in(await contents.content_of(session, article))
    happening = article_happening("article.purged", article, by, public=bool(seen), tags=all_tags(article, seen), sections=sections)
    comments = select(Comment.id).where(Comment.article_id == article.id)
    await forget_snapshots(session, [article.id])
    await forget_snapshots(session, comments)
    await forget_addresses(session, article.id)
    await _delete_rows(session, article.id)
    session.expunge(article)
    record(session, happening)


async def _delete_rows(session: WriteSession, article: UUID) -> None:
    """Delete everything that belongs to the article; what hangs on its row by a foreign key that cascades goes with it.

    Its discussion is locked before, the thread first as everywhere: else somebody might hang a vote or what a check says on a comment of
    which these are gone already.
    """
    await articles.get_thread_for_change(session, article)
    await session.execute(select(Comment.id).where(Comment.article_id == article).order_by(Comment.id).with_for_update())
    publications = select(Publication.id).where(Publication.article_id == article)
    comments = select(Comment.id).where(Comment.article_id == article)
    postings = select(LivePosting.id).where(LivePosting.article_id == article)
    statements: list[Any] = [
        *(delete(SearchEntry).where(SearchEntry.owner_id.in_(owners)) for owners in ([article], publications, postings)),
        delete(ModerationAction).where(ModerationAction.comment_id.in_(comments)),
        delete(CommentErrand).where(CommentErrand.comment_id.in_(comments)),
        delete(CommentVote).where(CommentVote.comment_id.in_(comments)),
        delete(CommentSignal).where(CommentSignal.comment_id.in_(comments)),
        delete(BayesLesson).where(BayesLesson.comment_id.in_(comments)),
        delete(CommentMark).where(CommentMark.comment_id.in_(comments)),
        delete(Comment).where(Comment.article_id == article),
        delete(CommentThread).where(CommentThread.article_id == article),
        delete(Publication).where(Publication.article_id == article),
        delete(Article).where(Article.id == article),
    ]
    for statement in statements:
        await session.execute(statement.execution_options(synchronize_session=False))


async def empty(database: Database, days: int) -> int:
    """Purge what was put into the trash longer than `days` ago, an article a transaction; how many they were."""
    before, purged = clock.now() - timedelta(days=days), 0
    while True:
        async with database.reading() as session:
            old = select(Article.id).where(Article.deleted_at < before).order_by(Article.deleted_at).limit(_BATCH)
            found = (await session.scalars(old)).all()
        for article_id in found:
            async with database.writing() as session:
                mine = select(Article).where(Article.id == article_id, Article.deleted_at < before).with_for_update()
                article = (await session.scalars(mine)).one_or_none()
                if article is not None:  # Somebody may have restored it meanwhile.
                    await purge(session, article, by=SYSTEM, if_match=None)
                    purged += 1
        if len(found) < _BATCH:
            return purged
