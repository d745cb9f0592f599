"""Where links that show a working copy are made and revoked, and where they lead."""

from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query, Request, Response

from app.access.errors import OutsideSections
from app.access.guards import Caller, require
from app.articles import queries as articles
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef
from app.core import ids
from app.core.caching import PRIVATE
from app.core.http import AppSettings, Operation, Reader, Repeatable, Router, Writer, answer, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.previews import actions, queries, schemas, tokens
from app.previews.errors import PreviewNotFound

router = Router(prefix="/v1", route_class=Operation, tags=["previews"])
Sharer = Annotated[Caller, Depends(require(actions.SCOPE))]
LinkId = Annotated[
    str, Path(pattern=ids.pattern("prv"), max_length=40, description="The link's id.", examples=[schemas.link_id(ids.EXAMPLE)])
]
Token = Annotated[
    str, Query(max_length=56, pattern=tokens.PATTERN, description="As it stands in the `url` of a new link.", examples=[tokens.EXAMPLE])
]
_EXAMPLES: dict[str, Any] = {
    "as_it_is": {"summary": "The working copy, whatever is written still", "value": {}},
    "revision": {"summary": "One revision, for an hour", "value": {"revision": 7, "expires_in": 3600}},
}
Order = Annotated[schemas.PreviewLinkCreate, Body(openapi_examples=_EXAMPLES)]
_READS = (OutsideSections, ArticleNotFound)
_UNSEEN = {**PRIVATE, "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
"""What a preview says to whoever it passes: keep nothing of it, find nothing in it, tell nobody its address."""


@router.post(
    "/articles/{ref}/preview-links", status_code=201, response_model=schemas.PreviewLinkCreated,
    responses=problems(*_READS),
)  # fmt: skip
async def create_preview_link(
    request: Request, ref: ArticleRef, order: Order, desk: Sharer, session: Repeatable, settings: AppSettings
) -> Response:
    """Make a link that shows the working copy, or one revision, to somebody without a key. Its `url` is shown in this answer only."""
    article = await articles.get_article(session, ref, for_change=True)
    link, token = await actions.create_link(session, article, order, by=desk.actor, key=settings.signing_key)
    made = schemas.created_out(link, token)
    request.state.kept_answer = answer(made.model_copy(update={"url": None}), status=201, headers=PRIVATE)
    return answer(made, status=201, headers=PRIVATE)


@router.get("/articles/{ref}/preview-links", response_model=schemas.PreviewLinkPage, responses=problems(*_READS))
async def list_preview_links(
    request: Request, ref: ArticleRef, _desk: Sharer, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List the links of an article, the newest first, expired and revoked ones included; never their tokens."""
    article = await articles.get_article(session, ref)
    pager = Pager(settings.signing_key, f"preview links {article.id}")
    rows = await queries.list_links(session, article.id, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda link: [link.id])
    return private_list_answer(request, page.wire([schemas.link_out(link).model_dump(mode="json") for link in page.rows]))


@router.delete("/articles/{ref}/preview-links/{link_id}", status_code=204, responses=problems(*_READS, PreviewNotFound))
async def revoke_preview_link(ref: ArticleRef, link_id: LinkId, desk: Sharer, session: Writer) -> Response:
    """Revoke a link: it shows nothing any more. It stays in the list; revoking it again changes nothing."""
    article = await articles.get_article(session, ref, for_change=True)
    await actions.revoke_link(session, await queries.get_link(session, article.id, actions.uuid_of(link_id)), by=desk.actor)
    return Response(status_code=204)


@router.get("/previews", response_model=schemas.Preview, responses=problems(PreviewNotFound, ArticleTakenDown))
async def get_preview(token: Token, session: Reader, settings: AppSettings) -> Response:
    """Show the article that a preview link leads to, as readers would be shown it. No key is needed; no cache keeps it."""
    if not tokens.is_ours(settings.signing_key, token):
        raise PreviewNotFound
    link, article = await queries.open_link(session, token)
    return answer(await queries.show(session, link, article), headers=_UNSEEN)
