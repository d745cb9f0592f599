"""Articles as the newsroom refers to them, whatever their standing: in `related`, as originals of translations, in lists of its own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, true

from app.articles import queries, reach
from app.articles.models import Article, Publication
from app.articles.records import References, Wire, article_id
from app.articles.visibility import standing
from app.core import ids
from app.core.database import ReadSession
from app.core.models import table_of
from app.core.refs import Ref
from app.sections.models import Section

Stubs = dict[str, Wire]
OUTSIDE = "outside"
"""The status of what the caller's key does not reach."""
_COLUMNS = [column for column in table_of(Article).c if column.key not in {"body", "body_source"}]
"""All but what is long. No object of the session is made of them: it would stand there without its body, in the way of a change."""


async def stubs_of(session: ReadSession, articles: Collection[UUID], at: datetime) -> Stubs:
    """What is known of these articles, by id on the wire; two statements, and none where there are none."""
    if not articles:
        return {}
    within = reach.within(Article.section_id)
    columns = (*_COLUMNS, Section.path, (true() if within is None else within).label("within"))
    statement = select(*columns).outerjoin(Section, Section.id == Article.section_id).where(Article.id.in_(articles))
    rows: Sequence[Any] = (await session.execute(statement)).all()
    history = await queries.histories_of(session, [row.id for row in rows])
    return {article_id(row.id): _stub(row, standing(row, history[row.id], at).status) for row in rows}


def _stub(row: Any, status: str) -> Wire:
    if not row.within:
        return _nothing(article_id(row.id), OUTSIDE)
    return {
        "id": article_id(row.id), "headline": row.headline, "slug": row.slug, "path": f"{row.path or ''}/{row.slug}",
        "language": row.language, "status": status,
    }  # fmt: skip


def stub_in(stubs: Stubs, ref: str) -> Wire:
    """The stub of `ref`; of what was deleted for good only the id is left."""
    return stubs.get(ref) or _nothing(ref, "gone")


def _nothing(ref: str, status: str) -> Wire:
    """An article of which no more is told."""
    return {"id": ref, "headline": None, "slug": None, "path": None, "language": None, "status": status}


async def complete(session: ReadSession, copies: Sequence[tuple[Article, References]], at: datetime) -> None:
    """Enter the articles that working copies refer to into what is known of each."""
    mine = [(refs, _referred(article)) for article, refs in copies]
    wanted = {target for _, referred in mine for one in referred if (target := ids.decode("art", one)) is not None}
    stubs = await stubs_of(session, wanted, at)
    for refs, referred in mine:
        refs.articles.update({one: stub_in(stubs, one) for one in referred})


def _referred(article: Article) -> list[str]:
    original = [] if article.translation_of is None else [article_id(article.translation_of)]
    return [*original, *(one["article"] for one in article.related or [])]


@dataclass(frozen=True, slots=True)
class Target:
    """An article that a reference leads to, and the one that it translates."""

    id: UUID
    translation_of: UUID | None


async def find_articles(session: ReadSession, texts: Iterable[str]) -> dict[str, Target]:
    """The articles behind references: by id, by the slug of the working copy, or by one that it was published under.

    Two statements at most, and none where nothing is named.
    """
    refs = [Ref.of("art", text) for text in dict.fromkeys(texts)]
    if not refs:
        return {}
    slugs = {ref.slug for ref in refs if ref.slug is not None}
    former: dict[str, UUID] = {}
    if slugs:
        published = select(Publication.slug, Publication.article_id).where(Publication.slug.in_(slugs)).distinct()
        former = {row.slug: row.article_id for row in await session.execute(published)}
    wanted = {*former.values(), *(ref.id for ref in refs if ref.id is not None)}
    columns = select(Article.id, Article.slug, Article.translation_of)
    rows = (await session.execute(columns.where(or_(Article.id.in_(wanted), Article.slug.in_(slugs))))).all()
    by_id = {row.id: Target(row.id, row.translation_of) for row in rows}
    by_slug = {row.slug: by_id[row.id] for row in rows}
    by_slug = {**{slug: by_id[one] for slug, one in former.items() if one in by_id}, **by_slug}
    found = {ref.text: by_id.get(ref.id) if ref.id else by_slug.get(ref.slug or "") for ref in refs}
    return {text: target for text, target in found.items() if target is not None}
