"""What the routers of articles ask of a request before anything else: which article, which view, and who may."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request

from app.access.errors import Forbidden, OutsideSections, Unauthorized
from app.access.guards import Caller, require
from app.articles.errors import ArticleDeleted, ArticleNotFound
from app.articles.reading import Reading, Readings
from app.articles.when import When
from app.core.errors import InvalidParameter, PreconditionRequired, ValidationFailed, VersionMismatch
from app.core.http import source_of
from app.core.refs import path_ref
from app.core.schemas import Instant


async def get_reading(request: Request) -> Reading:
    """How public articles are read for this request."""
    readings: Readings = request.app.state.readings
    return readings.of(await source_of(request))


def moment_asked(caller: Caller, as_of: datetime | None) -> When:
    """The moment that an answer shall be about; what is to come is for those who may read drafts. Raises Unauthorized, Forbidden."""
    when = When.asked(as_of)
    if when.ahead:
        caller.demand("articles:read")
    return when


ArticleRef = Annotated[str, path_ref("art", "article", example="night-ferry-returns-to-the-grey-sound")]
Reporter = Annotated[Caller, Depends(require("articles:write"))]
Publisher = Annotated[Caller, Depends(require("articles:publish"))]
PublicReading = Annotated[Reading, Depends(get_reading)]
AsOf = Annotated[
    Instant | None,
    Query(
        description="What readers saw at this moment; or will see, as it is scheduled, which needs a key with `articles:read`. RFC 3339.",
        examples=["2026-02-28T16:15:00Z"],
    ),
]
ViewParameter = Annotated[
    str,
    Query(
        max_length=9,
        pattern="^(published|draft)$",
        description="`draft` shows the working copy; it needs a key with `articles:read`.",
    ),
]

CHANGES = (
    Unauthorized,
    Forbidden,
    OutsideSections,
    ArticleNotFound,
    ArticleDeleted,
    VersionMismatch,
    PreconditionRequired,
    ValidationFailed,
    InvalidParameter,
)
"""How any change of a working copy may be refused."""
