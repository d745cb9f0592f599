"""Where readers find what stands around an article."""

from typing import Annotated

from fastapi import Query, Response
from pydantic_core import to_json

from app.access.errors import Forbidden, OutsideSections
from app.access.guards import Anyone
from app.articles import picking, queries
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef, AsOf, PublicReading, ViewParameter, moment_asked
from app.articles.records import article_id
from app.articles.shown import around, around_schemas, translations
from app.articles.shown.sighting import sight
from app.core.caching import PRIVATE, content_etag, earliest
from app.core.errors import InvalidParameter
from app.core.http import IfNoneMatch, Router, answer, not_modified, problems

router = Router(prefix="/v1/articles/{ref}", tags=["articles"])


@router.get(
    "/related", response_model=around_schemas.RelatedList,
    responses=problems(ArticleNotFound, ArticleTakenDown, Forbidden),
)  # fmt: skip
async def list_related(
    ref: ArticleRef, caller: Anyone, reading: PublicReading,
    limit: Annotated[int, Query(ge=1, le=50, description="The most articles.")] = around.MOST_BESIDE, as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List the articles beside one: those that the newsroom chose, then the newest under the same tags, then in the same section.

    Each occurs once, and only while readers see it. What was not chosen is of the same language.
    """
    when = moment_asked(caller, as_of)
    reading, at = reading.then(when), when.at
    shown, until = await reading.page_of(ref, when)
    found, tags = await around.related_to(reading, shown, at, limit)
    until = earliest(until, await reading.next_transition([shown.row], at))
    raw = to_json({"data": found})
    tags = list(dict.fromkeys([f"article:{article_id(shown.row.article_id)}", *tags]))
    headers = when.headers(content_etag(raw), tags, None if when.as_of else until)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


@router.get(
    "/translations", response_model=around_schemas.TranslationList,
    responses=problems(ArticleNotFound, ArticleTakenDown, Forbidden, OutsideSections),
)  # fmt: skip
async def list_translations(
    ref: ArticleRef, caller: Anyone, reading: PublicReading, view: ViewParameter = "published",
    as_of: AsOf = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List an article in every language that readers see it in, itself among them: what `hreflang` needs.

    With `view=draft` the working copies of the group, whatever their standing.
    """
    if faults := [] if as_of is None else picking.faults_as_of(view, ()):
        raise InvalidParameter(errors=faults)
    when = moment_asked(caller, as_of)
    reading, at = reading.then(when), when.at
    if view == "draft":
        caller.demand("articles:read")
        async with reading.database.reading() as session:
            found = await translations.working(session, await queries.get_article(session, ref), at)
        return answer({"data": found}, headers=PRIVATE)
    if when.as_of:
        article = (await reading.page_of(ref, when))[0].row.article_id
    else:
        async with reading.database.reading() as session:
            article = (await sight(session, ref, at)).article_id
    members, tags = await translations.published(reading, article, at)
    raw = to_json({"data": members})
    tags = list(dict.fromkeys([f"article:{article_id(article)}", *tags]))
    headers = when.headers(content_etag(raw), tags, None if when.as_of else await reading.next_transition([], at))
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")
