"""What stands before the endpoints of live coverage."""

from typing import Annotated, Literal

from fastapi import Depends, Path, Query

from app.articles import picking
from app.articles.guards import AsOf, ViewParameter
from app.body.blocks import BLOCK_ID_PATTERN
from app.core.errors import Fault, InvalidParameter
from app.core.http import AppSettings
from app.core.lists import Cursor, Limit
from app.core.refs import path_ref
from app.live.following import Asked

LiveRef = Annotated[str, path_ref("art", "article", example="spring-tide-as-it-comes-in")]
BlockId = Annotated[str, Path(max_length=64, pattern=BLOCK_ID_PATTERN, description="The block's id.", examples=["boards-are-up"])]
Publish = Annotated[bool, Query(description="Let readers see it at once; it needs a key with `articles:publish` too.")]
Since = Annotated[
    int | None,
    Query(ge=0, le=2**63 - 1, description="The `seq` of an answer before: only what has changed since, as `BlockChanges`; of live blogs."),
]
Filter = Annotated[
    Literal["key_events"] | None, Query(alias="filter", description="`key_events`: only the updates that are.", examples=["key_events"])
]


async def ask(
    settings: AppSettings,
    view: ViewParameter = "published",
    since: Since = None,
    only: Filter = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_of: AsOf = None,
) -> Asked:
    """What the parameters ask for; raises InvalidParameter where they make no sense together."""
    faults = []
    if since is not None and cursor is not None:
        faults.append(Fault("together", "Changes have no pages; it cannot stand beside `since`.", parameter="cursor"))
    if since is not None and view == "draft":
        faults.append(Fault("together", "Only what readers see is followed; `/v1/changes` tells of working copies.", parameter="since"))
    if as_of is not None:
        faults += picking.faults_as_of(view, ())
        if since is not None:
            faults.append(Fault("together", "What has changed is told up to now; it does not go with `as_of`.", parameter="since"))
    if faults:
        raise InvalidParameter(errors=faults)
    return Asked(view, since, only, limit, cursor, settings.signing_key, as_of)


OfBlocks = Annotated[Asked, Depends(ask)]
