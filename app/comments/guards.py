"""What stands before the endpoints of comments: who may knock, and what an address may hold."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request

from app.access.guards import Caller, require
from app.comments import schemas
from app.comments.threads.pages import Asked
from app.core import ids
from app.core.errors import Fault, InvalidParameter
from app.core.http import DryRun
from app.core.lists import Cursor, Limit
from app.readers.guards import Participant, Voice
from app.readers.staff import StaffNames
from app.screening.bounds import Bounds


def may_see_hidden(caller: Caller) -> bool:
    """Whether the caller sees comments that readers do not."""
    return caller.may("comments:read") or caller.may("comments:moderate")


async def _bounds(request: Request) -> Bounds:
    bounds: Bounds = request.app.state.screening
    return bounds


async def _checks(request: Request) -> tuple[Bounds, StaffNames]:
    return await _bounds(request), request.app.state.staff_names


async def _count_rehearsals(request: Request, voice: Participant, dry_run: DryRun = False) -> Voice:
    """Whoever writes. A rehearsal tells what checks would say, and leaves nothing by which they would know the next one."""
    if dry_run and voice.caller.key is None:
        host = None if request.client is None else request.client.host
        await request.app.state.limits.take_rehearsal(voice.who.member_id, host)
    return voice


Writing = Annotated[Voice, Depends(_count_rehearsals)]
CheckBounds = Annotated[Bounds, Depends(_bounds)]
Checks = Annotated[tuple[Bounds, StaffNames], Depends(_checks)]
"""The bounds, and what staff is called: nobody else may be."""
Editor = Annotated[Caller, Depends(require("comments:write"))]

CommentId = Annotated[
    str,
    Path(
        pattern=ids.pattern("cmt"), max_length=40, description="The comment's id.",
        examples=[schemas.comment_id(ids.EXAMPLE)],
    ),
]  # fmt: skip
Nested = Annotated[int, Query(ge=0, le=schemas.MAX_NESTED, description="How many of its first replies each comment carries.")]
UnderArticle = Annotated[
    str | None,
    Query(
        max_length=40, pattern=ids.pattern("art"), examples=[ids.encode("art", ids.EXAMPLE)],
        description="Only under this article, by its id.",
    ),
]  # fmt: skip
Around = Annotated[
    str | None,
    Query(
        pattern=ids.pattern("cmt"), max_length=40, examples=[schemas.comment_id(ids.EXAMPLE)],
        description="A comment somewhere in the list, or below it: the page in whose middle it stands, or what it stands under. "
        "That carries the line down to it instead of its first replies; the others carry none.",
    ),
]  # fmt: skip
ModeParameter = Annotated[
    schemas.Mode,
    Query(description="`tree`: the top of the thread, replies inside. `flat`: every comment in one row by time, without replies inside."),
]


async def asked_part(limit: Limit = 20, cursor: Cursor = None, around: Around = None, replies: Nested = 3) -> Asked:
    """Which part of a list is asked for; raises CommentNotFound where `around` can be no comment."""
    if cursor is not None and around is not None:
        raise InvalidParameter(errors=[Fault("together", "It cannot stand beside `around`.", parameter="cursor")])
    return Asked(limit, cursor, None if around is None else schemas.uuid_of(around), replies)


async def asked_shape(
    sort: Annotated[schemas.Sort, Query(description="By time, or by votes: the surely good ones first.")] = "newest",
    mode: ModeParameter = "tree",
) -> tuple[schemas.Sort, bool]:
    """In which order, and whether flat; raises InvalidParameter where both do not go together."""
    if mode == "flat" and sort == "best":
        raise InvalidParameter(errors=[Fault("together", "A flat list is sorted by time: `newest` or `oldest`.", parameter="sort")])
    return sort, mode == "flat"


OfList = Annotated[Asked, Depends(asked_part)]
Shape = Annotated[tuple[schemas.Sort, bool], Depends(asked_shape)]
ClaimToken = Annotated[
    str | None,
    Header(
        alias="X-Claim-Token", max_length=49, pattern=schemas.CLAIM_PATTERN,
        description="The `claim_token` that was given with a guest's comment: it shows that comment while it is held.",
    ),
]  # fmt: skip
ArticleIds = Annotated[
    str,
    Query(
        max_length=31 * schemas.MAX_COUNTED, pattern=schemas.ARTICLE_IDS_PATTERN,
        description=f"Ids of at most {schemas.MAX_COUNTED} articles, separated by commas.",
        examples=[ids.encode("art", ids.EXAMPLE)],
    ),
]  # fmt: skip
