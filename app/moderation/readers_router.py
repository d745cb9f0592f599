"""Where people report comments, see what was decided about their own, and appeal."""

from fastapi import Response

from app.comments.errors import CommentNotFound
from app.comments.guards import ClaimToken, CommentId
from app.comments.own import own
from app.comments.schemas import uuid_of
from app.core.caching import PRIVATE
from app.core.errors import Fault, ValidationFailed
from app.core.http import AppSettings, Reader, Repeatable, Router, Writer, answer, problems
from app.moderation import appealing, reporting
from app.moderation import process_schemas as schemas
from app.moderation.errors import AppealMade, NothingToAppeal
from app.readers.errors import MembersUnavailable, Sanctioned
from app.readers.guards import Participant, Visitor

_REFUSALS = (CommentNotFound, MembersUnavailable)

reports = Router(prefix="/v1/comments/{comment_id}/report", tags=["comments"])
decisions = Router(prefix="/v1/me/comments/{comment_id}", tags=["comments"])


@reports.put("", response_model=schemas.ReportOut, responses=problems(*_REFUSALS, Sanctioned))
async def report_comment(
    comment_id: CommentId, order: schemas.ReportInput, voice: Participant, session: Writer, settings: AppSettings
) -> Response:
    """Tell the moderators what you have against a comment. There is one report of yours, however often you send it.

    Content that is illegal is notified with the code `illegal` and a `notice`.
    """
    if (order.code == "illegal") != (order.notice is not None):
        raise ValidationFailed(errors=[Fault("notice", "A notice goes with the code `illegal`, and that with a notice.", "#/notice")])
    notice = order.notice
    said = None if notice is None else {"explanation": notice.explanation, "law": notice.law, "good_faith": True}
    contact = None if notice is None else reporting.sealed_contact(settings.signing_key, {"name": notice.name, "email": notice.email})
    complaint = reporting.Complaint(order.code, order.note, said, contact)
    report = await reporting.report(session, uuid_of(comment_id), complaint, voice.who, by=voice.caller.actor)
    return answer(schemas.report_out(report), headers=PRIVATE)


@reports.delete("", status_code=204, responses=problems(*_REFUSALS))
async def withdraw_report(comment_id: CommentId, voice: Participant, session: Writer) -> Response:
    """Take your report back. Where there is none, nothing changes."""
    await reporting.withdraw(session, uuid_of(comment_id), voice.who, by=voice.caller.actor)
    return Response(status_code=204)


@decisions.get("/decision", response_model=schemas.DecisionStatus, responses=problems(*_REFUSALS))
async def get_decision(comment_id: CommentId, voice: Visitor, session: Reader, claim: ClaimToken = None) -> Response:
    """Show how the decision about a comment of yours stands: its state, the reason, and your appeal."""
    row = await own.get_own(session, uuid_of(comment_id), voice.who, claim)
    return answer(schemas.standing_out(await appealing.standing_of(session, row)), headers=PRIVATE)


@decisions.post(
    "/appeal", status_code=201, response_model=schemas.DecisionStatus,
    responses=problems(*_REFUSALS, NothingToAppeal, AppealMade),
)  # fmt: skip
async def appeal_decision(
    comment_id: CommentId, order: schemas.AppealOrder, voice: Participant, session: Repeatable, claim: ClaimToken = None
) -> Response:
    """Appeal against the decision about a comment of yours, once. A moderator looks at it again."""
    row = await own.get_own(session, uuid_of(comment_id), voice.who, claim)
    standing = await appealing.appeal(session, row.id, order.text)
    location = f"/v1/me/comments/{comment_id}/decision"
    return answer(schemas.standing_out(standing), status=201, headers={**PRIVATE, "Location": location})
