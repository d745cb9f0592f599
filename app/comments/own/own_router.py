"""Where people see and change comments of their own."""

from fastapi import Request, Response

from app.comments import schemas
from app.comments.errors import CommentDeleted, CommentNotFound, EditingOver
from app.comments.guards import CheckBounds, ClaimToken, CommentId, Writing
from app.comments.own import own, own_schemas
from app.comments.threads import pages
from app.core.database import ReadSession
from app.core.http import AppSettings, IfMatch, Reader, Router, Writer, answer_version, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.readers.errors import MembersUnavailable, Sanctioned
from app.readers.guards import MemberOnly, Participant, Visitor

_REFUSALS = (CommentNotFound, MembersUnavailable)
_CHANGES = (*_REFUSALS, CommentDeleted)

router = Router(prefix="/v1/me/comments", tags=["comments"])


@router.get("", response_model=own_schemas.OwnPage, responses=problems(MembersUnavailable))
async def list_own_comments(
    request: Request, who: MemberOnly, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List what you have written as a member, whatever became of it, the newest first."""
    key, member = settings.signing_key, who.member_id
    pager = Pager(key, f"own:{member}")
    rows = [] if member is None else await own.list_own(session, member, pages.position_in(pager, cursor), limit + 1)
    page = cut(rows, limit, pager, pages.position_of)
    return private_list_answer(request, page.wire([schemas.moderated_out(row, pages.left_out(key, row)) for row in page.rows]))


@router.get("/{comment_id}", response_model=own_schemas.OwnComment, responses=problems(*_REFUSALS))
async def get_own_comment(
    comment_id: CommentId, voice: Visitor, session: Reader, settings: AppSettings, claim: ClaimToken = None
) -> Response:
    """Show a comment of yours, whatever became of it: by your token as a member, or as a guest by the one that came with it."""
    row = await own.get_own(session, schemas.uuid_of(comment_id), voice.who, claim)
    return answer_version(await _wire(session, settings.signing_key, row))


@router.patch("/{comment_id}", response_model=own_schemas.OwnComment, responses=problems(*_CHANGES, EditingOver, Sanctioned))
async def update_own_comment(
    comment_id: CommentId, patch: own_schemas.OwnUpdate, voice: Writing, session: Writer, settings: AppSettings, bounds: CheckBounds,
    match: IfMatch, claim: ClaimToken = None,
) -> Response:  # fmt: skip
    """Change the words of a comment of yours, for as long as its discussion allows.

    They are looked at as if they were posted, and may have to wait for a moderator.
    """
    wanted = schemas.uuid_of(comment_id)
    await own.get_own(session, wanted, voice.who, claim)
    comment = await own.edit(session, wanted, patch, voice.who, bounds, if_match=match)
    return answer_version(await _wire(session, settings.signing_key, comment))


@router.delete("/{comment_id}", status_code=204, responses=problems(*_CHANGES))
async def delete_own_comment(
    comment_id: CommentId, voice: Participant, session: Writer, match: IfMatch, claim: ClaimToken = None
) -> Response:
    """Take a comment of yours back, for good. Doing so twice is no error.

    Where replies to it can be read, a tombstone keeps its place.
    """
    wanted = schemas.uuid_of(comment_id)
    await own.get_own(session, wanted, voice.who, claim)
    await own.delete(session, wanted, if_match=match)
    return Response(status_code=204)


async def _wire(session: ReadSession, key: bytes, comment: object) -> dict[str, object]:
    return own_schemas.own_out(comment, pages.left_out(key, comment), await own.editable_until(session, comment))
