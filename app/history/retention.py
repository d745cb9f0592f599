"""How long revisions are kept. What the working copy is, and what readers see or are to see, is never forgotten."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select

from app.articles.models import Article, Publication
from app.articles.working_copy.revisions import ArticleContent, Revision
from app.core import clock
from app.core.database import Database, ReadSession, WriteSession
from app.core.pagination import Statement

_BATCH = 200
Numbered = tuple[UUID, int]


async def forget(database: Database, *, days: int, most: int) -> int:
    """Forget revisions that were replaced more than `days` ago, and of each article those behind the newest `most`; how many they were.

    0 sets no bound. A content goes with the last revision that has it.
    """
    forgotten = 0
    while days and (found := await _replaced_before(database, days)):
        forgotten += await _forget(database, found)
    last: UUID | None = None
    while most and (articles := await _longest(database, most, last)):
        forgotten += await _forget(database, await _behind(database, articles, most))
        last = articles[-1]
    return forgotten


def _is_free() -> ColumnElement[bool]:
    """Whether a revision was replaced, and no reader sees it or will; what is withheld from them may come back."""
    now = clock.now()
    ahead = or_(Publication.visible_until > now, Publication.withheld_until > now)
    shown = exists().where(Publication.article_id == Revision.article_id, Publication.content_version == Revision.number, ahead)
    return Revision.replaced_at.is_not(None) & ~shown


async def _replaced_before(database: Database, days: int) -> list[Numbered]:
    old = select(Revision.article_id, Revision.number).where(Revision.replaced_at < clock.now() - timedelta(days=days), _is_free())
    async with database.reading(patiently=True) as session:
        return await _numbered(session, old.limit(_BATCH))


async def _longest(database: Database, most: int, last: UUID | None) -> Sequence[UUID]:
    """Articles behind `last` that have more than `most` revisions."""
    counted = select(Revision.article_id).group_by(Revision.article_id).having(func.count() > most)
    counted = counted if last is None else counted.where(Revision.article_id > last)
    async with database.reading(patiently=True) as session:
        return (await session.scalars(counted.order_by(Revision.article_id).limit(_BATCH))).all()


async def _behind(database: Database, articles: Sequence[UUID], most: int) -> list[Numbered]:
    found: list[Numbered] = []
    async with database.reading(patiently=True) as session:
        for article in articles:
            newest = select(Revision.number).where(Revision.article_id == article).order_by(Revision.number.desc())
            edge = newest.offset(most - 1).limit(1).scalar_subquery()
            rest = select(Revision.article_id, Revision.number).where(Revision.article_id == article, Revision.number < edge, _is_free())
            found += await _numbered(session, rest)
    return found


async def _numbered(session: ReadSession, statement: Statement) -> list[Numbered]:
    return [(row.article_id, row.number) for row in await session.execute(statement)]


async def _forget(database: Database, revisions: Sequence[Numbered]) -> int:
    by_article: dict[UUID, list[int]] = {}
    for article, number in sorted(revisions):
        by_article.setdefault(article, []).append(number)
    for article, numbers in by_article.items():
        async with database.writing() as session:
            await _forget_some(session, article, numbers)
    return len(revisions)


async def _forget_some(session: WriteSession, article: UUID, numbers: Sequence[int]) -> None:
    """Under the article's lock: a change that goes on beside this may have just found a content that it need not keep again."""
    await session.execute(select(Article.id).where(Article.id == article).with_for_update(key_share=True))
    await session.execute(delete(Revision).where(Revision.article_id == article, Revision.number.in_(numbers)))
    used = exists().where(Revision.article_id == ArticleContent.article_id, Revision.digest == ArticleContent.digest)
    await session.execute(delete(ArticleContent).where(ArticleContent.article_id == article, ~used))
