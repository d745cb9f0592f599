"""Where an article's history is read, and brought back."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import Body, Depends, Path, Query, Request, Response

from app.access.guards import Caller, require
from app.articles import whole
from app.articles.errors import ArticleEmbargoed, ArticleNotFound, HasTranslations, TranslationTaken
from app.articles.guards import CHANGES, ArticleRef, Reporter, demand_html
from app.articles.queries import get_article
from app.articles.schemas import ArticleDraft
from app.articles.working_copy.content import raw_html
from app.comparing.differences import differences
from app.core.caching import PRIVATE
from app.core.database import Database
from app.core.errors import SlugTaken
from app.core.http import (
    AppSettings,
    IfMatch,
    Reader,
    Repeatable,
    Router,
    answer,
    answer_version,
    get_database,
    problems,
)
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pages.docs import POLICY
from app.core.pagination import Pager, cut
from app.history import actions, pages, queries, schemas
from app.history.errors import RevisionNotFound

router = Router(prefix="/v1/articles/{ref}/revisions", tags=["revisions"])
Historian = Annotated[Caller, Depends(require("articles:read"))]
Primary = Annotated[Database, Depends(get_database)]
_READS = (ArticleNotFound,)
_RESTORE: dict[str, Any] = {
    "whole": {"summary": "All of it", "value": {}},
    "part": {"summary": "Only the text", "value": {"fields": ["headline", "body"]}},
}


def _number(description: str) -> Any:
    return Path(ge=1, le=2**53, description=description, examples=[1])


Number = Annotated[int, _number("The number of a revision, or any version of the article: what it was then.")]
Before = Annotated[int, _number("The revision, or version, to begin with.")]
After = Annotated[int, _number("The one to lead to.")]
FormatParameter = Annotated[
    Literal["json", "html"] | None, Query(description="`json`, or `html` for a page that people read.", examples=["html"])
]


@router.get("", response_model=schemas.RevisionPage, responses=problems(*_READS))
async def list_revisions(
    request: Request, ref: ArticleRef, _desk: Historian, session: Reader, database: Primary, settings: AppSettings,
    limit: Limit = 20, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """List the saved states of a working copy, the newest first: who made each, when, through what and why."""
    article = await queries.get_article(database, session, ref)
    pager = Pager(settings.signing_key, f"revisions {article.id}")
    rows = await queries.list_revisions(session, article, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda row: [row.number])
    published = await queries.published_number(session, article)
    return private_list_answer(request, page.wire([schemas.revision_out(row, article, published) for row in page.rows]))


@router.get("/{number}", response_model=schemas.Revision, responses=problems(*_READS, RevisionNotFound))
async def get_revision(ref: ArticleRef, number: Number, _desk: Historian, session: Reader, database: Primary) -> Response:
    """Show what a working copy was at a revision."""
    article = await queries.get_article(database, session, ref)
    (row,) = await queries.get_revisions(session, article, number)
    body = {**schemas.revision_out(row, article, await queries.published_number(session, article)), "content": row.content}
    return answer(body, headers=PRIVATE)


@router.get(
    "/{a}...{b}/diff", response_model=schemas.RevisionDiff,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}},
        **problems(*_READS, RevisionNotFound),
    },
)  # fmt: skip
async def diff_revisions(
    request: Request, ref: ArticleRef, a: Before, b: After, _desk: Historian, session: Reader, database: Primary,
    format: FormatParameter = None,
) -> Response:  # fmt: skip
    """Show what differs between two revisions, block by block and word by word, either way round; as JSON, or as a page for people.

    Which one it is `format` says, or else the `Accept` header.
    """
    article = await queries.get_article(database, session, ref)
    one, other = await queries.get_revisions(session, article, a, b)
    published = await queries.published_number(session, article)
    before, after = (schemas.revision_out(row, article, published) for row in (one, other))
    changes = await asyncio.to_thread(differences, one.content, other.content)
    headers = {**PRIVATE, "Vary": "Accept"}
    if format == "html" or (format is None and prefers_html(request.headers.get("accept", ""))):
        page = pages.diff_page(before, after, changes)
        return Response(page, headers={**headers, "Content-Security-Policy": POLICY}, media_type="text/html; charset=utf-8")
    return answer({"before": before, "after": after, "changes": [schemas.difference_out(one) for one in changes]}, headers=headers)


def prefers_html(accept: str) -> bool:
    """Whether a client asks for a page and not for JSON."""
    return "text/html" in accept and "json" not in accept


@router.post(
    "/{number}/restore", response_model=ArticleDraft,
    responses=problems(*CHANGES, RevisionNotFound, SlugTaken, ArticleEmbargoed, TranslationTaken, HasTranslations),
)  # fmt: skip
async def restore_revision(
    ref: ArticleRef, number: Number, order: Annotated[schemas.RestoreOrder, Body(openapi_examples=_RESTORE)],
    desk: Reporter, session: Repeatable, match: IfMatch,
) -> Response:  # fmt: skip
    """Make the working copy what it was at a revision, whole or in some fields, as a new revision; readers see it when it is published.

    Bringing back what it is already changes nothing. A revision that refers to a section, an author or a tag that is gone is refused
    with their pointers; leave those fields out.
    """
    article = await get_article(session, ref, for_change=True)
    known = raw_html(article.body)
    article = await actions.restore_revision(session, article, number, order.fields, by=desk.actor, if_match=match)
    demand_html(desk, raw_html(article.body) - known)
    return answer_version(await whole.draft(session, article))
