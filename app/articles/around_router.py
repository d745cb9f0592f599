"""Where readers find what stands around an article."""

from typing import Annotated

from fastapi import Query, Response
from pydantic_core import to_json

from app.access.errors import Forbidden, OutsideSections, Unauthorized
from app.access.guards import Anyone
from app.articles import around, around_schemas, queries, translations
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef, PublicReading, ViewParameter
from app.articles.records import article_id
from app.core import clock
from app.core.caching import PRIVATE, content_etag, earliest, public_headers
from app.core.errors import InvalidParameter
from app.core.http import IfNoneMatch, Router, answer, not_modified, problems

router = Router(prefix="/v1/articles/{ref}", tags=["articles"])


@router.get("/related", response_model=around_schemas.RelatedList, responses=problems(ArticleNotFound, ArticleTakenDown, InvalidParameter))
async def list_related(
    ref: ArticleRef, reading: PublicReading,
    limit: Annotated[int, Query(ge=1, le=50, description="The most articles.")] = around.MOST_BESIDE, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List the articles beside one: those that the newsroom chose, then the newest under the same tags, then in the same section.

    Each occurs once, and only while readers see it. What was not chosen is of the same language.
    """
    at = clock.now()
    shown, until = await reading.page(ref, at)
    found, tags = await around.related_to(reading, shown, at, limit)
    until = earliest(until, await reading.next_transition([shown.row], at))
    raw = to_json({"data": found})
    tags = list(dict.fromkeys([f"article:{article_id(shown.row.article_id)}", *tags]))
    headers = public_headers(content_etag(raw), tags, at=at, until=until)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


@router.get(
    "/translations", response_model=around_schemas.TranslationList,
    responses=problems(ArticleNotFound, ArticleTakenDown, InvalidParameter, Unauthorized, Forbidden, OutsideSections),
)  # fmt: skip
async def list_translations(
    ref: ArticleRef, caller: Anyone, reading: PublicReading, view: ViewParameter = "published",
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List an article in every language that readers see it in, itself among them: what `hreflang` needs.

    With `view=draft` the working copies of the group, whatever their standing.
    """
    at = clock.now()
    if view == "draft":
        caller.demand("articles:read")
        async with reading.database.reading() as session:
            found = await translations.working(session, await queries.get_article(session, ref), at)
        return answer({"data": found}, headers=PRIVATE)
    async with reading.database.reading() as session:
        seen = await queries.sight(session, ref, at)
    members, tags = await translations.published(reading.lookups, seen.article_id, at)
    raw = to_json({"data": members})
    tags = list(dict.fromkeys([f"article:{article_id(seen.article_id)}", *tags]))
    headers = public_headers(content_etag(raw), tags, at=at, until=await reading.next_transition([], at))
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")
