"""Where the log is read: in pages, or as it is written."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Request, Response

from app.access.errors import Forbidden
from app.access.guards import Anyone, Caller
from app.access.scopes import EVERYTHING
from app.articles.errors import ArticleNotFound
from app.articles.guards import ArticleRef
from app.articles.queries import get_article
from app.articles.shown.sighting import sight
from app.changes import archive, exporting, queries, schemas
from app.changes.errors import TooManyStreams
from app.changes.eyes import Eyes, eyes_for
from app.changes.hub import Hub
from app.changes.records import View, records_of
from app.changes.stream import Lines, Stream, Telling, follow
from app.core import clock
from app.core.asgi.limits import network_of
from app.core.caching import NO_STORE, PRIVATE
from app.core.errors import Unavailable
from app.core.http import Router, answer, problems
from app.core.refs import MAX_PATH, ref_pattern
from app.events.errors import ChangesGone
from app.events.schemas import change
from app.events.types import PATTERN

_LONGEST_WAIT = 25
_MARGIN_SECONDS = 2
_MOST_RECORDS = 100
_MOST_EMPTY_PAGES = 10

router = Router(prefix="/v1", tags=["changes"])


async def get_hub(request: Request) -> Hub:
    """Who reads the log for this process."""
    hub: Hub = request.app.state.hub
    return hub


LogHub = Annotated[Hub, Depends(get_hub)]
Since = Annotated[int, Query(ge=0, le=2**63 - 1, description="`next_since` of the page before; 0 for the beginning.")]
Start = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="Begin behind this `seq`; with what happens from now on, if left out.")]
Limit = Annotated[int, Query(ge=1, le=1000, description=f"The most events a page holds; with `include=record` {_MOST_RECORDS}.")]
Types = Annotated[
    str | None,
    Query(
        max_length=2000, pattern=PATTERN, description="Only these types, separated by commas; `article.*` is all of articles.",
        examples=["article.published,comment.*"],
    ),
]  # fmt: skip
InSection = Annotated[
    str | None,
    Query(
        max_length=MAX_PATH, pattern=ref_pattern("sec", path=True),
        description="Only what stood or stands in this section or below it: articles, their comments, sections. An id, a slug or a path.",
        examples=["world"],
    ),
]  # fmt: skip
Include = Annotated[
    Literal["record"] | None, Query(description="`record` adds to each event the whole object, as it is now.", examples=["record"])
]
Shown = Annotated[
    Literal["published", "draft"],
    Query(description="What `record` shows of articles; `draft` is the working copy, and needs a key with `articles:read`."),
]
Wait = Annotated[int, Query(ge=0, le=_LONGEST_WAIT, description="Where there is nothing new, wait for it so many seconds.")]
Compact = Annotated[bool, Query(description="Of several events of one object, only the latest.")]
LastEventId = Annotated[
    str | None,
    Header(
        max_length=19, pattern=r"^\d{1,18}$", description="The `id` of the last event you had, as a browser sends it; it wins over `since`."
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller may know of the log and wants to know of it, and which records with it."""

    caller: Caller
    eyes: Eyes
    view: View | None


async def ask(
    caller: Anyone, hub: LogHub, types: Types = None, section: InSection = None, include: Include = None, view: Shown = "published"
) -> Asked:  # fmt: skip
    """What the parameters ask for; raises InvalidParameter, and Unauthorized or Forbidden where the key may not see working copies."""
    shown = _view(caller, include, view)
    async with hub.database.reading() as session:
        return Asked(caller, await eyes_for(session, caller.hears_with, types, section), shown)


async def ask_of_article(
    ref: ArticleRef, caller: Anyone, hub: LogHub, types: Types = None, include: Include = None, view: Shown = "published"
) -> Asked:  # fmt: skip
    """The same of one article and its comments; raises ArticleNotFound where the caller may not see it."""
    shown = _view(caller, include, view)
    async with hub.database.reading() as session:
        eyes = await eyes_for(session, caller.hears_with, types, None)
        if "articles:read" in caller.hears_with or EVERYTHING in caller.hears_with:
            article = (await get_article(session, ref)).id
        else:
            article = (await sight(session, ref, clock.now())).article_id
    return Asked(caller, replace(eyes, article=article), shown)


OfEverything = Annotated[Asked, Depends(ask)]
OfOneArticle = Annotated[Asked, Depends(ask_of_article)]


@router.get(
    "/changes", response_model=schemas.ChangePage,
    responses=problems(Forbidden, ChangesGone, TooManyStreams),
)  # fmt: skip
async def list_changes(
    request: Request, asked: OfEverything, hub: LogHub, since: Since = 0, limit: Limit = 100, wait: Wait = 0, *, compact: Compact = False
) -> Response:
    """Follow what changes, in the order of commits: nothing is missed and nothing comes twice. Without a key, only what is public."""
    most = limit if asked.view is None else min(limit, _MOST_RECORDS)
    page = await _page(hub, asked.eyes, since, most, compact=compact)
    if wait and not page.events and not page.has_more:
        with hub.place(_address(request)):
            page = await _page_in_time(hub, asked.eyes, page, most, min(wait, _longest_wait(hub)), compact=compact)
    records = await _records(hub, page, asked.view)
    with_key = asked.caller.key is not None
    data = [change(event, in_full=with_key, record=records.get((event.object_type, event.object_id))) for event in page.events]
    body = {"data": data, "next_since": page.reached, "has_more": page.has_more}
    return answer(body, headers=PRIVATE if with_key else NO_STORE)


