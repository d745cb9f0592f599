"""Where the log is read. It stands a floor above the log, because what one may know of it depends on the key."""

from typing import Annotated

from fastapi import Query, Response

from app.access.errors import Unauthorized
from app.access.guards import Anyone
from app.core.caching import NO_STORE, PRIVATE
from app.core.errors import InvalidParameter
from app.core.http import Operation, Reader, Router, answer, problems
from app.events import queries, schemas

router = Router(prefix="/v1", route_class=Operation, tags=["changes"])


@router.get("/changes", response_model=schemas.ChangePage, responses=problems(InvalidParameter, Unauthorized))
async def list_changes(
    caller: Anyone, session: Reader,
    since: Annotated[int, Query(ge=0, le=2**63 - 1, description="`next_since` of the page before; 0 for the beginning.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most events a page holds.")] = 100,
) -> Response:  # fmt: skip
    """Follow what changes, in the order of commits: nothing is missed and nothing comes twice. Without a key, only what is public."""
    head = await queries.head(session)
    events = await queries.list_events(session, since=since, scopes=caller.scopes, limit=limit + 1)
    more = len(events) > limit
    shown = [schemas.change(event, in_full=caller.key is not None) for event in events[:limit]]
    last = max((change["seq"] for change in shown), default=since)
    body = {"data": shown, "next_since": last if more else max(last, head), "has_more": more}
    return answer(body, headers=NO_STORE if caller.key is None else PRIVATE)
