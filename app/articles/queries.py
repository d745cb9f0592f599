"""Questions about articles. Nothing here changes anything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased, defer

from app.articles import reach
from app.articles.discussing import Discussion
from app.articles.errors import ArticleNotFound
from app.articles.filters import WORKING
from app.articles.models import Article, ArticleAssignee, CommentThread, Publication
from app.articles.records import References, Wire, stub
from app.authors.models import Author
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Asked, Lookup
from app.core.models import ByteText, table_of
from app.core.pagination import Statement
from app.core.refs import Ref
from app.core.rows import adopt
from app.discussion.queries import said_above
from app.events.models import NAMES_SEQ
from app.sections.models import Section
from app.sections.queries import below
from app.tags.models import Tag

_HOME = aliased(Section)
ABOVE = said_above(Article.section_id)
"""What is said above a working copy of its discussion."""


_FORMERLY = select(Publication.article_id).where(Publication.slug == bindparam("slug", type_=ByteText))
_BY_ID, _BY_SLUG = (
    (statement, statement.with_for_update(key_share=True))
    for statement in (
        select(Article).where(Article.id == bindparam("id", type_=Uuid())),
        select(Article).where(or_(Article.slug == bindparam("slug", type_=ByteText), Article.id.in_(_FORMERLY))),
    )
)
"""How an article is found: to be read, and to be changed."""


async def get_article(session: ReadSession, text: str, *, for_change: bool = False) -> Article:
    """The working copy behind `text`: by id, by its own slug, or by one that readers have seen it under.

    Raises ArticleNotFound, and OutsideSections where the caller's key keeps to others: whoever finds an article here may work on it.
    """
    ref = Ref.of("art", text)
    known = _BY_ID if ref.id else _BY_SLUG
    article = (await session.scalars(known[for_change], {"id": ref.id} if ref.id else {"slug": ref.slug})).first()
    return await _reached(session, article, text)


async def _reached(session: ReadSession, article: Article | None, text: str) -> Article:
    if article is None:
        raise ArticleNotFound(f"There is no article {text}.")
    await reach.demand(session, article, text)
    return article


_LOCKED = Lookup(
    select(*table_of(Article).c).where(table_of(Article).c.id == bindparam("article", type_=Uuid())).with_for_update(key_share=True)
)


async def open_for_change(session: WriteSession, text: str) -> "tuple[Article, Surroundings]":
    """As `get_article`, locked for a change, with all that stands around it: by its id in one go."""
    ref = Ref.of("art", text)
    if ref.id is None or (Article, (ref.id,), None) in session.identity_map:
        article = await get_article(session, text, for_change=True)
        return article, await surroundings(session, article.id)
    mine = {"article": ref.id}
    rows, *near = await session.ask_all([(_LOCKED, mine), *_around(ref.id)])
    found = await _reached(session, adopt(session, Article, rows[0]) if rows else None, text)
    return found, _surrounding(near)


async def find_by_source(session: ReadSession, source: str, external_id: str) -> Article | None:
    """The working copy that was ingested under this name, locked for a change."""
    statement = select(Article).where(Article.source == source, Article.external_id == external_id).with_for_update(key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def get_by_source(session: ReadSession, source: str, external_id: str) -> Article:
    """The same, to be read; raises as `get_article`."""
    found = await session.scalars(select(Article).where(Article.source == source, Article.external_id == external_id))
    return await _reached(session, found.one_or_none(), f"{source}/{external_id}")


async def get_thread_for_change(session: WriteSession, article: UUID) -> CommentThread:
    """The discussion of an article, locked."""
    statement = select(CommentThread).where(CommentThread.article_id == article)
    return (await session.scalars(statement.with_for_update().execution_options(populate_existing=True))).one()


def _history(known: ColumnElement[bool]) -> Statement:
    columns = (
        Publication.id, Publication.article_id, Publication.visible_from, Publication.visible_until, Publication.content_version,
        Publication.published_at, Publication.first_published_at, Publication.updated_at, Publication.slug, Publication.refs,
        Publication.significance, Publication.kind, Publication.ordered_until, Publication.printed_at, Publication.withheld_until,
        Publication.translation_of,
    )  # fmt: skip
    return select(*columns).where(known).order_by(Publication.visible_from)


_HISTORIES = _history(Publication.article_id.in_(bindparam("articles", expanding=True, type_=Uuid())))
_HISTORY = Lookup(_history(Publication.article_id == bindparam("article", type_=Uuid())))
_THREAD = Lookup(
    select(*table_of(CommentThread).c, ABOVE)
    .join(Article, Article.id == CommentThread.article_id)
    .where(CommentThread.article_id == bindparam("article", type_=Uuid()))
)


async def histories_of(session: ReadSession, articles: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """All publications of several articles in the order of time, content apart, by article."""
    found: dict[UUID, list[Any]] = {article: [] for article in articles}
    for row in await session.execute(_HISTORIES, {"articles": articles}):
        found[row.article_id].append(row)
    return found


async def history_of(session: ReadSession, article: UUID) -> list[Any]:
    """The same of one article."""
    return await session.ask(_HISTORY, article=article)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What belongs to a working copy and stands in rows of its own."""

    references: References
    history: list[Any]
    discussion: Discussion


async def surroundings(session: ReadSession, article: UUID) -> Surroundings:
    """Everything around a working copy, in one go."""
    return _surrounding(await session.ask_all(_around(article)))


