"""Where a discussion is followed as it happens."""

from typing import Annotated

from fastapi import Query, Response

from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef
from app.articles.shown.sighting import sight
from app.comments import schemas
from app.comments.threads import following, pages
from app.core import clock, ids
from app.core.caching import public_headers, strong_etag
from app.core.http import AppSettings, IfNoneMatch, Reader, Router, answer, not_modified, problems
from app.core.lists import Limit
from app.discussion.tags import POLICIES
from app.events.errors import ChangesGone

Since = Annotated[
    int | None,
    Query(ge=0, le=2**63 - 1, description="The `next_since` of the answer before; without it, nothing but the number to begin with."),
]

router = Router(prefix="/v1/articles/{ref}/comments", tags=["comments"])


@router.get(
    "/changes", response_model=schemas.CommentChanges,
    responses=problems(ArticleNotFound, ArticleTakenDown, ChangesGone),
)  # fmt: skip
async def list_comment_changes(
    ref: ArticleRef, session: Reader, settings: AppSettings, since: Since = None, limit: Limit = 100, if_none_match: IfNoneMatch = None
) -> Response:
    """Follow an article's discussion: which comments are new since then, which changed, and which are gone.

    Ask without `since`, load the list, then go on with `next_since`. Everybody who asks from the same number gets the same, cached answer.
    `/v1/articles/{ref}/changes/stream` tells at once when there is something to ask for.
    """
    at = clock.now()
    seen = await sight(session, ref, at)
    article, state = ids.encode("art", seen.article_id), seen.stand.state
    found = await following.changes_since(session, seen.article_id, since, limit)
    etag = strong_etag(article, seen.thread.version, state, since, limit, found.reached)
    headers = public_headers(etag, [f"comments:{article}", f"article:{article}", POLICIES], at=at, until=seen.until)
    if (unchanged := not_modified(if_none_match, headers)) is not None:
        return unchanged
    hidden, key = state == "disabled", settings.signing_key
    new, changed = (
        [schemas.comment_out(row, pages.left_out(key, row)) for row in rows if not hidden] for rows in (found.new, found.changed)
    )  # fmt: skip
    body = {
        "new": new, "changed": changed, "removed": [schemas.comment_id(one) for one in found.removed],
        "count": 0 if hidden else seen.thread.visible_count, "next_since": found.reached, "has_more": found.has_more,
    }  # fmt: skip
    return answer(body, headers=headers)
