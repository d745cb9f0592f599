"""Where the headed parts of an article are read and changed."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response

from app.access.errors import Forbidden, Unauthorized
from app.access.guards import Anyone, Caller
from app.articles import examples, parts, queries, records, schemas
from app.articles.content import raw_html
from app.articles.errors import ArticleNotFound, BodySectionNotFound
from app.articles.filters import PUBLISHED, WORKING
from app.articles.guards import CHANGES, ArticleRef, Reporter, ViewParameter
from app.articles.models import Article
from app.body import outline as bodies
from app.core import clock
from app.core.caching import PRIVATE, public_headers, strong_etag
from app.core.database import ReadSession
from app.core.errors import (
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InvalidParameter,
)
from app.core.http import (
    IfMatch,
    IfNoneMatch,
    Operation,
    Reader,
    Repeatable,
    Writer,
    answer,
    answer_version,
    not_modified,
    problems,
)

router = APIRouter(prefix="/v1/articles/{ref}/sections", route_class=Operation, tags=["body sections"])
PartOrder = Annotated[schemas.BodySectionWrite, Body(openapi_examples=examples.BODY_SECTION)]
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
    response_model=schemas.BodySectionList,
    responses=problems(ArticleNotFound, InvalidParameter, Unauthorized, Forbidden),
)
async def list_body_sections(
    ref: ArticleRef,
    caller: Anyone,
    session: Reader,
    view: ViewParameter = "published",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the headed parts of an article, in order."""
    found = await _find(session, caller, ref, view)
    return _answer({"data": bodies.outline(found.row.body)}, found.headers, if_none_match)


@router.get(
    "/{part}",
    response_model=schemas.BodySection,
    responses=problems(ArticleNotFound, BodySectionNotFound, InvalidParameter, Unauthorized, Forbidden),
)
async def get_body_section(
    ref: ArticleRef,
    part: Part,
    caller: Anyone,
    session: Reader,
    view: ViewParameter = "published",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show one headed part of an article with its blocks."""
    found = await _find(session, caller, ref, view)
    return _answer(await _part(session, found.row, parts.get_part(found.row.body, part)), found.headers, if_none_match)


@router.post(
    "", status_code=201, response_model=schemas.BodySection, dependencies=[Repeatable],
    responses=problems(*_CHANGES, IdempotencyKeyInUse, IdempotencyKeyReused),
)  # fmt: skip
async def add_body_section(ref: ArticleRef, order: PartOrder, desk: Reporter, session: Writer, match: IfMatch) -> Response:
    """Add a headed part to the working copy, at the end or behind another part."""
    article = await queries.get_article(session, ref, for_change=True)
    known = raw_html(article.body)
    article, heading = await parts.add_part(session, article, order, by=desk.actor, if_match=match)
    return await _changed(session, desk, article, heading, known, status=201)


@router.put("/{part}", response_model=schemas.BodySection, responses=problems(*_CHANGES))
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


class _Found:
    """An article in one of its views, and how its answers may be kept."""

    def __init__(self, row: Any, headers: dict[str, str]) -> None:
        self.row = row
        self.headers = headers


async def _find(session: ReadSession, caller: Caller, ref: str, view: str) -> _Found:
    if view == "draft":
        caller.demand("articles:read")
        article = await queries.get_article(session, ref)
        return _Found(article, {**PRIVATE, "ETag": f'"{article.version}"'})
    at = clock.now()
    sighting = await queries.sight(session, ref, at)
    tags = [f"article:{records.article_id(sighting.article_id)}"]
    headers = public_headers(
        strong_etag(sighting.publication_id, sighting.names_seq, version=sighting.version),
        tags,
        at=at,
        until=sighting.until,
    )
    return _Found(await queries.get_publication(session, sighting.publication_id), headers)


def _answer(body: dict[str, Any], headers: dict[str, str], if_none_match: str | None) -> Response:
    return not_modified(if_none_match, headers) or answer(body, headers=headers)


async def _part(session: ReadSession, row: Any, item: bodies.OutlineItem) -> dict[str, Any]:
    view = WORKING if isinstance(row, Article) else PUBLISHED
    refs = (await queries.references_of(session, view, [row.id]))[row.id]
    path = f"{refs.sections[0]['path'] if row.section_id and refs.sections else ''}/{row.slug}"
    owner = row.id if isinstance(row, Article) else row.article_id
    stub = {"id": records.article_id(owner), "headline": row.headline, "slug": row.slug, "path": path}
    return {**item, "version": row.version, "blocks": bodies.section_blocks(row.body, item)[1:], "article": stub}


async def _changed(session: ReadSession, desk: Caller, article: Article, heading: str, known: set[str], *, status: int) -> Response:
    if raw_html(article.body) - known:
        desk.demand("articles:html")
    item = parts.get_part(article.body, heading)
    body = await _part(session, article, item)
    location = f"/v1/articles/{body['article']['id']}/sections/{item['anchor']}?view=draft" if status == 201 else None  # noqa: PLR2004 - created
    return answer_version(body, status=status, location=location)
