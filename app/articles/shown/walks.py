"""The statements behind what readers are given: narrow, written out once, and each a walk along an index in the list's own order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    type_coerce,
    union,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import NullType

from app.articles.filters import PUBLISHED, REFERRING
from app.articles.models import CommentThread, Publication
from app.articles.visibility import begun_by, holds_at, visible_at
from app.core import clock
from app.core.lookups import Lookup
from app.core.models import Instant
from app.core.pagination import Statement
from app.events.models import LogHead

_COMING, _ONCE, _AHEAD = aliased(Publication), aliased(Publication), aliased(Publication)
AT = bindparam("at", type_=Instant())
MOST_TARGETS = 100
"""More sections than this are not walked one by one: SQLite joins no more than 500 statements into one."""
_NUMBERS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, MOST_TARGETS)


def filled_up(targets: Sequence[UUID]) -> list[UUID]:
    """The targets, at least one, the last of them repeated: statements are made for few numbers, since one of many takes long to make."""
    wanted = next(number for number in _NUMBERS if number >= len(targets))
    return [*targets, *[targets[-1]] * (wanted - len(targets))]


def head(column: Any) -> Any:
    """A number of the log's head, looked at once: joined, it would come first for SQLite, and the list's order would be lost."""
    return select(column).where(LogHead.id == 1).scalar_subquery().label(column.key)


_ITEM: tuple[Any, ...] = (
    Publication.id, Publication.article_id, Publication.version, Publication.visible_until, Publication.item, Publication.refs,
    CommentThread.status, CommentThread.visible_count, CommentThread.closes_at,
    type_coerce(CommentThread.policy, NullType()).label("policy"),
    type_coerce(Publication.first_published_at, NullType()).label("first_seen"), head(LogHead.seq), head(LogHead.names_seq),
)  # fmt: skip
"""`policy` and `first_seen` are as the database has them: few need to read them."""
BODY: tuple[Any, ...] = (
    cast(Publication.body, Text()).label("body"),
    Publication.outline,
    Publication.corrections,
    Publication.kind,
)


def items(*more: Any) -> Statement:
    """What list items are made of, for publications with their discussions, and `more` columns."""
    return select(*_ITEM, *more).join(CommentThread, CommentThread.article_id == Publication.article_id)


def _page(known: ColumnElement[bool]) -> Lookup:
    later = select(func.min(_COMING.visible_from)).where(_COMING.article_id == Publication.article_id, _COMING.visible_from > AT)
    return Lookup(items(*BODY, later.scalar_subquery().label("next_from")).where(known, visible_at(AT)))


PAGE_BY_ID = _page(Publication.article_id == bindparam("ref", type_=Uuid()))
PAGE_BY_SLUG = _page(
    Publication.article_id.in_(select(_ONCE.article_id).where(_ONCE.slug == bindparam("ref", type_=Text()), _ONCE.visible_from <= AT))
)

_KNOWN = _ONCE.visible_from <= bindparam("known", type_=Instant())
PAGE_BY_SLUG_AS_OF = _page(Publication.article_id.in_(select(_ONCE.article_id).where(_ONCE.slug == bindparam("ref", type_=Text()), _KNOWN)))
"""The same by any slug that was known by a moment of its own."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The form of a list's statement: its order, how far, and the filter whose links it walks along, with so many targets.

    One of the `past` begins where it was, and not at what has come since.
    """

    sort: str
    descending: bool
    limit: int
    resumed: bool
    field: str | None = None
    targets: int = 0
    past: bool = False


@lru_cache(maxsize=200)
def listed(walk: Walk) -> Lookup:
    """A list without further filters; its parameters are `at`, `place` and `article` where it is resumed, and one `target_N` each."""
    order = (getattr(Publication, walk.sort), Publication.article_id)
    statement = items(*sort_keys(order))
    if walk.field is None:
        return Lookup(_along(walk, order, statement.where(visible_at(AT), *_bound(walk, order[0]))))
    links: Any = getattr(PUBLISHED, f"{walk.field}s")
    target, keys = getattr(links, REFERRING[walk.field]), (links.published_at, links.article_id)
    shown = (
        select(links.owner_id.label("id"), *sort_keys(keys))
        .join(Publication, Publication.id == links.owner_id)
        .where(visible_at(AT), *_bound(walk, keys[0]))
    )
    each = [_along(walk, keys, shown.where(target == bindparam(f"target_{number}", type_=Uuid()))) for number in range(walk.targets)]
    return Lookup(_along(walk, order, statement.where(Publication.id.in_(_first(walk, each))), resumed=False))


def _first(walk: Walk, each: Sequence[Statement]) -> Any:
    """The ids that come first in all of the walks: found by their keys alone, since what items are made of is a thousand times as long."""
    if len(each) == 1:
        return select(each[0].subquery().c.id)
    found = union(*(select(one.subquery()) for one in each)).subquery()
    return _along(walk, (found.c.key_0, found.c.key_1), select(found.c.id), resumed=False)


def _bound(walk: Walk, key: Any) -> list[ColumnElement[bool]]:
    return [key <= latest(walk.sort, AT)] if walk.past else []


def latest(sort: str, at: Any) -> ColumnElement[datetime]:
    """The latest date of the field `sort` among what readers saw at the past moment `at`, or a later one: where a list of then begins.

    No date is behind the moment at which readers first saw it, but where it was printed with one to come: few, with an index of their own.
    """
    moment = at if isinstance(at, BindParameter) else literal(at, Instant())
    if sort == "first_published_at":
        return moment
    # What is updated has the printed date of its first publication, which may be over.
    seen = holds_at(_AHEAD, moment) if sort == "published_at" else begun_by(_AHEAD, moment)
    ahead = select(func.max(_AHEAD.published_at)).where(_AHEAD.published_at > _AHEAD.visible_from, _AHEAD.published_at > moment, seen)
    return func.coalesce(ahead.scalar_subquery(), moment)


LATEST = Lookup(select(latest("published_at", AT).label("moment")))


def sort_keys(order: Sequence[Any]) -> list[Any]:
    """The sort key of a row, as columns `key_0`, `key_1` and so on."""
    return [column.label(f"key_{number}") for number, column in enumerate(order)]


def key_of(row: Any) -> list[Any]:
    """The sort key of a row."""
    found = [getattr(row, name, None) for name in ("key_0", "key_1", "key_2")]
    return [value for value in found if value is not None]


def _along(walk: Walk, order: Sequence[Any], statement: Statement, *, resumed: bool | None = None) -> Statement:
    if walk.resumed if resumed is None else resumed:
        there = tuple_(bindparam("place", type_=Instant()), bindparam("article", type_=Uuid()))
        statement = statement.where(tuple_(*order) < there if walk.descending else tuple_(*order) > there)
    # The number stands in the text, so that a plan can count on it.
    return statement.order_by(*(column.desc() if walk.descending else column for column in order)).limit(literal_column(str(walk.limit)))


NEXT_TRANSITION = Lookup(
    select(
        LogHead.seq,
        select(func.min(Publication.visible_from)).where(Publication.visible_from > AT).scalar_subquery().label("appears"),
        select(func.min(Publication.visible_until))
        .where(Publication.visible_until > AT, Publication.visible_until < bindparam("forever", clock.FOREVER, Instant()))
        .scalar_subquery().label("disappears"),
        select(func.min(CommentThread.closes_at)).where(CommentThread.closes_at > AT).scalar_subquery().label("closes"),
    ).where(LogHead.id == 1)
)  # fmt: skip
"""The next moments at which anything appears, disappears or closes by itself."""
