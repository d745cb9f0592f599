"""Where members ask who they are here."""

from fastapi import Response

from app.core import clock
from app.core.caching import PRIVATE
from app.core.http import Reader, Router, answer, problems
from app.readers import sanctions, schemas
from app.readers.errors import MembersUnavailable
from app.readers.guards import MemberOnly

router = Router(prefix="/v1/me", tags=["comments"])


@router.get("/member", response_model=schemas.MemberOut, responses=problems(MembersUnavailable))
async def get_own_membership(who: MemberOnly, session: Reader) -> Response:
    """Tell who you are as a member: the name above your comments, your badge, and whether you may take part."""
    return answer(schemas.member_out(who, await sanctions.in_force(session, who, clock.now())), headers=PRIVATE)
