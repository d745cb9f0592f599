"""Where articles are read and changed."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

from fastapi import Body, Depends, Path, Query, Request, Response
from pydantic_core import from_json, to_json

from app.access.errors import Forbidden, OutsideSections
from app.access.guards import Anyone, Caller, require
from app.articles import examples, inclusions, picking, queries, records, schemas, whole
from app.articles.errors import (
    ApprovalNeeded,
    ArticleDeleted,
    ArticleEmbargoed,
    ArticleNotFound,
    ArticleTakenDown,
    ArticleWithheld,
    HasTranslations,
    NothingToCorrect,
    PublishingPeriodEmpty,
    ScheduleFull,
    SourceRefTaken,
    TranslationTaken,
)
from app.articles.filters import ArticleAsked, ArticleFilters, ArticleListing
from app.articles.guards import (
    CHANGES,
    ArticleRef,
    PublicReading,
    Publisher,
    Reporter,
    demand_html,
    moment_asked,
)
from app.articles.models import Article
from app.articles.publications import orders, publishing
from app.articles.shown import around, coverage, listing, posting, prepared
from app.articles.shown.reading import Reading, Shown
from app.articles.shown.when import When
from app.articles.working_copy import actions
from app.articles.working_copy.content import raw_html, raw_html_sent
from app.core import clock
from app.core.caching import PRIVATE, content_etag, earliest, version_etag
from app.core.errors import Fault, InvalidParameter, SlugTaken, ValidationFailed
from app.core.http import (
    IfMatch,
    IfNoneMatch,
    MayMatch,
    Reader,
    Repeatable,
    Router,
    Writer,
    answer,
    answer_version,
    not_modified,
    problems,
    read_query,
    settings_of,
    takes_query,
)
from app.core.lists import next_link, private_list_answer, raw_list_answer

router = Router(prefix="/v1/articles", tags=["articles"])
SourceName = Annotated[
    str, Path(max_length=100, pattern=schemas.SOURCE_PATTERN, description="The system it comes from.", examples=["wire"])
]
ExternalId = Annotated[str, Path(max_length=200, pattern=schemas.EXTERNAL_PATTERN, description="Its id there.", examples=["NSA-2026-1234"])]
MergeParameter = Annotated[
    Literal["auto"] | None,
    Query(
        description="`auto` puts a change that was made from an older version upon what others changed since, where nothing overlaps.",
        examples=["auto"],
    ),
]
NewArticle = Annotated[schemas.ArticleCreate, Body(openapi_examples=examples.CREATE)]
WireArticle = Annotated[schemas.ArticleCreate, Body(openapi_examples=examples.UPSERT)]
ArticlePatch = Annotated[schemas.ArticleUpdate, Body(openapi_examples=examples.UPDATE)]
PublishOrder = Annotated[orders.PublishOrder, Body(openapi_examples=examples.PUBLISH)]
UnpublishOrder = Annotated[orders.UnpublishOrder, Body(openapi_examples=examples.UNPUBLISH)]
Insider = Annotated[Caller, Depends(require("articles:read"))]

_TRANSLATING = (TranslationTaken, HasTranslations)


@router.get(
    "",
    response_model=schemas.ArticlePage,
    responses=problems(Forbidden),
)
@takes_query(ArticleFilters, ArticleListing)
async def list_articles(request: Request, caller: Anyone, reading: PublicReading, if_none_match: IfNoneMatch = None) -> Response:
    """List articles: what readers see, newest first, or with `view=draft` the newsroom's working copies. Filters combine."""
    filters, asked = read_query(ArticleFilters, request), read_query(ArticleListing, request)
    if asked.view == "draft":
        caller.demand("articles:read")
    when = moment_asked(caller, asked.as_of)
    reading, at = reading.then(when), when.at
    wanted, key = listing.read_request(filters, asked), settings_of(request).signing_key
    if asked.view == "draft":
        async with reading.database.reading(patiently=True) as session:
            drafts = await listing.list_working(session, wanted, asked, at=at, key=key)
        return private_list_answer(request, drafts.wire(drafts.rows))
    found = await listing.list_published(reading, wanted, asked, at=at, key=key)
    raw, cursor = found.page.raw(found.page.rows), found.page.next_cursor
    if when.ahead:
        return Response(raw, 200, PRIVATE | next_link(request, cursor), media_type="application/json")
    return raw_list_answer(request, raw, cursor, found.tags, if_none_match, until=found.until)


