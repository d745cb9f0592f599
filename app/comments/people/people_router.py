"""Where a newsroom gives people what they wrote, and erases it."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from app.access.guards import Caller, require
from app.comments.errors import CommentNotFound, ErasureNotFound
from app.comments.people import people, people_schemas
from app.comments.threads import pages
from app.core import ids
from app.core.caching import PRIVATE
from app.core.http import AppSettings, Reader, Repeatable, Router, answer, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut

Administrator = Annotated[Caller, Depends(require("comments:admin"))]
ErasureId = Annotated[
    str, Path(pattern=ids.pattern("era"), max_length=40, description="The erasure's id.", examples=["era_01m82536fhesjaqzv7y0v141hx"])
]

router = Router(prefix="/v1/people", tags=["comments"])


@router.post(
    "/comments", response_model=people_schemas.PersonPage, responses=problems(CommentNotFound)
)  # fmt: skip
async def export_comments_of_person(
    request: Request, person: people_schemas.Person, desk: Administrator, session: Repeatable, settings: AppSettings, limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:  # fmt: skip
    """List everything that a person wrote, whatever became of it, with all that is kept of it.

    Nothing is changed. It is a POST, so that no e-mail address stands in an address.
    """
    who, key = people.named(person, settings, desk.actor), settings.signing_key
    pager = Pager(key, f"person:{who.member_id}:{who.email_digest}:{who.comment_id}")
    page = cut(await people.list_comments(session, who, pages.position_in(pager, cursor), limit + 1), limit, pager, pages.position_of)
    data = [people_schemas.person_comment_out(row, pages.left_out(key, row)) for row in page.rows]
    return private_list_answer(request, page.wire(data))


@router.post(
    "/erasures", status_code=202, response_model=people_schemas.ErasureOut, responses=problems(CommentNotFound)
)  # fmt: skip
async def erase_comments_of_person(
    person: people_schemas.Person, desk: Administrator, session: Repeatable, settings: AppSettings
) -> Response:  # fmt: skip
    """Erase everything that a person wrote, and all by which they are known, for good.

    It is done within seconds by the worker, however much there is. Where others have replied, an empty place stays, so that threads keep
    their shape.
    """
    erasure = people.named(person, settings, desk.actor)
    await people.request_erasure(session, erasure)
    body = people_schemas.erasure_out(erasure)
    return answer(body, status=202, headers={**PRIVATE, "Location": f"/v1/people/erasures/{body['id']}"})


@router.get("/erasures/{erasure_id}", response_model=people_schemas.ErasureOut, responses=problems(ErasureNotFound))
async def get_erasure(erasure_id: ErasureId, _desk: Administrator, session: Reader) -> Response:
    """Show how far an erasure is."""
    found = await people.get_erasure(session, ids.decode("era", erasure_id))
    return answer(people_schemas.erasure_out(found), headers=PRIVATE)
