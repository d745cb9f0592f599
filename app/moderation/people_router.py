"""Where a newsroom gives people what it keeps of them beside what they wrote."""

from fastapi import Request, Response

from app.comments.people import people
from app.comments.people.people_schemas import Person
from app.comments.threads.pages import position_in
from app.core import clock
from app.core.http import AppSettings, Repeatable, Router
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.moderation import kept, kept_schemas
from app.moderation.guards import Administrator

router = Router(prefix="/v1/people", tags=["comments"])


@router.post("/records", response_model=kept_schemas.KeptPage)
async def export_records_of_person(
    request: Request, person: Person, desk: Administrator, session: Repeatable, settings: AppSettings, limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:  # fmt: skip
    """List what else is kept of a person: appeals that they made, reports that they sent, sanctions on them, votes that they cast.

    Reports and votes of guests are not known to be theirs, but for notices under their e-mail address. Nothing is changed. It is a POST, so
    that no e-mail address stands in a URL.
    """
    who, key, now = people.named(person, settings, desk.actor), settings.signing_key, clock.now()
    pager = Pager(key, f"kept of {who.member_id}:{who.email_digest}:{who.comment_id}")
    rows = await kept.list_kept(session, key, who, position_in(pager, cursor), limit + 1)
    page = cut(rows, limit, pager, lambda one: one.position)
    return private_list_answer(request, page.wire([kept_schemas.kept_out(one, key, now) for one in page.rows]))
