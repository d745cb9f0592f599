"""What every list has in common: its parameters, its links, its envelope."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic_core import to_json

from app.core import clock
from app.core.caching import PRIVATE, content_etag, public_headers
from app.core.http import not_modified, source_of
from app.core.sessions import ReadSession

MAX_LIMIT = 100

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="The most items a page holds.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=2000,
        pattern="^[A-Za-z0-9_-]+$",
        description="`page.next_cursor` of the page before; bound to its filters and sort.",
    ),
]


async def get_patient_reader(request: Request) -> AsyncIterator[ReadSession]:
    """A session for a list whose filters may pass over many rows: on SQLite nobody else waits for it."""
    async with (await source_of(request)).reading(patiently=True) as session:
        yield session


PatientReader = Annotated[ReadSession, Depends(get_patient_reader, scope="function")]


def list_answer(request: Request, body: dict[str, Any], tags: Sequence[str], if_none_match: str | None) -> Response:
    """A public list: validated by its bytes, linked to its next page."""
    return raw_list_answer(request, to_json(body), body["page"]["next_cursor"], tags, if_none_match)


def raw_list_answer(
    request: Request, raw: bytes, next_cursor: str | None, tags: Sequence[str], if_none_match: str | None, *, until: Any = None
) -> Response:
    """The same, of a body that is written already and true until `until`."""
    headers = public_headers(content_etag(raw), tags, at=clock.now(), until=until) | next_link(request, next_cursor)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


def private_list_answer(request: Request, body: dict[str, Any]) -> Response:
    """A list that only this caller may see."""
    return Response(to_json(body), 200, PRIVATE | next_link(request, body["page"]["next_cursor"]), media_type="application/json")


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The next page as a `Link` header (RFC 8288).

    It is relative: an answer that shared caches keep must not repeat the Host that one client sent.
    """
    if cursor is None:
        return {}
    asked = [pair for pair in request.scope["query_string"].decode("ascii").split("&") if pair and not pair.startswith("cursor=")]
    return {"Link": f'<{request.url.path}?{"&".join([*asked, f"cursor={cursor}"])}>; rel="next"'}
