"""Where comments wait for a moderator, and are moderated one by one."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response

from app.access.errors import OutsideSections
from app.comments import signals
from app.comments.actions import Grounds
from app.comments.errors import CommentDeleted, CommentNotFound
from app.comments.guards import CommentId
from app.comments.schemas import Comment, Signals, Status, comment_out, signal_out, uuid_of
from app.comments.threads import pages
from app.core.caching import PRIVATE
from app.core.errors import ValidationFailed
from app.core.http import AppSettings, IfMatch, Reader, Repeatable, Router, answer, answer_version, problems
from app.core.lists import Cursor, Limit, PatientReader, private_list_answer
from app.core.pagination import Pager, cut
from app.moderation import actions, queries, records, schemas
from app.moderation.errors import CommentLeased
from app.moderation.guards import InArticles, InSection, Moderator, OfLog, Queue, Watcher, articles_in

_CHANGES = problems(OutsideSections, CommentNotFound, CommentDeleted, CommentLeased, ValidationFailed)  # fmt: skip

router = Router(prefix="/v1/moderation", tags=["moderation"])


@router.get("/comments", response_model=schemas.ModerationPage)
async def list_comments_for_moderation(
    request: Request, desk: Watcher, sought: Queue, session: PatientReader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List comments to be looked at: those that are pending, the oldest first, unless the parameters say otherwise. Filters combine."""
    pager = Pager(settings.signing_key, f"moderation {sought.purpose()}")
    rows = await queries.list_queue(session, sought, pages.position_in(pager, cursor), limit + 1)
    page = cut(rows, limit, pager, pages.position_of)
    return private_list_answer(request, page.wire(await records.queued(session, settings.signing_key, page.rows, desk.actor.id)))


@router.get("/comments/{comment_id}", response_model=schemas.QueuedComment, responses=problems(CommentNotFound))
async def get_comment_for_moderation(comment_id: CommentId, desk: Watcher, session: Reader, settings: AppSettings) -> Response:
    """Show one comment as moderators look at it, whatever its state."""
    row = await queries.get_queued(session, uuid_of(comment_id))
    return answer_version((await records.queued(session, settings.signing_key, [row], desk.actor.id))[0])


@router.get("/comments/{comment_id}/decisions", response_model=schemas.Decisions, responses=problems(CommentNotFound))
async def list_decisions(comment_id: CommentId, _desk: Watcher, session: Reader) -> Response:
    """List what was decided about a comment: when, by whom and why, the oldest first."""
    decisions = await queries.list_decisions(session, uuid_of(comment_id))
    return answer({"data": [schemas.decision_out(decision) for decision in decisions]}, headers=PRIVATE)


@router.get("/queues", response_model=schemas.Queues)
async def list_queues(_desk: Watcher, session: PatientReader, section: InSection = None, article: InArticles = None) -> Response:
    """List the queues, with how many comments each holds and since when the oldest waits."""
    depths = await queries.count_queues(session, queries.Sought((), articles_in(article), section))
    rows = [(name, *depths[name]) for name in queries.QUEUES]
    return answer(schemas.queues_out(rows, queries.MOST_COUNTED), headers=PRIVATE)


@router.get("/log", response_model=schemas.LogPage)
async def list_moderation_log(
    request: Request, _desk: Watcher, wanted: OfLog, session: PatientReader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """Look into what was done about comments, by whom and why, the newest first. Nothing in it is ever changed. Filters combine."""
    pager = Pager(settings.signing_key, f"moderation log {wanted.purpose()}")
    rows = await queries.list_log(session, wanted, pages.position_in(pager, cursor), limit + 1)
    page = cut(rows, limit, pager, lambda action: [action.at, action.id])
    return private_list_answer(request, page.wire([schemas.entry_out(action) for action in page.rows]))


@router.get("/comments/{comment_id}/signals", response_model=Signals, responses=problems(CommentNotFound))
async def list_signals(comment_id: CommentId, _desk: Watcher, session: Reader) -> Response:
    """List what checks said of a comment as it stands: why it is held, or what to look at. A check that found nothing says nothing."""
    row = await queries.get_queued(session, uuid_of(comment_id))
    found = await signals.of(session, [row.id])
    return answer({"data": [signal_out(signal) for signal in found.get(row.id, ())]}, headers=PRIVATE)


@router.get("/reasons", response_model=schemas.Reasons)
async def list_reasons(_desk: Watcher) -> Response:
    """List the reasons that a decision can have, each with the sentence that whoever wrote the comment is told."""
    return answer(schemas.reasons_out(), headers=PRIVATE)


async def _open(
    comment_id: CommentId, desk: Moderator, session: Repeatable, settings: AppSettings, match: IfMatch, order: schemas.Verdict | None = None
) -> Callable[[Status], Awaitable[Response]]:
    """What every verdict takes; by it, the comment gets the state that the verdict means."""

    async def decide(status: Status) -> Response:
        said = order or schemas.Verdict()
        move, grounds = actions.Move(uuid_of(comment_id), status, match), Grounds(said.reason, said.code, said.statement)
        comment = await actions.rule(session, move, grounds, by=desk.actor)
        return answer_version(comment_out(comment, pages.left_out(settings.signing_key, comment)))

    return decide


Case = Annotated[Callable[[Status], Awaitable[Response]], Depends(_open)]


@router.post("/comments/{comment_id}/approve", response_model=Comment, responses=_CHANGES)
async def approve_comment(decide: Case) -> Response:
    """Let readers see a comment, and whatever under it only waited for that. Safe to repeat."""
    return await decide("approved")


@router.post("/comments/{comment_id}/reject", response_model=Comment, responses=_CHANGES)
async def reject_comment(decide: Case) -> Response:
    """Keep a comment from readers, with everything under it. It can be approved later. Safe to repeat."""
    return await decide("rejected")


@router.post("/comments/{comment_id}/spam", response_model=Comment, responses=_CHANGES)
async def mark_comment_as_spam(decide: Case) -> Response:
    """Keep a comment from readers because it is advertising. It can be approved later. Safe to repeat."""
    return await decide("spam")


@router.post("/comments/{comment_id}/hold", response_model=Comment, responses=_CHANGES)
async def hold_comment(decide: Case) -> Response:
    """Take a comment back from readers, or from those that were rejected, to be looked at again. Safe to repeat."""
    return await decide("pending")
