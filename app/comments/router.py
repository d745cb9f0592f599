"""Where comments are read, posted and changed."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from app.access.errors import OutsideSections
from app.access.guards import Caller
from app.articles import reach
from app.articles.errors import ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef
from app.articles.records import comments as discussion
from app.articles.shown.sighting import sight
from app.comments import actions, posting, queries, schemas
from app.comments.authors import ask_for_staff, refuse_staff_names, signed
from app.comments.errors import CommentDeleted, CommentNotFound, CommentsClosed, MembersOnly
from app.comments.guards import (
    ArticleIds,
    CheckBounds,
    Checks,
    ClaimToken,
    CommentId,
    Editor,
    Nested,
    OfList,
    Shape,
    Writing,
    may_see_hidden,
)
from app.comments.threads import pages
from app.comments.threads.threads import Listing, line_to
from app.core import clock, ids
from app.core.caching import public_headers, strong_etag
from app.core.database import ReadSession
from app.core.errors import ValidationFailed
from app.core.http import (
    AppSettings,
    IfMatch,
    IfNoneMatch,
    Reader,
    Repeatable,
    Router,
    Writer,
    answer,
    answer_version,
    not_modified,
    problems,
    settings_of,
)
from app.core.lists import next_link
from app.core.refs import Ref
from app.discussion.tags import POLICIES
from app.readers.errors import MembersUnavailable, Sanctioned
from app.readers.guards import Visitor

_POSTING = (Sanctioned, ArticleNotFound, ArticleTakenDown, CommentsClosed, MembersOnly, ValidationFailed, MembersUnavailable)  # fmt: skip

_CHANGES = problems(OutsideSections, CommentNotFound, CommentDeleted, ValidationFailed)  # fmt: skip


router = Router(prefix="/v1", tags=["comments"])


@router.get(
    "/articles/{ref}/comments", response_model=schemas.CommentPage,
    responses=problems(ArticleNotFound, ArticleTakenDown, CommentNotFound),
)  # fmt: skip
async def list_comments(
    request: Request,
    ref: ArticleRef,
    session: Reader,
    settings: AppSettings,
    asked: OfList,
    shape: Shape,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the comments at the top of an article's thread, each with the first of its replies, or the whole thread in one row.

    The cursor of those replies leads on in `/v1/comments/{id}/replies`. With `around` a link to one comment shows it in its place.
    """
    at = clock.now()
    seen = await sight(session, ref, at)
    article, state = ids.encode("art", seen.article_id), seen.stand.state
    etag = strong_etag(article, seen.thread.version, state, asked, shape)
    headers = public_headers(etag, [f"comments:{article}", f"article:{article}", POLICIES], at=at, until=seen.until)
    if (unchanged := not_modified(if_none_match, headers)) is not None:
        return unchanged
    listing = Listing(seen.article_id, sort=shape[0], flat=shape[1])
    if state == "disabled":
        body = pages.empty(settings.signing_key, listing, asked)
    else:
        body = await pages.read(session, settings.signing_key, listing, asked)
    return answer(body, headers=headers | next_link(request, body["page"]["next_cursor"]))


@router.post(
    "/articles/{ref}/comments", status_code=201, response_model=schemas.CommentPosted,
    responses={
        202: {"model": schemas.CommentPosted, "description": "Held until a moderator has seen it"},
        **problems(*_POSTING),
    },
)  # fmt: skip
async def create_comment(
    request: Request, ref: ArticleRef, order: schemas.CommentCreate, voice: Writing, session: Repeatable, checks: Checks
) -> Response:
    """Post a comment under an article: as a guest, who needs no key, or as a member, by their token.

    It shows at once (201), or is held for a moderator (202).
    """
    key, (bounds, names) = settings_of(request).signing_key, checks
    author = signed(voice.who, order.author, key)
    called = ask_for_staff(session, names, voice.who, author)
    origin = posting.asked_ahead(session, author, order.body, bounds, Ref.of("art", ref))
    seen = await sight(session, ref, clock.now())
    await refuse_staff_names(session, names, called)
    policy = seen.discussion.rules.policy(seen.stand)
    comment, token = await posting.post_comment(session, seen.article_id, order, by=voice.caller.actor, origin=origin, policy=policy)
    body = schemas.comment_out(comment, pages.left_out(key, comment))
    status, location = 201 if comment.status == "approved" else 202, f"/v1/comments/{body['id']}"
    # Guests share one space of Idempotency-Keys: a repeated answer must not hand the token to whoever guesses a key.
    request.state.kept_answer = answer_version({**body, "claim_token": None}, status=status, location=location)
    return answer_version({**body, "claim_token": token}, status=status, location=location)


@router.get("/comments/counts", response_model=schemas.CommentCounts)
async def count_comments(session: Reader, article: ArticleIds, if_none_match: IfNoneMatch = None) -> Response:
    """Count the comments of many articles at once, for a page of teasers.

    An article that readers cannot see is left out.
    """
    at = clock.now()
    wanted = {text: found for text in article.split(",") if (found := ids.decode("art", text)) is not None}
    threads = await queries.threads_seen(session, list(wanted.values()), at)
    known = {text: threads.seen[one] for text, one in wanted.items() if one in threads.seen}
    data = [{"article": text, **discussion(thread.visible_count, stand)} for text, (thread, stand) in known.items()]
    tags = [*(f"{kind}:{text}" for text in wanted for kind in ("comments", "article")), POLICIES]
    headers = public_headers(strong_etag(data), tags, at=at, until=threads.until)
    return not_modified(if_none_match, headers) or answer({"data": data}, headers=headers)


