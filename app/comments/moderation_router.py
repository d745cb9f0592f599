"""Where comments wait for a moderator, and are moderated."""

from fastapi import Request, Response

from app.access.errors import Forbidden, OutsideSections, Unauthorized
from app.access.guards import Caller
from app.comments import actions, pages, queries, schemas, signals
from app.comments.errors import CommentDeleted, CommentNotFound
from app.comments.guards import CommentId, Moderator, OneArticle, Statuses, Watcher
from app.core import ids
from app.core.caching import PRIVATE
from app.core.database import WriteSession
from app.core.errors import (
    CursorMismatch,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InvalidParameter,
    PreconditionRequired,
    ValidationFailed,
    VersionMismatch,
)
from app.core.http import AppSettings, IfMatch, Reader, Repeatable, Router, Writer, answer, answer_version, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut

_CHANGES = problems(
    Unauthorized, Forbidden, OutsideSections, CommentNotFound, CommentDeleted, VersionMismatch, PreconditionRequired, ValidationFailed,
    InvalidParameter, IdempotencyKeyInUse, IdempotencyKeyReused,
)  # fmt: skip

router = Router(prefix="/v1/moderation/comments", tags=["comments"])


@router.get(
    "", response_model=schemas.ModerationPage,
    responses=problems(Unauthorized, Forbidden, InvalidParameter, CursorMismatch),
)  # fmt: skip
async def list_comments_for_moderation(
    request: Request, _desk: Watcher, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    status: Statuses = "pending", article: OneArticle = None,
) -> Response:  # fmt: skip
    """List comments to be looked at, the oldest first; those that are pending, unless `status` says otherwise."""
    statuses, key = sorted(set(status.split(","))), settings.signing_key
    pager = Pager(key, f"moderation:{article}:{','.join(statuses)}")
    within = None if article is None else ids.decode("art", article)
    rows = await queries.list_for_moderation(session, statuses, within, pages.position_in(pager, cursor), limit + 1)
    page = cut(rows, limit, pager, pages.position_of)
    data = [schemas.moderated_out(row, pages.left_out(key, row)) for row in page.rows]
    return private_list_answer(request, page.wire(data))


@router.get(
    "/{comment_id}/decisions", response_model=schemas.Decisions,
    responses=problems(Unauthorized, Forbidden, CommentNotFound, InvalidParameter),
)  # fmt: skip
async def list_decisions(comment_id: CommentId, _desk: Watcher, session: Reader) -> Response:
    """List what was decided about a comment: when, by whom and why, the oldest first."""
    decisions = await queries.list_decisions(session, schemas.uuid_of(comment_id))
    return answer({"data": [schemas.decision_out(decision) for decision in decisions]}, headers=PRIVATE)


@router.get(
    "/{comment_id}/signals", response_model=schemas.Signals,
    responses=problems(Unauthorized, Forbidden, CommentNotFound, InvalidParameter),
)  # fmt: skip
async def list_signals(comment_id: CommentId, _desk: Watcher, session: Reader) -> Response:
    """List what checks said of a comment as it stands: why it is held, or what a moderator should look at.

    A check that found nothing says nothing.
    """
    wanted = schemas.uuid_of(comment_id)
    await queries.insist(session, wanted)
    found = await signals.of(session, [wanted])
    return answer({"data": [schemas.signal_out(row) for row in found.get(wanted, ())]}, headers=PRIVATE)


@router.post("/{comment_id}/approve", response_model=schemas.Comment, responses=_CHANGES, dependencies=[Repeatable])
async def approve_comment(
    comment_id: CommentId, desk: Moderator, session: Writer, settings: AppSettings, match: IfMatch,
    order: schemas.Verdict | None = None,
) -> Response:  # fmt: skip
    """Let readers see a comment, and whatever under it only waited for that. Safe to repeat."""
    return await _moderate(session, settings.signing_key, comment_id, "approved", desk, match, order)


@router.post("/{comment_id}/reject", response_model=schemas.Comment, responses=_CHANGES, dependencies=[Repeatable])
async def reject_comment(
    comment_id: CommentId, desk: Moderator, session: Writer, settings: AppSettings, match: IfMatch,
    order: schemas.Verdict | None = None,
) -> Response:  # fmt: skip
    """Keep a comment from readers, with everything under it. It can be approved later. Safe to repeat."""
    return await _moderate(session, settings.signing_key, comment_id, "rejected", desk, match, order)


@router.post("/{comment_id}/spam", response_model=schemas.Comment, responses=_CHANGES, dependencies=[Repeatable])
async def mark_comment_as_spam(
    comment_id: CommentId, desk: Moderator, session: Writer, settings: AppSettings, match: IfMatch,
    order: schemas.Verdict | None = None,
) -> Response:  # fmt: skip
    """Keep a comment from readers because it is advertising. It can be approved later. Safe to repeat."""
    return await _moderate(session, settings.signing_key, comment_id, "spam", desk, match, order)


async def _moderate(
    session: WriteSession, key: bytes, comment_id: str, status: schemas.Status, desk: Caller, match: int | None,
    order: schemas.Verdict | None,
) -> Response:  # fmt: skip
    wanted, reason = schemas.uuid_of(comment_id), None if order is None else order.reason
    comment = await actions.moderate(session, wanted, status, by=desk.actor, if_match=match, reason=reason)
    return answer_version(schemas.comment_out(comment, pages.left_out(key, comment)))
