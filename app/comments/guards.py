"""What stands before the endpoints of comments: who may knock, and what an address may hold."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request

from app.access.guards import Caller, require
from app.comments import schemas
from app.core import ids
from app.screening.bounds import Bounds


def may_see_hidden(caller: Caller) -> bool:
    """Whether the caller sees comments that readers do not."""
    return caller.may("comments:read") or caller.may("comments:moderate")


async def _bounds(request: Request) -> Bounds:
    bounds: Bounds = request.app.state.screening
    return bounds


CheckBounds = Annotated[Bounds, Depends(_bounds)]
Editor = Annotated[Caller, Depends(require("comments:write"))]

CommentId = Annotated[
    str,
    Path(
        pattern=ids.pattern("cmt"), max_length=40, description="The comment's id.",
        examples=[schemas.comment_id(ids.EXAMPLE)],
    ),
]  # fmt: skip
Nested = Annotated[int, Query(ge=0, le=schemas.MAX_NESTED, description="How many of its first replies each comment carries.")]
ClaimToken = Annotated[
    str | None,
    Header(
        alias="X-Claim-Token", max_length=49, pattern=schemas.CLAIM_PATTERN,
        description="The `claim_token` that was given with a held comment: it shows that comment.",
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
