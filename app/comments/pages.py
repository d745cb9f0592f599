"""Comments with the first of their replies in them, and the cursors that lead on from there."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.comments import queries
from app.comments.schemas import Sort, comment_id, comment_out
from app.core import ids
from app.core.database import ReadSession
from app.core.pagination import Pager, cut

Wire = dict[str, Any]


def roots_pager(key: bytes, article: UUID, sort: Sort) -> Pager:
    """The cursors of an article's thread."""
    return Pager(key, f"comments:{ids.encode('art', article)}:{sort}")


def replies_pager(key: bytes, parent: UUID) -> Pager:
    """The cursors of a comment's replies."""
    return Pager(key, f"replies:{comment_id(parent)}")


def position_in(pager: Pager, cursor: str | None) -> list[Any] | None:
    """Where `cursor` stands; None for the beginning, which is also what the cursor of a list left out says."""
    return (pager.decode(cursor) or None) if cursor is not None else None


def position_of(row: Row[Any]) -> list[Any]:
    """The sort values of a comment."""
    return [row.created_at, row.id]


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
