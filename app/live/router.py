"""Where the blocks of an article are read one by one, and a live blog is written and followed."""

from typing import Annotated

from fastapi import Body, Request, Response

from app.access.errors import Forbidden
from app.access.guards import Anyone, Caller
from app.articles import picking, records
from app.articles import queries as articles
from app.articles.errors import (
    ApprovalNeeded,
    ArticleDeleted,
    ArticleEmbargoed,
    ArticleNotFound,
    ArticleTakenDown,
    ArticleWithheld,
)
from app.articles.guards import AsOf, PublicReading, Reporter, ViewParameter, demand_html, moment_asked
from app.articles.models import Article, LiveUpdate
from app.articles.working_copy.content import raw_html
from app.body.views import BlockOutput
from app.core.caching import PRIVATE, content_etag, version_etag
from app.core.database import WriteSession
from app.core.errors import InvalidParameter, ValidationFailed
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
from app.core.lists import next_link, private_list_answer
from app.live import actions, examples, following, queries, schemas
from app.live.errors import BlockIdTaken, BlockNotFound, NotALiveBlog
from app.live.guards import BlockId, LiveRef, OfBlocks, Publish
from app.live.records import drafts

router = Router(prefix="/v1/articles/{ref}/blocks", tags=["live coverage"])
NewUpdate = Annotated[schemas.LiveUpdateCreate, Body(openapi_examples=examples.CREATE)]
UpdatePatch = Annotated[schemas.LiveUpdatePatch, Body(openapi_examples=examples.UPDATE)]
UpdateMove = Annotated[schemas.Anchored, Body(openapi_examples=examples.MOVE)]

_WRITES = (ArticleNotFound, ArticleDeleted, ArticleWithheld, ArticleEmbargoed, ApprovalNeeded, NotALiveBlog, ValidationFailed)
_CHANGES = (*_WRITES, BlockNotFound)


@router.get(
    "", response_model=schemas.BlockPage | schemas.BlockChanges,
    responses=problems(ArticleNotFound, ArticleTakenDown, Forbidden),
)  # fmt: skip
async def list_blocks(
    request: Request, ref: LiveRef, caller: Anyone, reading: PublicReading, asked: OfBlocks, if_none_match: IfNoneMatch = None
) -> Response:
    """List the blocks of an article; of a live blog its updates, pinned ones first, or what has changed of them `since` then."""
    if asked.view == "draft":
        caller.demand("articles:read")
        async with reading.database.reading() as session:
            page = await following.working(session, await articles.get_article(session, ref), asked)
        return private_list_answer(request, page)
    when = moment_asked(caller, asked.as_of)
    reading = reading.then(when)
    place = await following.find(reading, ref, when)
    told = await (following.listed(reading, place, asked) if asked.since is None else following.since(reading, place, asked))
    headers = when.headers(content_etag(told.raw), told.tags, place.until) | next_link(request, told.next_cursor)
    return not_modified(if_none_match, headers) or Response(told.raw, 200, headers, media_type="application/json")


@router.get(
    "/{block}", response_model=BlockOutput,
    responses=problems(ArticleNotFound, ArticleTakenDown, BlockNotFound, Forbidden),
)  # fmt: skip
async def get_block(
    ref: LiveRef, block: BlockId, caller: Anyone, reading: PublicReading, view: ViewParameter = "published",
    as_of: AsOf = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """Show one block of an article: a live update, or any other."""
    if faults := [] if as_of is None else picking.faults_as_of(view, ()):
        raise InvalidParameter(errors=faults)
    if view == "draft":
        caller.demand("articles:read")
        async with reading.database.reading() as session:
            article = await articles.get_article(session, ref)
            found = await following.working_block(session, article, block)
        return answer(found, headers={**PRIVATE, "ETag": version_etag(found.get("version") or article.version)})
    when = moment_asked(caller, as_of)
    reading = reading.then(when)
    place = await following.find(reading, ref, when)
    told = await following.one(reading, place, block)
    headers = when.headers(content_etag(told.raw, told.version), told.tags, place.until)
    return not_modified(if_none_match, headers) or Response(told.raw, 200, headers, media_type="application/json")


@router.post(
    "", status_code=201, response_model=schemas.LiveUpdateDraft,
    responses=problems(*_WRITES, BlockIdTaken),
)  # fmt: skip
async def add_block(ref: LiveRef, order: NewUpdate, desk: Reporter, session: Repeatable, *, publish: Publish = False) -> Response:
    """Post an update to a live blog. It needs no version of the article: reporters who post at the same time do not wait for each other."""
    _demand(desk, publish=publish)
    article = await articles.get_article(session, ref, for_change=True)
    post = await actions.add_update(session, article, order, by=desk.actor, publish=publish)
    return await _changed(session, desk, article, post, set(), status=201)


@router.patch("/{block}", response_model=schemas.LiveUpdateDraft, responses=problems(*_CHANGES))
async def edit_block(
    ref: LiveRef, block: BlockId, patch: UpdatePatch, desk: Reporter, session: Writer, match: IfMatch, *, publish: Publish = False
) -> Response:  # fmt: skip
    """Change what an update says (RFC 7396), under its own version. With `publish` readers see it as it then is, changed now or before."""
    _demand(desk, publish=publish)
    article, post = await _find(session, ref, block)
    known = raw_html(post.content["blocks"])
    post = await actions.edit_update(session, article, post, patch, by=desk.actor, if_match=match, publish=publish)
    return await _changed(session, desk, article, post, known)


@router.post("/{block}/move", response_model=schemas.LiveUpdateDraft, responses=problems(*_CHANGES))
async def move_block(
    ref: LiveRef, block: BlockId, order: UpdateMove, desk: Reporter, session: Repeatable, match: IfMatch, *, publish: Publish = False
) -> Response:  # fmt: skip
    """Put an update elsewhere: above or below another, or on top. A pinned one stays in front of those that are not."""
    _demand(desk, publish=publish)
    article, post = await _find(session, ref, block)
    post = await actions.move_update(session, article, post, order, by=desk.actor, if_match=match, publish=publish)
    return await _changed(session, desk, article, post, raw_html(post.content["blocks"]))


@router.delete("/{block}", status_code=204, responses=problems(*_CHANGES))
async def delete_block(
    ref: LiveRef, block: BlockId, desk: Reporter, session: Writer, match: IfMatch, *, publish: Publish = False
) -> Response:
    """Take an update out. With `publish` readers lose it at once, else when the article is published again."""
    _demand(desk, publish=publish)
    article, post = await _find(session, ref, block)
    await actions.delete_update(session, article, post, by=desk.actor, if_match=match, publish=publish)
    return Response(status_code=204)


def _demand(desk: Caller, *, publish: bool) -> None:
    if publish:
        desk.demand("articles:publish")


async def _find(session: WriteSession, ref: str, block: str) -> tuple[Article, LiveUpdate]:
    """The article, locked, so that its updates are changed one after the other, and the update."""
    article = await articles.get_article(session, ref, for_change=True)
    actions.refuse_unfit(article)
    return article, await queries.get_update(session, article.id, block)


async def _changed(
    session: WriteSession, desk: Caller, article: Article, post: LiveUpdate, known: set[str], *, status: int = 200
) -> Response:
    demand_html(desk, raw_html(post.content["blocks"]) - known)
    (body,) = await drafts(session, [post])
    here = f"/v1/articles/{records.article_id(article.id)}/blocks/{post.block_id}?view=draft"
    return answer_version(body, status=status, location=here if status == 201 else None)  # noqa: PLR2004 - created
