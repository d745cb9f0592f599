"""Where moderators look at reports and appeals, and impose sanctions."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Request, Response

from app.access.errors import OutsideSections
from app.comments.actions import Grounds
from app.comments.errors import CommentDeleted, CommentNotFound
from app.comments.guards import CommentId
from app.comments.models import Comment
from app.comments.schemas import uuid_of
from app.comments.threads.pages import position_in
from app.core import clock, ids
from app.core.caching import PRIVATE
from app.core.database import ReadSession
from app.core.errors import Fault, ValidationFailed
from app.core.http import AppSettings, Reader, Repeatable, Router, Writer, answer, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.moderation import appealing, cleaning, queries, reporting, sanctioning, second_look
from app.moderation import process_schemas as schemas
from app.moderation.errors import AppealDecided, AppealForAnother, AppealNotFound, CommentLeased, SanctionNotFound
from app.moderation.guards import Moderator, Watcher
from app.moderation.outcomes import batch_out

MOST_REPORTS = 200

router = Router(prefix="/v1/moderation", tags=["moderation"])
SanctionId = Annotated[
    str, Path(pattern=ids.pattern("san"), max_length=40, description="The sanction's id.", examples=[ids.encode("san", ids.EXAMPLE)])
]
OnAuthorOf = Annotated[
    str | None,
    Query(
        alias="author_of", max_length=40, pattern=ids.pattern("cmt"), examples=[ids.encode("cmt", ids.EXAMPLE)],
        description="Only those on whoever wrote this comment.",
    ),
]  # fmt: skip


@router.get("/comments/{comment_id}/reports", response_model=schemas.ReceivedReports, responses=problems(CommentNotFound))
async def list_reports(comment_id: CommentId, _desk: Moderator, session: Reader, settings: AppSettings) -> Response:
    """List what people have against a comment, the last first."""
    row = await queries.get_queued(session, uuid_of(comment_id))
    found = await reporting.list_reports(session, row.id, MOST_REPORTS)
    key = settings.signing_key
    return answer({"data": [schemas.received_out(one, reporting.opened_contact(key, one.contact)) for one in found]}, headers=PRIVATE)


@router.get("/appeals", response_model=schemas.AppealPage)
async def list_appeals(
    request: Request, desk: Watcher, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    outcome: Annotated[Literal["open", "upheld", "overturned"], Query(description="What became of them; `open` wait.")] = "open",
) -> Response:  # fmt: skip
    """List appeals, the oldest first: those that wait, unless `outcome` says otherwise."""
    pager = Pager(settings.signing_key, f"appeals {outcome}")
    rows = await appealing.list_appeals(session, outcome, position_in(pager, cursor), limit + 1)
    page = cut(rows, limit, pager, lambda row: [row.Appeal.at, row.Appeal.comment_id])
    decisions = await second_look.decisions_appealed(session, [row.Appeal.comment_id for row in page.rows])
    others = await second_look.for_others(session, decisions, desk.actor) if settings.appeals_by_another else set()
    data = [
        schemas.received_appeal_out(
            row.Appeal, row.status, decisions.get(row.Appeal.comment_id), for_another=row.Appeal.comment_id in others
        )
        for row in page.rows
    ]
    return private_list_answer(request, page.wire(data))


@router.post(
    "/appeals/{comment_id}/decide", response_model=schemas.AppealOut,
    responses=problems(
        OutsideSections, CommentNotFound, AppealNotFound, AppealDecided, AppealForAnother, CommentLeased, CommentDeleted
    ),
)  # fmt: skip
async def decide_appeal(
    comment_id: CommentId, order: schemas.AppealVerdict, desk: Moderator, session: Repeatable, settings: AppSettings
) -> Response:
    """Decide about the appeal of whoever wrote a comment: let the decision stand, or overturn it and show the comment. It is final.

    Whoever decided first does not decide about it, where another key may moderate there.
    """
    said, by_another = appealing.Answer(order.outcome, order.statement, order.reason), settings.appeals_by_another
    found = await appealing.decide(session, uuid_of(comment_id), said, by=desk.actor, by_another=by_another)
    return answer(schemas.appeal_out(found), headers=PRIVATE)


@router.get("/sanctions", response_model=schemas.SanctionPage, responses=problems(CommentNotFound))
async def list_sanctions(
    request: Request, _desk: Watcher, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    active: Annotated[bool, Query(description="Only those in force.")] = True, comment: OnAuthorOf = None,
) -> Response:  # fmt: skip
    """List sanctions, the last first. A key that keeps to sections sees those for which a comment there gave the occasion."""
    of = None if comment is None else await _author_of(session, uuid_of(comment))
    pager = Pager(settings.signing_key, f"sanctions {active} {comment}")
    rows = await sanctioning.list_sanctions(session, active=active, of=of, position=position_in(pager, cursor), limit=limit + 1)
    page = cut(rows, limit, pager, lambda sanction: [sanction.at, sanction.id])
    now, cleaned = clock.now(), await cleaning.of(session, [one.id for one in page.rows])
    return private_list_answer(request, page.wire([schemas.sanction_out(one, cleaned.get(one.id), now) for one in page.rows]))


@router.post(
    "/sanctions", status_code=201, response_model=schemas.SanctionImposed,
    responses=problems(OutsideSections, CommentNotFound),
)  # fmt: skip
async def create_sanction(order: schemas.SanctionCreate, desk: Moderator, session: Repeatable) -> Response:
    """Impose a sanction on whoever wrote a comment, on the whole site. Cleaning up what they have written takes `comments:admin` too.

    The last 100 of their comments go at once; the worker takes the rest, and `cleaning` of the sanction says how far it is.
    """
    desk.demand_everywhere("comments:moderate")
    if order.clean_up is not None:
        desk.demand_everywhere("comments:admin")
    _refuse_senseless(order)
    comment = await _author_of(session, uuid_of(order.comment))
    grounds = Grounds(order.reason, order.code, order.statement)
    sanction = await sanctioning.impose(session, comment, sanctioning.Measure(order.kind, order.on, order.until, grounds), by=desk.actor)
    cleaned = batch = None
    if order.clean_up is not None:
        wanted = cleaning.Cleaning(order.clean_up.verdict, order.clean_up.since)
        cleaned, begun = await cleaning.begin(session, sanction, wanted)
        batch = batch_out(begun, wanted.verdict)
    body = {**schemas.sanction_out(sanction, cleaned, clock.now()), "clean_up": batch}
    return answer(body, status=201, headers={**PRIVATE, "Location": f"/v1/moderation/sanctions/{body['id']}"})


@router.get("/sanctions/{sanction_id}", response_model=schemas.SanctionOut, responses=problems(SanctionNotFound))
async def get_sanction(sanction_id: SanctionId, _desk: Watcher, session: Reader) -> Response:
    """Show one sanction."""
    found = await sanctioning.get_sanction(session, ids.decode("san", sanction_id))
    cleaned = await cleaning.of(session, [found.id])
    return answer(schemas.sanction_out(found, cleaned.get(found.id), clock.now()), headers=PRIVATE)


@router.delete("/sanctions/{sanction_id}", status_code=204, responses=problems(OutsideSections, SanctionNotFound))
async def lift_sanction(sanction_id: SanctionId, desk: Moderator, session: Writer) -> Response:
    """Lift a sanction, and end what is still cleaned up with it. That there was one stays on record; one that is over stays as it is."""
    desk.demand_everywhere("comments:moderate")
    await sanctioning.lift(session, ids.decode("san", sanction_id), by=desk.actor)
    return Response(status_code=204)


def _refuse_senseless(order: schemas.SanctionCreate) -> None:
    """Raise ValidationFailed where the end does not go with the kind."""
    wrong = None
    if order.until is not None and order.until <= clock.now():
        wrong = Fault("past", "It would be over already.", "#/until")
    elif order.kind == "suspend" and order.until is None:
        wrong = Fault("missing", "A suspension ends some time; for good it is a ban.", "#/until")
    elif order.kind == "ban" and order.until is not None:
        wrong = Fault("forbidden", "A ban has no end; until a moment it is a suspension.", "#/until")
    if wrong is not None:
        raise ValidationFailed(errors=[wrong])


async def _author_of(session: ReadSession, wanted: UUID) -> Comment:
    row = await queries.get_queued(session, wanted)
    return await session.get_one(Comment, row.id)
