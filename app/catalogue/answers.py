"""How the routers of authors and tags answer."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from app.catalogue import queries
from app.catalogue.kinds import Kind, T
from app.core import clock
from app.core.caching import public_headers, strong_etag
from app.core.database import ReadSession
from app.core.http import answer, not_modified
from app.core.lists import list_answer
from app.core.pagination import Pager, cut

Wire = Callable[[Any], dict[str, Any]]


async def page_of_terms(
    session: ReadSession,
    kind: Kind[T],
    wire: Wire,
    *,
    key: bytes,
    limit: int,
    cursor: str | None,
    name: str | None,
) -> dict[str, Any]:
    """A page of terms by name, as a body."""
    pager = Pager(key, f"{kind.plural} {name!r}")
    after = pager.decode(cursor) if cursor else None
    rows = await queries.list_terms(session, kind, after=after, limit=limit + 1, name=name)
    page = cut(rows, limit, pager, lambda term: [term.name, term.id])
    return page.wire([wire(term) for term in page.rows])


def terms_answer(request: Request, body: dict[str, Any], kind: Kind[T], if_none_match: str | None) -> Response:
    """That page, as a public list."""
    return list_answer(request, body, [kind.plural], if_none_match)


def term_answer(kind: Kind[T], term: T, body: dict[str, Any], if_none_match: str | None) -> Response:
    """One term, for everybody."""
    headers = public_headers(strong_etag(body, version=term.version), [f"{kind.name}:{kind.id(term)}"], at=clock.now())
    return not_modified(if_none_match, headers) or answer(body, headers=headers)
