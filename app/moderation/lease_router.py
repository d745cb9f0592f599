"""Where moderators say what they look at, so that nobody else does."""

from fastapi import Response

from app.access.errors import OutsideSections
from app.comments.errors import CommentNotFound
from app.comments.guards import CommentId
from app.comments.schemas import uuid_of
from app.core.caching import PRIVATE
from app.core.http import AppSettings, Repeatable, Router, Writer, answer, problems
from app.moderation import leasing, queries, records, schemas
from app.moderation.errors import CommentLeased
from app.moderation.guards import Moderator, Queue

router = Router(prefix="/v1/moderation", tags=["moderation"])


@router.post(
    "/leases", response_model=schemas.Leased,
)  # fmt: skip
async def lease_next_comments(
    order: schemas.LeasesOrder, desk: Moderator, sought: Queue, session: Repeatable, settings: AppSettings
) -> Response:
    """Take the next comments of a queue that nobody else looks at. The parameters are those of the queue.

    Others are not given them, and cannot decide about them, until the lease ends: with your decision, or by itself. What you have already
    is among them, so a desk that was closed finds its work again.
    """
    rows = await leasing.take_next(session, sought, desk.actor, most=order.limit, seconds=order.seconds)
    return answer({"data": await records.queued(session, settings.signing_key, rows, desk.actor.id)}, headers=PRIVATE)


@router.put(
    "/comments/{comment_id}/lease", response_model=schemas.LeaseOut,
    responses=problems(OutsideSections, CommentNotFound, CommentLeased),
)  # fmt: skip
async def lease_comment(comment_id: CommentId, order: schemas.LeaseOrder, desk: Moderator, session: Writer) -> Response:
    """Take one comment to look at it, or keep it for longer."""
    row = await queries.get_queued(session, uuid_of(comment_id))
    taken = await leasing.take(session, [row.id], desk.actor, order.seconds, take_over=order.take_over)
    lease = (await leasing.leases_of(session, [row.id])).get(row.id)
    if not taken:
        leasing.demand(lease, desk.actor)
    return answer(schemas.lease_out(lease, desk.actor.id), headers=PRIVATE)


@router.delete("/comments/{comment_id}/lease", status_code=204, responses=problems(CommentNotFound))
async def release_comment(comment_id: CommentId, desk: Moderator, session: Writer) -> Response:
    """Give a comment back. Where you have no lease of it, nothing changes."""
    row = await queries.get_queued(session, uuid_of(comment_id))
    await leasing.give_back(session, [row.id], desk.actor)
    return Response(status_code=204)