def _around(article: UUID) -> list[Asked]:
    mine = {"article": article}
    return [(_STUBS_OF_ONE, mine), (_HISTORY, mine), (_THREAD, mine)]


def _surrounding(found: Sequence[Sequence[Any]]) -> Surroundings:
    stubs, history, threads = found
    return Surroundings(_entered(stubs), list(history), Discussion.of(threads[0], threads[0].said_above))


_AT_HOME = bindparam("home", type_=Uuid())
_WAY_HOME = Lookup(
    select(Section.name, Section.path)
    .join(_HOME, or_(Section.path == _HOME.path, below(Section.path, _HOME.path)))
    .where(_HOME.id == _AT_HOME).order_by(func.length(Section.path))
)  # fmt: skip
_SAID_AT_HOME = Lookup(select(said_above(_AT_HOME), NAMES_SEQ))


def around_new(home: UUID | None) -> list[Asked]:
    """What is to be asked for `surroundings_of_new`."""
    return [(_WAY_HOME, {"home": home}), (_SAID_AT_HOME, {"home": home})]


def names_seq_of_new(found: Sequence[Sequence[Any]]) -> int:
    """At which number of the log that was found: what was known of names at an earlier one may be so no more."""
    seq: int = found[1][0].names_seq
    return seq


def surroundings_of_new(known: References, thread: CommentThread, found: Sequence[Sequence[Any]]) -> Surroundings:
    """The same of a working copy that has just been made, of what it refers to and what was `found` of its place."""
    way, said = found
    known.crumbs.extend(_crumb(row) for row in way)
    return Surroundings(known, [], Discussion.of(thread, said[0].said_above))


async def references_of(session: ReadSession, owners: Sequence[UUID]) -> dict[UUID, References]:
    """The stubs that working copies refer to, by owner: all kinds in one statement."""
    found = {owner: References() for owner in owners}
    if owners:
        for row in await session.execute(_STUBS, {"owners": owners}):
            _enter(found[row.owner_id], row)
    return found


async def references(session: ReadSession, article: UUID) -> References:
    """The same of one working copy."""
    return _entered(await session.ask(_STUBS_OF_ONE, article=article))


def _entered(rows: Sequence[Any]) -> References:
    found = References()
    for row in rows:
        _enter(found, row)
    return found


def _enter(refs: References, row: Any) -> None:
    if row.kind == "crumb":
        refs.crumbs.append(_crumb(row))
    elif row.kind == "section":
        refs.sections.append(stub("sec", row))
    elif row.kind == "author":
        refs.authors.append({**stub("aut", row), "role": row.role})
    elif row.kind == "assignee":
        refs.assignees.append(row.name)
    else:
        refs.tags.append(stub("tag", row))


def _crumb(row: Any) -> Wire:
    return {"name": row.name, "path": row.path}


def _stubs(among: Callable[[Any], ColumnElement[bool]]) -> CompoundSelect[*tuple[Any, ...]]:
    view, sections, authors, tags, assignees = WORKING, WORKING.sections, WORKING.authors, WORKING.tags, ArticleAssignee
    above = or_(Section.path == _HOME.path, below(Section.path, _HOME.path))
    nothing, place = type_coerce(null(), Text()), (*_named(Section), Section.path)
    parts = (
        select(_kind("section").label("kind"), sections.owner_id, sections.position, nothing.label("role"), *place)
        .join(Section, Section.id == sections.section_id).where(among(sections.owner_id)),
        select(_kind("crumb"), view.owner, func.length(Section.path), nothing, *place)
        .join(_HOME, _HOME.id == view.table.section_id).join(Section, above).where(among(view.owner)),
        select(_kind("author"), authors.owner_id, authors.position, authors.role, *_named(Author), nothing)
        .join(Author, Author.id == authors.author_id).where(among(authors.owner_id)),
        select(_kind("tag"), tags.owner_id, tags.position, nothing, *_named(Tag), nothing)
        .join(Tag, Tag.id == tags.tag_id).where(among(tags.owner_id)),
        select(
            _kind("assignee"), assignees.owner_id, assignees.position, nothing, type_coerce(null(), Uuid()), assignees.name, nothing,
            nothing,
        ).where(among(assignees.owner_id)),
    )  # fmt: skip
    return union_all(*parts).order_by("kind", "position")


def _kind(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'", Text())


def _named(model: Any) -> tuple[Any, Any, Any]:
    return model.id, model.name, model.slug


_STUBS = _stubs(lambda owner: owner.in_(bindparam("owners", expanding=True, type_=Uuid())))
_STUBS_OF_ONE = Lookup(_stubs(lambda owner: owner == bindparam("article", type_=Uuid())))


def listed(parts: Sequence[ColumnElement[bool]], *, with_body: bool) -> Statement:
    """Working copies with their discussions, and what is said above those."""
    statement: Statement = select(Article, CommentThread, ABOVE).join(CommentThread, CommentThread.article_id == Article.id).where(*parts)
    left_out = [Article.body_source] if with_body else [Article.body_source, Article.body]
    return statement.options(*(defer(column, raiseload=True) for column in left_out))


async def count(session: ReadSession, statement: Statement, *, at_most: int | None) -> int:
    """How many rows `statement` has; with `at_most`, counting stops there."""
    inner = statement.with_only_columns(literal(1)).order_by(None).limit(at_most).subquery()
    return (await session.execute(select(func.count()).select_from(inner))).scalar_one()
