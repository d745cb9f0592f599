"""A list of articles, from what was asked to what is answered, in a number of statements that does not grow with the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, get_args
from uuid import UUID

from pydantic_core import from_json, to_json

from app.articles import inclusions, queries, reach, records
from app.articles.discussing import Discussion
from app.articles.filters import (
    PUBLISHED,
    REFERRING,
    VIEWS,
    WORKING,
    ArticleFilters,
    ArticleListing,
    View,
    conditions,
    faults_of_view,
    values,
)
from app.articles.models import Article, Publication
from app.articles.picking import faults_as_of, read_fields, read_include, unknown
from app.articles.schemas import Kind
from app.articles.shown import around, coverage, posting, prepared, stubs, walks
from app.articles.shown.reading import Reading, Shown
from app.articles.shown.referring import find_references, resolve_references
from app.articles.shown.searching import Search
from app.articles.shown.tags import LIVE, membership_tags, tags_of_items
from app.articles.visibility import standing, visible_at
from app.body import outline as bodies
from app.body import render
from app.core.database import ReadSession
from app.core.errors import CursorMismatch, Fault, InvalidParameter, Unavailable
from app.core.fulltext import Query, highlight, parse_query
from app.core.pagination import Keyset, Page, Pager, Statement, cut, enough_for
from app.core.search_index import SearchEntry, matches, tier

KINDS = get_args(Kind)
_COUNTED_AT_MOST = 10_000
_SNIPPET = 200
_TRIES = 5
_BODIES = frozenset({"body", "body_html", "body_text"})


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
    include = read_include(listing.include, faults, whole=False)
    if "related" in include and listing.limit > around.MOST_IN_A_LIST:
        faults.append(Fault("limit", f"With `include=related` a page holds at most {around.MOST_IN_A_LIST}.", parameter="limit"))
    if listing.as_of is not None:
        faults += faults_as_of(view.name, include)
    fields = read_fields(listing.fields, faults, view=view.name, whole=False, include=include)
    if faults:
        raise InvalidParameter(errors=faults)
    return Asked(view, given, query, sort, include, fields)


async def list_working(session: ReadSession, asked: Asked, listing: ArticleListing, *, at: datetime, key: bytes) -> Page[records.Wire]:
    """A page of working copies in wire form; raises InvalidParameter where a reference leads nowhere, CursorMismatch."""
    within = reach.within(Article.section_id)
    parts = [*conditions(WORKING, asked.given, await resolve_references(session, asked.given), at), *([] if within is None else [within])]
    statement = queries.listed(parts, with_body=bool(_BODIES & set(asked.include)))
    keyset, statement = _ordered(asked, statement)
    pager = _pager(asked, listing, key)
    total = await _count(session, statement, listing.count)
    rows = (await session.execute(_from(keyset, statement, pager, listing))).all()
    page = cut(rows, listing.limit, pager, walks.key_of, total)
    return Page(await _wire(session, asked, listing, page.rows, at), page.limit, page.next_cursor, page.total)


@dataclass(frozen=True, slots=True)
class PublicList:
    """A page of what readers see: its items as JSON texts, the tags of the answer, and until when it is surely true."""

    page: Page[str]
    tags: list[str]
    until: datetime | None


async def list_published(reading: Reading, asked: Asked, listing: ArticleListing, *, at: datetime, key: bytes) -> PublicList:
    """What readers see; raises InvalidParameter where a reference leads nowhere, CursorMismatch."""
    found = await find_references(reading, asked.given)
    pager = _pager(asked, listing, key)
    position = pager.decode(listing.cursor) if listing.cursor else None
    walk = _walk(asked, listing, found, resumed=position is not None, past=reading.past is not None)
    total: int | None = None
    keys: Mapping[UUID, Sequence[Any]] = {}
    if asked.query is not None and asked.sort.removeprefix("-") in {"relevance", "published_at"}:
        shown, keys, total = await _search(reading, asked, listing, found, position, at)
    elif walk is None:
        shown, total = await _list_by_conditions(reading, asked, listing, found, pager, at)
    else:
        values = _values(walk, found, position)
        shown = await reading.shown(lambda: reading.database.lookups.all(walks.listed(walk), at=at, **values), at)
    page = cut(shown, listing.limit, pager, lambda one: keys.get(one.row.id) or walks.key_of(one.row), total)
    related = await around.beside_many(reading, page.rows, at) if "related" in asked.include else around.NOTHING
    wholes = await coverage.wholes(reading, page.rows, at) if _BODIES & set(asked.include) else []
    texts = await _texts(reading, asked, listing, page.rows, at, related.fields, wholes)
    tags = [
        *membership_tags(found),
        *([LIVE] if asked.query is not None else []),
        "taxonomy",
        *tags_of_items([one.row for one in page.rows], comments="comments" in asked.include),
    ]
    tags = list(dict.fromkeys([*tags, *related.tags, *(tag for whole in wholes for tag in whole.tags)]))
    until = None if listing.as_of else await reading.next_turn(shown, at)
    return PublicList(Page(texts, page.limit, page.next_cursor, page.total), tags, until)


def _walk(asked: Asked, listing: ArticleListing, found: Mapping[str, Sequence[UUID]], *, resumed: bool, past: bool) -> walks.Walk | None:
    """The walk that answers this list; None where it is filtered by more than the links of one kind, searched or counted."""
    sort, descending = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    fields = [name for name in asked.given if name != "descendants"]
    if asked.query is not None or listing.count is not None or len(fields) > 1:
        return None
    if _BODIES & set(asked.include):
        return None
    if not fields:
        return walks.Walk(sort, descending, enough_for(listing.limit), resumed, past=past)
    field, targets = fields[0], found.get(fields[0], ())
    if field not in REFERRING or sort != "published_at" or not 0 < len(targets) <= walks.MOST_TARGETS:
        return None
    return walks.Walk(sort, descending, enough_for(listing.limit), resumed, field, len(walks.filled_up(targets)), past)


def _values(walk: walks.Walk, found: Mapping[str, Sequence[UUID]], position: Sequence[Any] | None) -> dict[str, Any]:
    targets = walks.filled_up(found[walk.field]) if walk.field else []
    values: dict[str, Any] = {f"target_{number}": target for number, target in enumerate(targets)}
    if position is not None:
        if len(position) != 2:  # noqa: PLR2004 - the moment and the id
            raise CursorMismatch
        values |= {"place": position[0], "article": position[1]}
    return values


async def _search(
    reading: Reading,
    asked: Asked,
    listing: ArticleListing,
    found: Mapping[str, Sequence[UUID]],
    position: Sequence[Any] | None,
    at: datetime,
) -> tuple[list[Shown], Mapping[UUID, Sequence[Any]], int | None]:
    """What was found, in order, with the sort key of each; looked for again where some of it was taken from readers meanwhile."""
    search = await _searched(reading, asked, found, at)
    body = walks.BODY if _BODIES & set(asked.include) else ()
    async with reading.database.reading(patiently=True) as session:
        total = None if listing.count is None else await search.count(session, at_most=_at_most(listing.count))
        for _ in range(_TRIES):
            keys = await search.find(session, position, listing.limit + 1)
            wanted = walks.items(*body).where(Publication.id.in_(keys), visible_at(at))
            by_id = {one.row.id: one for one in await reading.shown(partial(_rows, session, wanted), at)} if keys else {}
            if by_id.keys() == keys.keys():
                return [by_id[each] for each in keys], keys, total
    raise Unavailable("Articles go faster than they can be read.", headers={"Retry-After": "1"})


async def _searched(reading: Reading, asked: Asked, found: Mapping[str, Sequence[UUID]], at: datetime) -> Search:
    newest = None if reading.past is None else (await reading.lookups.all(walks.LATEST, at=at))[0].moment
    return Search.of(asked.query or Query(), conditions(PUBLISHED, asked.given, found, at), at, asked.sort, newest)


async def _rows(session: ReadSession, wanted: Statement) -> Sequence[Any]:
    return (await session.execute(wanted)).all()


async def _list_by_conditions(
    reading: Reading, asked: Asked, listing: ArticleListing, found: Mapping[str, Sequence[UUID]], pager: Pager, at: datetime
) -> tuple[list[Shown], int | None]:
    """The general form: every filter as a condition, asked of each row while the list is walked in its order."""
    body = walks.BODY if _BODIES & set(asked.include) else ()
    if asked.query is None:
        parts = [*conditions(PUBLISHED, asked.given, found, at), visible_at(at)]
    else:
        parts = [(await _searched(reading, asked, found, at)).holds(reading.database.dialect)]
    keyset, statement = _by_moment(asked), walks.items(*body).where(*parts)
    if reading.past is not None:
        name = asked.sort.removeprefix("-")
        statement = statement.where(getattr(Publication, name) <= walks.latest(name, at))
    wanted = _from(keyset, statement, pager, listing)
    async with reading.database.reading(patiently=True) as session:
        total = await _count(session, statement, listing.count)
        return await reading.shown(partial(_rows, session, wanted), at), total


def _from(keyset: Keyset, statement: Statement, pager: Pager, listing: ArticleListing) -> Statement:
    """The rows of the page, and one more, with their sort keys."""
    position = pager.decode(listing.cursor) if listing.cursor else None
    return keyset.after(statement.add_columns(*walks.sort_keys(keyset.columns)), position).limit(listing.limit + 1)


def _pager(asked: Asked, listing: ArticleListing, key: bytes) -> Pager:
    given = sorted((name, str(value)) for name, value in asked.given.items())
    then = "" if listing.as_of is None else f" {listing.as_of}"
    return Pager(key, f"articles {asked.view.name} {given} {listing.q!r} {asked.sort}{then}")


async def _texts(
    reading: Reading, asked: Asked, listing: ArticleListing, rows: Sequence[Shown], at: datetime, related: Mapping[Any, Any],
    wholes: Sequence[coverage.Whole],
) -> list[str]:  # fmt: skip
    """The items as JSON; they are taken apart only where something was asked for that is not prepared."""
    if not (asked.include or asked.fields or listing.highlight):
        return [prepared.closed(one.item) for one in rows]
    async with reading.database.reading() as session:
        extra = await inclusions.load(session, asked.include, [one.row.article_id for one in rows], at)
    texts = []
    for number, one in enumerate(rows):
        wire = from_json(prepared.closed(one.item))
        if asked.query is not None and listing.highlight:
            wire["highlight"] = _highlights(wire, asked.query)
        blocks = from_json(wholes[number].body) if wholes else []
        wire = add_included(wire, one.row.article_id, blocks, asked.include, extra) | related.get(one.row.article_id, {})
        texts.append(to_json(records.pick(wire, asked.fields)).decode())
    return texts


def _ordered(asked: Asked, statement: Statement) -> tuple[Keyset, Statement]:
    """The order of working copies, which are searched as they are sorted."""
    if asked.query is None:
        return _by_moment(asked), statement
    statement = statement.join(SearchEntry, SearchEntry.owner_id == Article.id).where(matches(asked.query))
    if asked.sort.removeprefix("-") != "relevance":
        return _by_moment(asked), statement
    return Keyset((tier(asked.query), Article.revised_at, Article.id), asked.sort.startswith("-")), statement


def _by_moment(asked: Asked) -> Keyset:
    return Keyset((getattr(asked.view.table, asked.sort.removeprefix("-")), asked.view.article), asked.sort.startswith("-"))


async def _count(session: ReadSession, statement: Statement, how: str | None) -> int | None:
    return None if how is None else await queries.count(session, statement, at_most=_at_most(how))


def _at_most(how: str) -> int | None:
    """Where counting stops."""
    return _COUNTED_AT_MOST if how == "estimated" else None


async def _wire(session: ReadSession, asked: Asked, listing: ArticleListing, rows: Sequence[Any], at: datetime) -> list[records.Wire]:
    articles = [row[0].id for row in rows]
    refs = await queries.references_of(session, articles)
    extra = await inclusions.load(session, asked.include, articles, at)
    history = await queries.histories_of(session, articles)
    bodies_of = await posting.bodies_of(session, [row[0] for row in rows]) if _BODIES & set(asked.include) else {}
    await stubs.complete(session, [(row[0], refs[row[0].id]) for row in rows], at)
    found = []
    for article, thread, above, *_ in rows:
        discussion, stands = Discussion.of(thread, above), standing(article, history[article.id], at)
        wire = records.working(article, refs[article.id], discussion, stands, at)
        if asked.query is not None and listing.highlight:
            wire["highlight"] = _highlights(wire, asked.query)
        blocks = bodies_of.get(article.id, [])
        found.append(records.pick(add_included(wire, article.id, blocks, asked.include, extra), asked.fields))
    return found


def add_included(
    wire: records.Wire, article: UUID, blocks: list[Any], include: Sequence[str], extra: Mapping[str, Mapping[UUID, Any]]
) -> records.Wire:
    """`wire` with what `include` asked for, out of the `blocks` of its body and what other features found."""
    if "body" in include:
        wire = {**wire, "body": blocks, "outline": bodies.outline(blocks)}
    if "body_html" in include:
        wire = {**wire, "body_html": render.to_html(blocks)}
    if "body_text" in include:
        wire = {**wire, "body_text": render.to_text(blocks)}
    if "comments" in extra:
        wire = {**wire, "comments": {**wire["comments"], **_allowed(wire, extra["comments"].get(article, {}))}}
    return wire


def _allowed(wire: records.Wire, comments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The comments, where the discussion is one that shows any."""
    if wire["comments"]["status"] != "disabled" or not comments:
        return comments
    return {"data": [], "page": {**comments["page"], "has_more": False, "next_cursor": None}}


def _highlights(wire: records.Wire, query: Query) -> dict[str, str]:
    """Where the words stand, in the fields that hold one of them."""
    texts = {name: wire[name] for name in ("headline", "dek", "standfirst")}
    marked = {name: highlight(text, query, _SNIPPET) for name, text in texts.items() if text}
    return {name: text for name, text in marked.items() if "<mark>" in text}
