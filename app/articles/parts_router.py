"""Where the headed parts of an article are read and changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Path, Response
from pydantic_core import from_json

from app.access.errors import Forbidden
from app.access.guards import Anyone, Caller
from app.articles import examples, picking, queries, records
from app.articles.errors import ArticleNotFound, ArticleTakenDown, BodySectionNotFound
from app.articles.guards import CHANGES, ArticleRef, AsOf, PublicReading, Reporter, ViewParameter, demand_html, moment_asked
from app.articles.models import Article
from app.articles.shown.reading import Reading
from app.articles.working_copy import parts, parts_schemas
from app.articles.working_copy.content import raw_html
from app.body import outline as bodies
from app.core.caching import PRIVATE, strong_etag
from app.core.database import ReadSession
from app.core.errors import InvalidParameter
from app.core.http import (
    IfMatch,
    IfNoneMatch,
    Repeatable,
    Router,
    Writer,
    answer,
    answer_version,
    not_modified,
    problems,
)

router = Router(prefix="/v1/articles/{ref}/sections", tags=["body sections"])
PartOrder = Annotated[parts_schemas.BodySectionWrite, Body(openapi_examples=examples.BODY_SECTION)]
Part = Annotated[
    str,
    Path(
        max_length=160,
        pattern="^[A-Za-z0-9_-]{1,160}$",
        description="The part's anchor, or the id of its heading block.",
        examples=["what-has-changed"],
    ),
]
_CHANGES = (*CHANGES, BodySectionNotFound)


@router.get(
    "",
    response_model=parts_schemas.BodySectionList,
    responses=problems(ArticleNotFound, ArticleTakenDown, Forbidden),
)
async def list_body_sections(
    ref: ArticleRef,
    caller: Anyone,
    reading: PublicReading,
    view: ViewParameter = "published",
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the headed parts of an article, in order."""
    found = await _find(reading, caller, ref, view, as_of)
    return _answer({"data": bodies.outline(found.blocks)}, found.headers, if_none_match)


@router.get(
    "/{part}",
    response_model=parts_schemas.BodySection,
    responses=problems(ArticleNotFound, ArticleTakenDown, BodySectionNotFound, Forbidden),
)
async def get_body_section(
    ref: ArticleRef,
    part: Part,
    caller: Anyone,
    reading: PublicReading,
    view: ViewParameter = "published",
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show one headed part of an article with its blocks."""
    found = await _find(reading, caller, ref, view, as_of)
    return _answer(found.part(part), found.headers, if_none_match)


@router.post(
    "", status_code=201, response_model=parts_schemas.BodySection,
    responses=problems(*_CHANGES),
)  # fmt: skip
async def add_body_section(ref: ArticleRef, order: PartOrder, desk: Reporter, session: Repeatable, match: IfMatch) -> Response:
    """Add a headed part to the working copy, at the end or behind another part."""
    article = await queries.get_article(session, ref, for_change=True)
    known = raw_html(article.body)
    article, heading = await parts.add_part(session, article, order, by=desk.actor, if_match=match)
    return await _changed(session, desk, article, heading, known, status=201)


@router.put("/{part}", response_model=parts_schemas.BodySection, responses=problems(*_CHANGES))
async def replace_body_section(ref: ArticleRef, part: Part, order: PartOrder, desk: Reporter, session: Writer, match: IfMatch) -> Response:
    """Replace a headed part of the working copy; its heading keeps its block id."""
    article = await queries.get_article(session, ref, for_change=True)
    known = raw_html(article.body)
    article, heading = await parts.replace_part(session, article, part, order, by=desk.actor, if_match=match)
    return await _changed(session, desk, article, heading, known, status=200)


@router.delete("/{part}", status_code=204, responses=problems(*_CHANGES))
async def delete_body_section(ref: ArticleRef, part: Part, desk: Reporter, session: Writer, match: IfMatch) -> Response:
    """Remove a headed part from the working copy, with everything under it."""
    article = await queries.get_article(session, ref, for_change=True)
    await parts.delete_part(session, article, part, by=desk.actor, if_match=match)
    return Response(status_code=204)


@dataclass(frozen=True, slots=True)
class _Found:
    """An article in one of its views, and how its answers may be kept."""

    blocks: list[Any]
    version: int
    article: dict[str, Any]
    headers: dict[str, str]

    def part(self, ref: str) -> dict[str, Any]:
        """One headed part; raises BodySectionNotFound."""
        item = parts.get_part(self.blocks, ref)
        return {**item, "version": self.version, "blocks": bodies.section_blocks(self.blocks, item)[1:], "article": self.article}


async def _find(reading: Reading, caller: Caller, ref: str, view: str, as_of: datetime | None) -> _Found:
    faults = [] if as_of is None else picking.faults_as_of(view, ())
    if faults:
        raise InvalidParameter(errors=faults)
    if view == "draft":
        caller.demand("articles:read")
        async with reading.database.reading() as session:
            return await _working(session, await queries.get_article(session, ref))
    when = moment_asked(caller, as_of)
    shown, until = await reading.then(when).page_of(ref, when)
    row, about = shown.row, from_json(shown.item + "}")
    tags = [f"article:{about['id']}", *shown.names]
    headers = when.headers(strong_etag(row.id, shown.path, version=row.version), tags, until)
    return _Found(from_json(row.body), row.version, {name: about[name] for name in ("id", "headline", "slug", "path")}, headers)


async def _working(session: ReadSession, article: Article) -> _Found:
    refs = await queries.references(session, article.id)
    path = f"{refs.sections[0]['path'] if article.section_id and refs.sections else ''}/{article.slug}"
    stub = {"id": records.article_id(article.id), "headline": article.headline, "slug": article.slug, "path": path}
    return _Found(article.body, article.version, stub, {**PRIVATE, "ETag": f'"{article.version}"'})


def _answer(body: dict[str, Any], headers: dict[str, str], if_none_match: str | None) -> Response:
    return not_modified(if_none_match, headers) or answer(body, headers=headers)


async def _changed(session: ReadSession, desk: Caller, article: Article, heading: str, known: set[str], *, status: int) -> Response:
    demand_html(desk, raw_html(article.body) - known)
    body = (await _working(session, article)).part(heading)
    location = f"/v1/articles/{body['article']['id']}/sections/{body['anchor']}?view=draft" if status == 201 else None  # noqa: PLR2004 - created
    return answer_version(body, status=status, location=location)
