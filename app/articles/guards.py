"""What the routers of articles ask of a request before anything else: which article, which view, and who may."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.access.errors import Forbidden, OutsideSections, Unauthorized
from app.access.guards import Caller, require
from app.articles.errors import ArticleDeleted, ArticleNotFound
from app.articles.reading import Reading, Readings
from app.core.errors import InvalidParameter, PreconditionRequired, ValidationFailed, VersionMismatch
from app.core.http import source_of
from app.core.refs import path_ref


async def get_reading(request: Request) -> Reading:
    """How public articles are read for this request."""
    readings: Readings = request.app.state.readings
    return readings.of(await source_of(request))


ArticleRef = Annotated[str, path_ref("art", "article", example="night-ferry-returns-to-the-grey-sound")]
Reporter = Annotated[Caller, Depends(require("articles:write"))]
Publisher = Annotated[Caller, Depends(require("articles:publish"))]
PublicReading = Annotated[Reading, Depends(get_reading)]
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
