"""Where comments are picked, pinned and locked, and where readers find those that are."""

from fastapi import Response

from app.access.errors import OutsideSections
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef
from app.articles.shown.sighting import sight
from app.comments import marking
from app.comments.errors import CommentDeleted, CommentNotFound
from app.comments.guards import CommentId
from app.comments.schemas import Comment, comment_out, uuid_of
from app.comments.threads import pages
from app.core import clock, ids
from app.core.caching import public_headers, strong_etag
from app.core.http import AppSettings, IfMatch, IfNoneMatch, Reader, Router, Writer, answer, answer_version, not_modified, problems
from app.discussion.tags import POLICIES
from app.moderation import queries, schemas
from app.moderation.guards import Moderator

marks = Router(prefix="/v1/moderation/comments", tags=["moderation"])
featured = Router(prefix="/v1/articles/{ref}/comments", tags=["comments"])


@marks.patch(
    "/{comment_id}", response_model=Comment,
    responses=problems(OutsideSections, CommentNotFound, CommentDeleted),
)  # fmt: skip
async def mark_comment(
    comment_id: CommentId, order: schemas.MarksUpdate, desk: Moderator, session: Writer, settings: AppSettings, match: IfMatch
) -> Response:
    """Pick a comment, pin it above the others, or lock it, so that nobody answers it or what stands under it. What is left out stays."""
    wanted = {name: on for name in marking.MARKS if (on := getattr(order, name)) is not None}
    comment = await marking.mark(session, uuid_of(comment_id), wanted, by=desk.actor, if_match=match)
    return answer_version(comment_out(comment, pages.left_out(settings.signing_key, comment)))


@featured.get("/featured", response_model=schemas.Featured, responses=problems(ArticleNotFound, ArticleTakenDown))
async def list_featured_comments(ref: ArticleRef, session: Reader, settings: AppSettings, if_none_match: IfNoneMatch = None) -> Response:
    """List the comments of an article that are pinned, then those that the newsroom picked, the last first: at most 20 of them."""
    at, key = clock.now(), settings.signing_key
    seen = await sight(session, ref, at)
    article, state = ids.encode("art", seen.article_id), seen.stand.state
    etag = strong_etag(article, seen.thread.version, state, "featured")
    headers = public_headers(etag, [f"comments:{article}", f"article:{article}", POLICIES], at=at, until=seen.until)
    if (unchanged := not_modified(if_none_match, headers)) is not None:
        return unchanged
    rows = [] if state == "disabled" else await queries.list_featured(session, seen.article_id)
    return answer({"data": [comment_out(row, pages.left_out(key, row)) for row in rows]}, headers=headers)
