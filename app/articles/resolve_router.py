"""Where a path of the site leads."""

from typing import Annotated

from fastapi import Query, Response

from app.articles.errors import ArticleTakenDown
from app.articles.shown import resolving
from app.articles.working_copy import parts_schemas
from app.core import clock
from app.core.caching import public_headers, strong_etag
from app.core.errors import NotFound
from app.core.http import IfNoneMatch, Reader, Router, answer, not_modified, problems
from app.core.refs import MAX_PATH

router = Router(prefix="/v1", tags=["articles"])


@router.get("/resolve", response_model=parts_schemas.Resolved, responses=problems(NotFound, ArticleTakenDown))
async def resolve_path(
    session: Reader,
    path: Annotated[
        str,
        Query(
            max_length=MAX_PATH,
            description="A path of the site, present or former. Send whatever a reader asked for: what cannot be one is not found (404).",
            examples=["/world/europe"],
        ),
    ],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Find what stands at a path of the site. A former slug or section leads, in one hop, to where the page stands now."""
    at = clock.now()
    found, until = await resolving.resolve(session, "/" + path.strip("/"), at)
    headers = public_headers(strong_etag(found), [f"{found['type']}:{found['id']}", "sections"], at=at, until=until)
    return not_modified(if_none_match, headers) or answer(found, headers=headers)