@router.post(
    "", status_code=201, response_model=schemas.ArticleDraft,
    responses=problems(SlugTaken, SourceRefTaken, TranslationTaken, ValidationFailed),
)  # fmt: skip
async def create_article(order: NewArticle, desk: Reporter, session: Repeatable) -> Response:
    """Create an article as a draft that no reader sees. Publish it when it is ready."""
    article, near = await actions.create_article(session, order, by=desk.actor)
    await _demand_html(desk, article, order.body)
    body = await whole.draft(session, article, near=near)
    return answer_version(body, status=201, location=f"/v1/articles/{body['id']}")


@router.get("/by-source/{source}/{external_id}", response_model=schemas.ArticleDraft, responses=problems(ArticleNotFound, OutsideSections))
async def get_ingested_article(
    source: SourceName, external_id: ExternalId, _desk: Insider, session: Reader, if_none_match: IfNoneMatch = None
) -> Response:
    """Show the working copy of what comes from elsewhere under this id: its id here, its version, and what became of it."""
    article = await queries.get_by_source(session, source, external_id)
    headers = {**PRIVATE, "ETag": version_etag(article.version)}
    return not_modified(if_none_match, headers) or answer(await whole.draft(session, article), headers=headers)


@router.put(
    "/by-source/{source}/{external_id}", response_model=schemas.ArticleDraft,
    responses={
        201: {"model": schemas.ArticleDraft, "description": "Created"},
        **problems(SlugTaken, ArticleDeleted, ArticleEmbargoed, *_TRANSLATING, ValidationFailed),
    },
)  # fmt: skip
async def upsert_article(
    source: SourceName,
    external_id: ExternalId,
    order: WireArticle, desk: Reporter, session: Writer, match: MayMatch,
) -> Response:  # fmt: skip
    """Create or replace the working copy that comes from elsewhere under this id.

    Sending the same again changes nothing, and makes no event. What the newsroom changed meanwhile is replaced too, unless `If-Match` names
    the version that your last answer had: then you are told (412).
    """
    ref = schemas.SourceRef(source=source, external_id=external_id)
    article, created = await actions.upsert_article(session, order, ref, by=desk.actor, if_match=match)
    await _demand_html(desk, article, order.body)
    body = await whole.draft(session, article)
    return answer_version(body, status=201 if created else 200, location=f"/v1/articles/{body['id']}" if created else None)


@router.get(
    "/{ref}",
    response_model=schemas.Article,
    responses=problems(ArticleNotFound, ArticleTakenDown, Forbidden),
)
@takes_query(ArticleAsked)
async def get_article(
    request: Request, ref: ArticleRef, caller: Anyone, reading: PublicReading, if_none_match: IfNoneMatch = None
) -> Response:
    """Show a whole article page: what readers see now, or with `view=draft` the working copy. By id or by any slug it ever had."""
    faults: list[Fault] = []
    asked = read_query(ArticleAsked, request)
    names = picking.read_include(asked.include, faults, whole=True)
    only = picking.read_fields(asked.fields, faults, view=asked.view, whole=True, include=names)
    faults += [] if asked.as_of is None else picking.faults_as_of(asked.view, names)
    if faults:
        raise InvalidParameter(errors=faults)
    if asked.view == "draft":
        caller.demand("articles:read")
        async with reading.database.reading() as session:
            article = await queries.get_article(session, ref)
            headers = {**PRIVATE, "ETag": version_etag(article.version)}
            if not names and (unchanged := not_modified(if_none_match, headers)):
                return unchanged
            body = await whole.draft(session, article, names)
        return answer(records.pick(body, only), headers=headers)
    when = moment_asked(caller, asked.as_of)
    return await _published(reading.then(when), ref, when, names, only, if_none_match)


