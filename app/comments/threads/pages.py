"""Comments with the first of their replies in them, and the cursors that lead on from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.comments import queries
from app.comments.errors import CommentNotFound
from app.comments.orders import place_of
from app.comments.schemas import comment_out
from app.comments.threads.threads import NOTHING, Listing, Window, around, walk
from app.core.database import ReadSession
from app.core.pagination import Pager, cut

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a list is asked for: from a cursor on, or around a comment; each with so many of its first replies."""

    limit: int
    cursor: str | None
    around: UUID | None
    replies: int


def replies_pager(key: bytes, parent: UUID) -> Pager:
    """The cursors of a comment's replies."""
    return Listing(parent, parent, sort="oldest").pager(key)


def position_in(pager: Pager, cursor: str | None) -> list[Any] | None:
    """Where `cursor` stands; None for the beginning, which is also what the cursor of a list left out says."""
    return (pager.decode(cursor) or None) if cursor is not None else None


def position_of(row: Row[Any]) -> list[Any]:
    """The sort values of a comment in a list by time."""
    return place_of(row, "oldest")


async def read(session: ReadSession, key: bytes, listing: Listing, asked: Asked) -> Wire:
    """What is asked of a list, on the wire; at most two statements. Raises CommentNotFound, CursorMismatch."""
    pager = listing.pager(key)
    if asked.around is not None:
        window = await around(session, listing, asked.around, asked.limit, asked.replies)
        return {"data": _with_line(key, listing, window, asked.replies), "page": window.stretch.info(pager, asked.limit)}
    stretch = await walk(session, listing, position_in(pager, asked.cursor), asked.limit)
    data = await nest(session, key, stretch.rows, 0 if listing.flat else asked.replies)
    return {"data": data, "page": stretch.info(pager, asked.limit)}


def empty(key: bytes, listing: Listing, asked: Asked) -> Wire:
    """The same of a discussion of which nothing is shown."""
    pager = listing.pager(key)
    position_in(pager, asked.cursor)
    if asked.around is not None:
        raise CommentNotFound
    return {"data": [], "page": NOTHING.info(pager, asked.limit)}


def _with_line(key: bytes, listing: Listing, window: Window, limit: int) -> list[Wire]:
    """The comments of a window, each without its replies but the one that leads to the comment in question, which has its first."""
    *above, target = window.line if not listing.flat else window.line[-1:]
    shown = comment_out(target, _replies(key, target, {target.id: window.replies}, limit))
    for row in reversed(above):
        more = row.reply_count > 1
        page = {"limit": 1, "has_more": more, "next_cursor": replies_pager(key, row.id).encode([]) if more else None, "total": None}
        shown = comment_out(row, {"data": [shown], "page": page})
    middle = (above or [target])[0]
    return [shown if row.id == middle.id else comment_out(row, left_out(key, row)) for row in window.stretch.rows]


async def nest(session: ReadSession, key: bytes, rows: Sequence[Row[Any]], limit: int) -> list[Wire]:
    """The comments on the wire, each with its first `limit` replies, those without theirs; at most one statement."""
    below = await queries.first_replies(session, rows, limit)
    return [comment_out(row, _replies(key, row, below, limit)) for row in rows]


def _replies(key: bytes, row: Row[Any], below: Mapping[UUID, Sequence[Row[Any]]], limit: int) -> Wire:
    found = below.get(row.id, ())
    if not found:
        return left_out(key, row)
    page = cut(found, limit, replies_pager(key, row.id), position_of)
    return page.wire([comment_out(reply, left_out(key, reply)) for reply in page.rows])


def left_out(key: bytes, row: Any) -> Wire:
    """The replies of a comment whose replies were not asked for: none, and the cursor with which they begin."""
    more = row.reply_count > 0
    cursor = replies_pager(key, row.id).encode([]) if more else None
    return {"data": [], "page": {"limit": 0, "has_more": more, "next_cursor": cursor, "total": None}}
