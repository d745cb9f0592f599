"""A list of articles, from what was asked to what is answered, in a number of statements that does not grow with the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, union_all

from app.articles import inclusions, queries, records
from app.articles.filters import (
    PUBLISHED,
    REFERRING,
    VIEWS,
    ArticleFilters,
    ArticleListing,
    View,
    conditions,
    faults_of_view,
    split_name,
    values,
)
from app.articles.models import Publication
from app.articles.picking import read_fields, read_include, unknown
from app.articles.schemas import Kind
from app.articles.visibility import standing
from app.authors.models import Author
from app.body import outline as bodies
from app.body import render
from app.core.aliases import Alias
from app.core.database import ReadSession
from app.core.errors import Fault, InvalidParameter
from app.core.fulltext import Query, highlight, parse_query
from app.core.pagination import Keyset, Page, Pager, Statement, cut
from app.core.refs import Ref
from app.core.search_index import SearchEntry, matches, tier
from app.sections.models import Section
from app.tags.models import Tag

KINDS = get_args(Kind)
_COUNTED_AT_MOST = 10_000
_SNIPPET = 200
_MODELS: dict[str, tuple[str, Any]] = {"section": ("sec", Section), "author": ("aut", Author), "tag": ("tag", Tag)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a list, checked."""

    view: View
    given: dict[str, Any]
    query: Query | None
    sort: str
    include: list[str]
    fields: list[str]


def read_request(filters: ArticleFilters, listing: ArticleListing) -> Asked:
    """What the parameters ask for; raises InvalidParameter naming every one that makes no sense."""
    view, given = VIEWS[listing.view], filters.given()
    faults = faults_of_view(view, given)
    query = parse_query(listing.q) if listing.q is not None else None
    if listing.q is not None and not query:
        faults.append(Fault("empty", "There is no word in it to look for.", parameter="q"))
    sort = listing.sort or ("-relevance" if query else view.default_sort)
    sorts = [*view.moments, *(["relevance"] if query else [])]
    if sort.removeprefix("-") not in sorts:
        faults.append(Fault("sort", f"This list can be sorted by {', '.join(sorts)}.", parameter="sort"))
    faults += [
        unknown(name, value, KINDS) for name in ("kind", "kind[ne]") for value in values(given.get(name) or "") if value not in KINDS
    ]
    include = read_include(listing.include, faults)
    fields = read_fields(listing.fields, faults, view=view.name, whole=False, include=include)
    if faults:
        raise InvalidParameter(errors=faults)
    return Asked(view, given, query, sort, include, fields)


async def list_articles(session: ReadSession, asked: Asked, listing: ArticleListing, *, at: datetime, key: bytes) -> Page[records.Wire]:
    """The page that was asked for, in wire form; raises InvalidParameter where a reference leads nowhere, CursorMismatch."""
    view = asked.view
    found = await _resolve(session, asked.given)
    parts = conditions(view, asked.given, found, at)
    statement = queries.listed(view, parts, at, with_body=bool({"body", "body_html", "body_text"} & set(asked.include)))
    keyset, statement = _ordered(asked, statement)
    pager = Pager(
        key,
        f"articles {view.name} {sorted((name, str(value)) for name, value in asked.given.items())} {listing.q!r} {asked.sort}",
    )
    position = pager.decode(listing.cursor) if listing.cursor else None
    total = await _count(session, statement, listing.count)
    wanted = keyset.after(statement.add_columns(*keyset.columns), position).limit(listing.limit + 1)
    rows = (await session.execute(wanted)).all()
    page = cut(rows, listing.limit, pager, lambda row: list(row[2:]), total)
    return Page(await _wire(session, asked, listing, page.rows, at), page.limit, page.next_cursor, page.total)


async def _resolve(session: ReadSession, given: Mapping[str, Any]) -> dict[str, list[UUID]]:
    """The ids behind every reference of every filter, in one statement."""
    wanted = {name: values(value) for name, value in given.items() if split_name(name)[0] in REFERRING}
    if not wanted:
        return {}
    deep = given.get("descendants", True)
    parts = [_lookup(name, text, deep=deep) for name, texts in wanted.items() for text in texts]
    rows = (await session.execute(union_all(*parts))).all()
    found: dict[str, list[UUID]] = {name: [row.id for row in rows if row.name == name] for name in wanted}
    reached = {(row.name, row.ref) for row in rows}
    missing = [(name, text) for name, texts in wanted.items() for text in texts if (name, text) not in reached]
    if missing:
        raise InvalidParameter(
            errors=[Fault("unknown_reference", f"There is no {split_name(name)[0]} {text[:60]}.", parameter=name) for name, text in missing]
        )
    return found


