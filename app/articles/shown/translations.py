"""The same article in several languages: a group is an original and all that name it in `translation_of`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, func, or_, select

from app.articles.models import Article, Publication
from app.articles.records import Wire, article_id
from app.articles.shown import stubs
from app.articles.shown.reading import Reading
from app.articles.shown.tags import reference_tag
from app.articles.shown.walks import AT
from app.articles.visibility import visible_at
from app.core.database import ReadSession
from app.core.lookups import Lookup
from app.sections.models import Section

_WHOSE, _ORIGINAL = bindparam("article", type_=Uuid()), bindparam("original", type_=Uuid())
_ORIGINAL_OF = Lookup(
    select(func.coalesce(Publication.translation_of, Publication.article_id).label("id")).where(
        Publication.article_id == _WHOSE, visible_at(AT)
    )
)
_MEMBERS = Lookup(
    select(
        Publication.article_id, Publication.language, Publication.headline, Publication.slug, Publication.canonical_url,
        Publication.section_id, Section.path,
    )
    .outerjoin(Section, Section.id == Publication.section_id)
    .where(or_(Publication.article_id == _ORIGINAL, Publication.translation_of == _ORIGINAL), visible_at(AT))
    .order_by(Publication.language, Publication.article_id)
)  # fmt: skip


async def published(reading: Reading, article: UUID, at: datetime) -> tuple[list[Wire], list[str]]:
    """What readers see of the group of a public article, by language, and the tags of that; two statements, of the past three at most."""
    found = await reading.lookups.all(_ORIGINAL_OF, article=article, at=at)
    original = found[0].id if found else article
    rows = await reading.lookups.all(_MEMBERS, original=original, at=at)
    if reading.past is not None:
        rows = [row._replace(path=await reading.book.path_of(reading.lookups, row.section_id)) for row in rows]
    tags = [reference_tag(original), "taxonomy", *(f"article:{article_id(row.article_id)}" for row in rows)]
    return [_member(row, original) for row in rows], tags


def _member(row: Any, original: UUID) -> Wire:
    path = f"{row.path or ''}/{row.slug}"
    return {
        "id": article_id(row.article_id), "language": row.language, "headline": row.headline, "slug": row.slug, "path": path,
        "canonical_url": row.canonical_url, "href": row.canonical_url or path, "original": row.article_id == original,
        "status": "published",
    }  # fmt: skip


async def working(session: ReadSession, article: Article, at: datetime) -> list[Wire]:
    """The working copies of the group that the caller may work on, by language, whatever their standing."""
    original = article.translation_of or article.id
    mine: ColumnElement[bool] = or_(Article.id == original, Article.translation_of == original)
    statement = select(Article.id, Article.canonical_url).where(mine).order_by(Article.language, Article.id)
    rows: Sequence[Any] = (await session.execute(statement)).all()
    known = await stubs.stubs_of(session, [row.id for row in rows], at)
    found = [(row, stub) for row in rows if (stub := stubs.stub_in(known, article_id(row.id)))["status"] != stubs.OUTSIDE]
    return [
        {
            **{name: stub[name] for name in ("id", "language", "headline", "slug", "path")}, "canonical_url": row.canonical_url,
            "href": row.canonical_url or stub["path"], "original": row.id == original, "status": stub["status"],
        }
        for row, stub in found
    ]  # fmt: skip
