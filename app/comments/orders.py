"""The orders in which comments are listed, and the cursors that walk along them either way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.comments.models import Comment
from app.comments.schemas import Sort
from app.core.pagination import Keyset

_IN_TIME: tuple[Any, ...] = (Comment.created_at, Comment.id)
NEWEST = Keyset(_IN_TIME, descending=True)
OLDEST = Keyset(_IN_TIME, descending=False)
BEST = Keyset((Comment.score, *_IN_TIME), descending=True)
ORDERS: Mapping[Sort, Keyset] = {"newest": NEWEST, "oldest": OLDEST, "best": BEST}

_BACK = "<"
"""How a cursor begins that leads to what comes before its place."""

Position = Sequence[Any] | None


def place_of(row: Any, sort: Sort) -> list[Any]:
    """The sort values of a comment."""
    return [getattr(row, column.key) for column in ORDERS[sort].columns]


def backwards(place: Sequence[Any]) -> list[Any]:
    """What the cursor holds that leads to what comes before `place`."""
    return [_BACK, *place]


def direction(position: Position) -> tuple[Position, bool]:
    """The place where a cursor stands, and whether it leads back from there."""
    if position and position[0] == _BACK:
        return position[1:], True
    return position, False


def reverse(order: Keyset) -> Keyset:
    """The same order from the other end."""
    return replace(order, descending=not order.descending)