def _lookup(name: str, text: str, *, deep: bool) -> Statement:
    kind = split_name(name)[0]
    prefix, model = _MODELS[kind]
    ref = Ref.of(prefix, text)
    former = select(Alias.target_id).where(
        Alias.kind == kind, Alias.address == (ref.path or (f"/{ref.slug}" if kind == "section" else ref.slug))
    )
    here: ColumnElement[bool] = model.id == ref.id if ref.id else model.id.in_(former)
    if ref.path:
        here |= model.path == ref.path
    elif ref.slug:
        here |= model.slug == ref.slug
    if kind == "section" and deep:
        top = select(model.path).where(here).subquery()
        return select(literal(name).label("name"), literal(text).label("ref"), Section.id).join(
            top, (Section.path == top.c.path) | _below(top.c.path)
        )
    return select(literal(name).label("name"), literal(text).label("ref"), model.id).where(here)


def _below(path: Any) -> ColumnElement[bool]:
    below: ColumnElement[bool] = (Section.path > path + "/") & (Section.path < path + "0")
    return below


def _ordered(asked: Asked, statement: Statement) -> tuple[Keyset, Statement]:
    view, name = asked.view, asked.sort.removeprefix("-")
    descending = asked.sort.startswith("-")
    if asked.query is not None:
        statement = statement.join(SearchEntry, SearchEntry.owner_id == view.owner).where(matches(asked.query))
        if name == "relevance":
            newest = getattr(view.table, view.moments[0])
            return Keyset((tier(asked.query), newest, view.article), descending), statement
    return Keyset((getattr(view.table, name), view.article), descending), statement


async def _count(session: ReadSession, statement: Statement, how: str | None) -> int | None:
    return None if how is None else await queries.count(session, statement, at_most=_COUNTED_AT_MOST if how == "estimated" else None)


async def _wire(session: ReadSession, asked: Asked, listing: ArticleListing, rows: Sequence[Any], at: datetime) -> list[records.Wire]:
    view = asked.view
    refs = await queries.references_of(session, view, [row[0].id for row in rows])
    articles = [_article_of(row[0]) for row in rows]
    extra = await inclusions.load(session, asked.include, articles, at)
    history = {} if view is PUBLISHED else await queries.publications_of(session, articles)
    found = []
    for row in rows:
        record, thread = row[0], row[1]
        if view is PUBLISHED:
            wire = records.published(record, refs[record.id], thread, at)
        else:
            wire = records.working(record, refs[record.id], thread, standing(record, history[record.id], at), at)
        if asked.query is not None and listing.highlight:
            wire["highlight"] = _highlights(record, asked.query)
        found.append(records.pick(add_included(wire, record, asked.include, extra), asked.fields))
    return found


def _article_of(row: Any) -> UUID:
    found: UUID = row.article_id if isinstance(row, Publication) else row.id
    return found


def add_included(wire: records.Wire, row: Any, include: Sequence[str], extra: Mapping[str, Mapping[UUID, Any]]) -> records.Wire:
    """`wire` with what `include` asked for."""
    if "body" in include:
        wire = {**wire, "body": row.body, "outline": bodies.outline(row.body)}
    if "body_html" in include:
        wire = {**wire, "body_html": render.to_html(row.body)}
    if "body_text" in include:
        wire = {**wire, "body_text": render.to_text(row.body)}
    if "comments" in extra:
        wire = {**wire, "comments": {**wire["comments"], **extra["comments"].get(_article_of(row), {})}}
    return wire


def _highlights(row: Any, query: Query) -> dict[str, str]:
    """Where the words stand, in the fields that hold one of them."""
    texts = {name: getattr(row, name) for name in ("headline", "dek", "standfirst")}
    marked = {name: highlight(text, query, _SNIPPET) for name, text in texts.items() if text}
    return {name: text for name, text in marked.items() if "<mark>" in text}
