"""Questions about what articles once were."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Uuid, bindparam, select

from app.articles import queries as articles
from app.articles.models import Article
from app.articles.visibility import shown_at
from app.articles.working_copy import revisions
from app.articles.working_copy.content import content_of
from app.articles.working_copy.revisions import ArticleContent, Revision
from app.core import clock
from app.core.database import Database, ReadSession
from app.core.lookups import Lookup
from app.core.pagination import Keyset
from app.history.errors import RevisionNotFound

NEWEST_FIRST = Keyset((Revision.number,), descending=True)
_SUMMARY = (
    Revision.id, Revision.number, Revision.at, Revision.actor_kind, Revision.actor_id, Revision.actor_name, Revision.request_id,
    Revision.message, Revision.changed, Revision.restored_from, Revision.replaced_by,
)  # fmt: skip
_AT = Lookup(
    select(*_SUMMARY, ArticleContent.content)
    .join(ArticleContent, Revision.kept_as())
    .where(Revision.article_id == bindparam("article", type_=Uuid()), Revision.number <= bindparam("version", type_=BigInteger()))
    .order_by(Revision.number.desc())
    .limit(1)
)


async def get_article(database: Database, session: ReadSession, ref: str) -> Article:
    """The working copy behind `ref`, with all that is known of its history in its place; raises ArticleNotFound.

    What a process of an older version noted meanwhile is moved there when it is first met.
    """
    article = await articles.get_article(session, ref)
    if not await revisions.is_settled(session, article):
        async with database.writing() as writing:
            locked = await articles.get_article(writing, ref, for_change=True)
            await revisions.settle(writing, locked, await content_of(writing, locked))
    return article


async def published_number(session: ReadSession, article: Article) -> int | None:
    """The number of the revision that readers see now."""
    shown = shown_at(await articles.history_of(session, article.id), clock.now())
    return None if shown is None else int(shown.content_version)


async def list_revisions(session: ReadSession, article: Article, position: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """The article's revisions, the newest first, without their contents."""
    known = select(*_SUMMARY).where(Revision.article_id == article.id)
    return (await session.execute(NEWEST_FIRST.after(known, position).limit(limit))).all()


async def get_revisions(session: ReadSession, article: Article, *versions: int) -> list[Any]:
    """What the article was at each of these versions, with its content; raises RevisionNotFound where that is not known."""
    found = await session.ask_all([(_AT, {"article": article.id, "version": version}) for version in versions])
    return [_known(rows, article, version) for rows, version in zip(found, versions, strict=True)]


def _known(rows: Sequence[Any], article: Article, version: int) -> Any:
    if version > article.version:
        raise RevisionNotFound(f"The article is at version {article.version}; there is no {version} yet.")
    if not rows or (rows[0].replaced_by is not None and rows[0].replaced_by <= version):
        raise RevisionNotFound(f"What the article was at version {version} is forgotten.")
    return rows[0]