async def _published(
    reading: Reading, ref: str, when: When, include: list[str], only: list[str], if_none_match: str | None
) -> Response:  # fmt: skip
    at = when.at
    shown, until = await reading.page_of(ref, when)
    page = await coverage.whole(reading, shown, at)
    text = prepared.paged(shown.item, page.body, shown.row.outline, shown.row.corrections, page.live)
    beside = await around.beside(reading, shown, include, at) if "related" in include or "translations" in include else around.NOTHING
    raw = await _completed(reading, shown, text, include, only, beside) if include or only else text.encode()
    own = records.article_id(shown.row.article_id)
    tags = [f"article:{own}", *shown.names, *page.tags, *([f"comments:{own}"] if "comments" in include else []), *beside.tags]
    until = earliest(until, beside.until)
    headers = when.headers(content_etag(raw, shown.row.version), dict.fromkeys(tags), until)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


async def _completed(reading: Reading, shown: Shown, text: str, include: list[str], only: list[str], beside: around.Around) -> bytes:
    """The page with what `include` adds, or only with what `fields` names."""
    article, wire = shown.row.article_id, from_json(text)
    async with reading.database.reading() as session:
        extra = await inclusions.load(session, include, [article], clock.now())
    wire = listing.add_included(wire, article, wire["body"], include, extra) | beside.fields.get(article, {})
    return to_json(records.pick(wire, only))


@router.patch("/{ref}", response_model=schemas.ArticleDraft, responses=problems(*CHANGES, SlugTaken, ArticleEmbargoed, *_TRANSLATING))
async def update_article(
    ref: ArticleRef, patch: ArticlePatch, desk: Reporter, session: Writer, match: IfMatch, merge: MergeParameter = None
) -> Response:
    """Change the working copy (RFC 7396: what is left out stays). Readers see the change when it is published.

    Where others changed it since you read it, the answer is 412 and tells what overlaps. With `merge=auto` your change is put upon
    theirs where nothing does; where anything overlaps, nothing is changed.
    """
    article = await queries.get_article(session, ref, for_change=True)
    known = raw_html((await posting.bodies_of(session, [article]))[article.id])
    article = await actions.edit_article(session, article, patch, by=desk.actor, if_match=match, merge=merge is not None)
    await _demand_html(desk, article, patch.body, known)
    return answer_version(await whole.draft(session, article))


@router.delete("/{ref}", status_code=204, responses=problems(*CHANGES))
async def delete_article(ref: ArticleRef, desk: Reporter, session: Writer, match: IfMatch) -> Response:
    """Put an article into the trash: readers see it no more, and it can be restored with the same id."""
    await publishing.delete_article(session, await queries.get_article(session, ref, for_change=True), by=desk.actor, if_match=match)
    return Response(status_code=204)


@router.post(
    "/{ref}/publish", response_model=schemas.ArticleDraft,
    responses=problems(*CHANGES, ArticleWithheld, PublishingPeriodEmpty, ApprovalNeeded, ArticleEmbargoed, ScheduleFull, NothingToCorrect),
)  # fmt: skip
async def publish_article(ref: ArticleRef, order: PublishOrder, desk: Publisher, session: Repeatable, match: IfMatch) -> Response:
    """Put the working copy before readers, now or at the given moment. Safe to repeat.

    What is scheduled for later stays when the order is for a moment to come, and is replaced when it is for now, unless `scheduled` says
    otherwise.
    """
    article, near = await queries.open_for_change(session, ref)
    near = await publishing.publish(session, article, order, by=desk.actor, if_match=match, near=near)
    return answer_version(await whole.draft(session, article, near=near))


@router.post(
    "/{ref}/unpublish",
    response_model=schemas.ArticleDraft,
    responses=problems(*CHANGES, ArticleWithheld),
)
async def unpublish_article(ref: ArticleRef, order: UnpublishOrder, desk: Publisher, session: Repeatable, match: IfMatch) -> Response:
    """Take an article from readers, now or at the given moment; a schedule is called off. Safe to repeat."""
    article = await queries.get_article(session, ref, for_change=True)
    article = await publishing.unpublish(session, article, at=order.at, by=desk.actor, if_match=match)
    return answer_version(await whole.draft(session, article))


async def _demand_html(desk: Caller, article: Article, sent: Any, known: Collection[str] = ()) -> None:
    """Raise for raw markup, in the body or in live updates that were sent, that was not `known` before, unless the key may write it.

    Who may not can still edit around it.
    """
    demand_html(desk, (raw_html(article.body) | await raw_html_sent(sent)).difference(known))