async def _page(hub: Hub, eyes: Eyes, since: int, limit: int, *, compact: bool) -> queries.Page:
    """The next page that has something on it, or one that says how far there was nothing."""
    async with hub.database.reading(patiently=True) as session:
        page = await queries.read_page(session, eyes, since=since, limit=limit, compact=compact)
        for _ in range(_MOST_EMPTY_PAGES):
            if page.events or not page.has_more:
                break
            page = await queries.read_page(session, eyes, since=page.reached, limit=limit, compact=compact)
    return page


def _longest_wait(hub: Hub) -> float:
    """However long somebody would wait, the answer is begun before it is given up."""
    return max(hub.settings.answer_seconds - _MARGIN_SECONDS, 0)


async def _page_in_time(hub: Hub, eyes: Eyes, page: queries.Page, limit: int, wait: float, *, compact: bool) -> queries.Page:
    """What comes within `wait` seconds; while nothing does, no connection to the database is kept."""
    now = asyncio.get_running_loop().time
    end = now() + wait
    while not page.events and not hub.news.closed and await hub.news.beyond(page.reached, end - now()):
        page = await _page(hub, eyes, page.reached, limit, compact=compact)
    return page


async def _records(hub: Hub, page: queries.Page, view: View | None) -> dict[Any, Any]:
    if view is None:
        return {}
    names = [(event.object_type, event.object_id) for event in page.events]
    async with hub.database.reading() as session:
        return await records_of(session, hub.reading, names, view, key=hub.settings.signing_key)


def _view(caller: Caller, include: str | None, view: str) -> View | None:
    """Whose records are added; raises Unauthorized or Forbidden where the key may not see working copies."""
    if view == "draft":
        caller.demand_everywhere("articles:read")
    if include is None:
        return None
    if view == "published":
        return "published"
    return "moderated" if caller.may("comments:read") else "draft"


def _address(request: Request) -> str:
    """Whose place it takes: as with limits, the addresses of one customer are one."""
    return "" if request.client is None else network_of(request.client.host)


_STREAMS = problems(Forbidden, ChangesGone, TooManyStreams)
_SPOKEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, each with its `seq` as `id` and as `data` what `/v1/changes` shows of it.",
        "content": {
            "text/event-stream": {"schema": {"type": "string"}, "example": 'id: 42\ndata: {"seq":42,"type":"article.published"}\n\n'}
        },
    }
}


@router.get("/changes/stream", status_code=200, response_class=Stream, responses={**_SPOKEN, **_STREAMS})
async def stream_changes(
    request: Request, asked: OfEverything, hub: LogHub, since: Start = None, last_event_id: LastEventId = None
) -> Stream:
    """Hear of each change as it happens, as Server-Sent Events. Whoever is cut off comes again with `Last-Event-ID`, and misses nothing."""
    return await _stream(request, asked, hub, since, last_event_id)


@router.get(
    "/articles/{ref}/changes/stream", status_code=200, response_class=Stream,
    responses={**_SPOKEN, **_STREAMS, **problems(ArticleNotFound)},
)  # fmt: skip
async def stream_article_changes(
    request: Request, asked: OfOneArticle, hub: LogHub, since: Start = None, last_event_id: LastEventId = None
) -> Stream:
    """Hear of each change of one article and of its comments as it happens: for live coverage."""
    return await _stream(request, asked, hub, since, last_event_id)


_EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A line of JSON for each object, between a first that names the `seq` and a last that says that it is whole.",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"dateline": "export", "form": "records", "seq": 42, …}\n'}
        },
    }
}
Form = Annotated[
    Literal["records", "archive"],
    Query(description="`records` as their addresses show them; `archive` as `dateline import` takes it, for keys that may do everything."),
]


@router.get(
    "/export", status_code=200, response_class=Lines,
    responses={**_EXPORTED, **problems(Forbidden, Unavailable)},
)  # fmt: skip
async def export_everything(caller: Anyone, hub: LogHub, form: Form = "records", view: Shown = "published") -> Lines:
    """Take everything that you may see, as it was at one `seq`: with the changes since that, it is the whole."""
    shown = _view(caller, "record", view)
    if form == "archive":
        caller.demand(EVERYTHING)
    if hub.exports.locked():
        raise Unavailable("Others are exporting at the moment.", headers={"Retry-After": "30"})
    return Lines(_exported(hub, None if form == "archive" else shown), NO_STORE if caller.key is None else PRIVATE)


async def _exported(hub: Hub, view: View | None) -> AsyncGenerator[bytes]:
    async with hub.exports, hub.database.snapshot() as session:
        key = hub.settings.signing_key
        found = archive.lines(session) if view is None else exporting.lines(session, hub.database, view, key=key)
        async for some in found:
            yield some


async def _stream(request: Request, asked: Asked, hub: Hub, since: int | None, last_event_id: str | None) -> Stream:
    begin = since if last_event_id is None else int(last_event_id)
    async with hub.database.reading() as session:
        newest = await queries.head(session, begin)
    telling = Telling(hub, asked.caller, asked.eyes, newest if begin is None else begin, asked.view)
    return follow(telling, _address(request))