@router.get(
    "/comments/{comment_id}", response_model=schemas.Comment,
    responses=problems(CommentNotFound, MembersUnavailable),
)  # fmt: skip
async def get_comment(
    comment_id: CommentId, voice: Visitor, session: Reader, settings: AppSettings, replies: Nested = 3,
    claim: ClaimToken = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """Show one comment with the first of its replies.

    A held one is shown to whoever posted it, and to keys with `comments:read` or `comments:moderate`.
    """
    at, key = clock.now(), settings.signing_key
    found = await queries.find_comment(session, schemas.uuid_of(comment_id), at)
    mine = found is not None and (await _may_see(voice.caller, session, found) or actions.is_author(found.row, voice.who, claim))
    if found is None or not (found.public or mine):
        raise CommentNotFound(f"Readers see no comment {comment_id}.")
    if not found.public:
        return answer_version(schemas.comment_out(found.row, pages.left_out(key, found.row)))
    headers = _public_headers(found, replies, at=at)
    if (unchanged := not_modified(if_none_match, headers)) is not None:
        return unchanged
    return answer((await pages.nest(session, key, [found.row], replies))[0], headers=headers)


async def _may_see(caller: Caller, session: ReadSession, found: queries.Found) -> bool:
    """Whether the caller sees a comment that readers do not see."""
    return may_see_hidden(caller) and await reach.holds(session, found.row.article_id)


@router.get(
    "/comments/{comment_id}/replies", response_model=schemas.CommentPage,
    responses=problems(CommentNotFound),
)  # fmt: skip
async def list_replies(
    request: Request, comment_id: CommentId, session: Reader, settings: AppSettings, asked: OfList,
    sort: Annotated[schemas.Sort, Query(description="By time, or by votes.")] = "oldest", if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List the direct replies to a comment, each with the first of its own."""
    at = clock.now()
    found = await queries.get_public_comment(session, schemas.uuid_of(comment_id), at)
    headers = _public_headers(found, "replies", asked, sort, at=at)
    if (unchanged := not_modified(if_none_match, headers)) is not None:
        return unchanged
    listing = Listing(found.row.article_id, found.row.id, found.row.depth + 1, sort)
    body = await pages.read(session, settings.signing_key, listing, asked)
    return answer(body, headers=headers | next_link(request, body["page"]["next_cursor"]))


@router.get(
    "/comments/{comment_id}/ancestors", response_model=schemas.Ancestors, responses=problems(CommentNotFound)
)  # fmt: skip
async def list_ancestors(comment_id: CommentId, session: Reader, settings: AppSettings, if_none_match: IfNoneMatch = None) -> Response:
    """List what a comment stands under, from the top of its thread down to what it answers."""
    at = clock.now()
    found = await queries.get_public_comment(session, schemas.uuid_of(comment_id), at)
    headers = _public_headers(found, "ancestors", at=at)
    if (unchanged := not_modified(if_none_match, headers)) is not None:
        return unchanged
    line = await line_to(session, found.row.article_id, found.row.id)
    above = [schemas.comment_out(row, pages.left_out(settings.signing_key, row)) for row in line[:-1]]
    return answer({"data": above}, headers=headers)


@router.patch("/comments/{comment_id}", response_model=schemas.Comment, responses=_CHANGES)
async def update_comment(
    comment_id: CommentId, patch: schemas.CommentUpdate, desk: Editor, session: Writer, settings: AppSettings, bounds: CheckBounds,
    match: IfMatch,
) -> Response:  # fmt: skip
    """Change the words of a comment, or the name above them."""
    wanted = schemas.uuid_of(comment_id)
    comment = await actions.edit_comment(session, wanted, patch, by=desk.actor, if_match=match, patience=bounds.patience)
    return answer_version(schemas.comment_out(comment, pages.left_out(settings.signing_key, comment)))


@router.delete("/comments/{comment_id}", status_code=204, responses=_CHANGES)
async def delete_comment(comment_id: CommentId, desk: Editor, session: Writer, match: IfMatch) -> Response:
    """Delete a comment for good. Doing so twice is no error.

    Where replies to it can be read, a tombstone keeps its place.
    """
    await actions.moderate(session, schemas.uuid_of(comment_id), "deleted", by=desk.actor, if_match=match)
    return Response(status_code=204)


def _public_headers(found: queries.Found, *shown: object, at: datetime) -> dict[str, str]:
    comment, article = schemas.comment_id(found.row.id), ids.encode("art", found.row.article_id)
    etag = strong_etag(comment, found.thread.version, *shown, version=found.row.version)
    tags = [f"comment:{comment}", f"comments:{article}", f"article:{article}", POLICIES]
    return public_headers(etag, tags, at=at, until=found.until)
