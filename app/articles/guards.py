"""What the routers of articles ask of a request before anything else: which article, which view, and who may."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Security

from app.access.errors import Forbidden, OutsideSections
from app.access.guards import Caller, find_caller
from app.articles.errors import ArticleDeleted, ArticleNotFound
from app.articles.filters import AS_OF
from app.articles.shown.reading import Reading, Readings
from app.articles.shown.when import When
from app.core.errors import ValidationFailed
from app.core.http import source_of
from app.core.refs import path_ref
from app.core.schemas import Instant
from app.core.text import line

_SHOWN = 100
MessageParameter = Annotated[
    Annotated[str, line(500)] | None,
    Query(
        max_length=500,
        description="Why the change is made: kept with the revision and in the log, never shown to readers.",
        examples=["Named the minister"],
    ),
]


async def get_reading(request: Request) -> Reading:
    """How public articles are read for this request."""
    readings: Readings = request.app.state.readings
    return readings.of(await source_of(request))


def moment_asked(caller: Caller, as_of: datetime | None) -> When:
    """The moment that an answer shall be about; what is to come, for those who may read all drafts. Raises Unauthorized, Forbidden."""
    when = When.asked(as_of)
    if when.ahead:
        caller.demand_everywhere("articles:read")
    return when


def desk(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets in callers with `scope`, and takes their word on why they change an article."""

    async def seated(caller: Annotated[Caller, Security(find_caller, scopes=[scope])], message: MessageParameter = None) -> Caller:
        caller.demand(scope)
        return caller if message is None else replace(caller, message=message)

    return seated


def demand_html(caller: Caller, raw: Collection[str]) -> None:
    """Raise Forbidden for `raw` markup that the key may not write. Some of it is shown: it may have come of Markdown or HTML."""
    if raw and not caller.may("articles:html"):
        detail = f"The key lacks the scope articles:html. This fits no other block, and would be raw HTML: {min(raw)[:_SHOWN]}"
        raise Forbidden(detail, scope="articles:html")


ArticleRef = Annotated[str, path_ref("art", "article", example="night-ferry-returns-to-the-grey-sound")]
Reporter = Annotated[Caller, Depends(desk("articles:write"))]
Publisher = Annotated[Caller, Depends(desk("articles:publish"))]
PublicReading = Annotated[Reading, Depends(get_reading)]
AsOf = Annotated[
    Instant | None,
    Query(
        description=AS_OF,
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

CHANGES = (OutsideSections, ArticleNotFound, ArticleDeleted, ValidationFailed)
"""How any change of a working copy may be refused."""
