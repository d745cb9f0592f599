"""The shapes in which a thread is read: lists at any level, walked either way, and windows around one comment.

Each is one statement, and each part of it a limited walk along an index: a thread of a hundred thousand costs what one of a hundred does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, union_all
from sqlalchemy.orm import aliased

from app.comments.errors import CommentNotFound
from app.comments.models import MAX_DEPTH, STEP, Comment
from app.comments.orders import OLDEST, ORDERS, Position, backwards, direction, place_of, reverse
from app.comments.queries import is_reply_to, is_root_of, shown
from app.comments.schemas import Sort, comment_id
from app.core import ids
from app.core.database import ReadSession
from app.core.pagination import Keyset, Pager

Rows = list[Row[Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of comments: the top of an article's thread, the replies to a comment, or with `flat` the whole thread in a row."""

    article: UUID
    parent: UUID | None = None
    depth: int = 0
    sort: Sort = "newest"
    flat: bool = False

    @property
    def order(self) -> Keyset:
        """The order of the list."""
        return ORDERS[self.sort]

    @property
    def holds(self) -> ColumnElement[bool]:
        """Whether a comment is in the list."""
        if self.parent is not None:
            return is_reply_to(self.parent)
        return and_(Comment.article_id == self.article, Comment.visible) if self.flat else is_root_of(self.article)

    def pager(self, key: bytes) -> Pager:
        """The cursors of the list."""
        if self.parent is not None:
            return Pager(key, f"replies:{comment_id(self.parent)}{'' if self.sort == 'oldest' else f':{self.sort}'}")
        return Pager(key, f"comments:{ids.encode('art', self.article)}:{self.sort}{':flat' if self.flat else ''}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some comments of a list that stand one behind the other, and the places at which it goes on, None where it does not."""

    rows: Rows
    next: Position
    previous: Position

    def info(self, pager: Pager, limit: int) -> dict[str, Any]:
        """Where it stands in its list, in wire form."""
        ahead, back = (None if place is None else pager.encode(place) for place in (self.next, self.previous))
        return {"limit": limit, "has_more": ahead is not None, "next_cursor": ahead, "total": None, "previous_cursor": back}


NOTHING = Stretch([], None, None)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a list around one comment, the line that leads down to that from the list, and the first replies to it."""

    stretch: Stretch
    line: Rows
    replies: Rows


async def walk(session: ReadSession, listing: Listing, position: Position, limit: int) -> Stretch:
    """At most `limit` comments of a list from a cursor's place on; one statement."""
    place, back = direction(position)
    place = place or None
    order = reverse(listing.order) if back else listing.order
    statement = order.after(select(*shown()).where(listing.holds), place)
    rows = list(await session.execute(statement.limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    if back:
        rows.reverse()
        ahead = place_of(rows[-1], listing.sort) if rows else []
        return Stretch(rows, ahead, backwards(place_of(rows[0], listing.sort)) if more else None)
    came = backwards(place_of(rows[0], listing.sort)) if rows and place is not None else None
    return Stretch(rows, place_of(rows[-1], listing.sort) if more else None, came)


async def line_to(session: ReadSession, article: UUID, wanted: UUID) -> Rows:
    """The comment with this id behind all that it stands under, from the top down; one statement.

    Raises CommentNotFound where readers see none of this id under the article.
    """
    target = aliased(Comment)
    steps = [func.substr(target.path, 1, end) for end in range(STEP, (MAX_DEPTH + 1) * STEP + 1, STEP)]
    statement = select(*shown()).join(target, target.article_id == Comment.article_id)
    statement = statement.where(target.id == wanted, target.article_id == article, target.visible, Comment.path.in_(steps))
    rows = list(await session.execute(statement.order_by(Comment.path)))
    if not rows:
        raise CommentNotFound(f"Readers see no comment {comment_id(wanted)} there.")
    return rows


async def around(session: ReadSession, listing: Listing, wanted: UUID, limit: int, replies: int) -> Window:
    """The stretch of a list in whose middle the comment with this id stands, or that under which it stands; two statements.

    Raises CommentNotFound where readers see no such comment in the list, or below it.
    """
    line = await line_to(session, listing.article, wanted)
    if not listing.flat:
        if listing.parent is not None and listing.parent not in {row.id for row in line[:-1]}:
            raise CommentNotFound(f"There is no comment {comment_id(wanted)} below {comment_id(listing.parent)}.")
        line = line[listing.depth :]
    middle = line[-1] if listing.flat else line[0]
    wants_replies = replies > 0 and not listing.flat and line[-1].reply_count > 0
    before, after, below = await _neighbours(session, listing, middle, limit, line[-1].id if wants_replies else None, replies)
    return Window(_stretch_around(listing, middle, before, after, limit), line, below)


async def _neighbours(
    session: ReadSession, listing: Listing, middle: Row[Any], limit: int, parent: UUID | None, replies: int
) -> tuple[Rows, Rows, Rows]:
    """What stands before `middle`, the nearest first, what stands behind it, and the first replies to `parent`; one statement."""
    place = place_of(middle, listing.sort)
    listed = select(Comment.id).where(listing.holds)
    parts = [reverse(listing.order).after(listed, place).limit(limit), listing.order.after(listed, place).limit(limit)]
    if parent is not None:
        parts.append(OLDEST.after(select(Comment.id).where(is_reply_to(parent)), None).limit(replies + 1))
    together: Select[Any] = select(*shown()).where(Comment.id.in_(union_all(*(select(part.subquery().c.id) for part in parts))))
    rows = list(await session.execute(listing.order.after(together, None)))
    below = [] if parent is None else sorted((row for row in rows if row.parent_id == parent), key=lambda row: (row.created_at, row.id))
    # The middle is among them where votes have moved it since it was read.
    beside = [row for row in rows if row.id != middle.id and (parent is None or row.parent_id != parent)]
    before = [row for row in beside if _stands_before(row, place, listing)]
    return before[::-1], beside[len(before) :], below


def _stands_before(row: Row[Any], place: Sequence[Any], listing: Listing) -> bool:
    own = place_of(row, listing.sort)
    return own > list(place) if listing.order.descending else own < list(place)


def _stretch_around(listing: Listing, middle: Row[Any], before: Rows, after: Rows, limit: int) -> Stretch:
    """As many on either side as `limit` leaves room for; where one side has fewer, the other has more."""
    room = limit - 1
    ahead = min(len(after), max(room // 2, room - len(before)))
    back = min(len(before), room - ahead)
    rows = [*before[:back][::-1], middle, *after[:ahead]]
    return Stretch(
        rows,
        place_of(rows[-1], listing.sort) if len(after) > ahead else None,
        backwards(place_of(rows[0], listing.sort)) if len(before) > back else None,
    )
