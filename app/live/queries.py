"""Questions about live coverage. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Subquery, Text, Uuid, bindparam, func, literal_column, or_, select, true, tuple_, union_all
from sqlalchemy.orm import aliased

from app.articles.models import LivePosting, LiveUpdate, Publication
from app.articles.shown import coverage, walks
from app.articles.shown.tags import LIVE_BLOG
from app.articles.visibility import posted_at, visible_at
from app.core.database import ReadSession
from app.core.lookups import Lookup
from app.core.models import ByteText
from app.core.pagination import Statement
from app.events.models import LogHead
from app.live.errors import BlockNotFound

MOST_CHANGES = 500
"""Where more has changed than this, the list is loaded anew."""
_ARTICLE = bindparam("article", type_=Uuid())
_P = LivePosting


@lru_cache(maxsize=500)
def listed(limit: int, *, resumed: bool, key_events: bool, past: bool = False) -> Lookup:
    """Updates that readers see, in order, from behind `position` and `update` on where it is `resumed`; a row without an id where none is.

    An update that is edited meanwhile has another row, and stands where it stood.
    """
    statement: Statement = select(*coverage.COLUMNS[:-2]).where(_P.article_id == _ARTICLE, posted_at(walks.AT))
    if key_events:
        statement = statement.where(_P.key_event.is_(True))
    if resumed:
        place = tuple_(bindparam("position", type_=ByteText), bindparam("update", type_=Uuid()))
        statement = statement.where(tuple_(_P.position, _P.update_id) > place)
    found = statement.order_by(_P.position, _P.update_id).limit(literal_column(str(limit))).subquery()
    return Lookup(_told(found, past=past).order_by(found.c.position, found.c.update_id))


def _told(found: Subquery, *, past: bool = False) -> Statement:
    """What was found, and how far the log goes and what it last told of the live blog; a row without an id where nothing was."""
    newest = coverage.newest(_ARTICLE, past=past)
    return select(*found.c, *coverage.COLUMNS[-2:], newest).select_from(LogHead).outerjoin(found, true()).where(LogHead.id == 1)


ONE = Lookup(
    select(*coverage.COLUMNS).where(_P.article_id == _ARTICLE, _P.block_id == bindparam("block", type_=Text()), posted_at(walks.AT))
)
_BEHIND = union_all(
    *(
        select(*coverage.COLUMNS[:-2]).where(_P.article_id == _ARTICLE, behind, _P.visible_from <= walks.AT)
        for behind in (_P.seq > bindparam("since", type_=BigInteger()), _P.seq.is_(None))
    )
).subquery()
_EARLY = aliased(LivePosting)
_LAST_FORGOTTEN = select(func.coalesce(func.max(_EARLY.seq), 0)).where(_EARLY.article_id == _ARTICLE, _EARLY.seq <= LogHead.floor)
SINCE = Lookup(
    _told(_BEHIND).add_columns(LogHead.floor, _LAST_FORGOTTEN.correlate(LogHead).scalar_subquery().label("last_forgotten"))
    .order_by(_BEHIND.c.visible_from, _BEHIND.c.id).limit(MOST_CHANGES + 1)
)  # fmt: skip
"""What came behind a number, and what no event has told of yet; a row without an id where there is nothing.

Beside it stands up to where the log is forgotten, and the last that it told of the live blog until there.
"""


@lru_cache(maxsize=200)
def posted(count: int) -> Lookup:
    """So many updates, by their rows' ids, as far as readers see them and their articles."""
    mine = or_(*(_P.update_id == bindparam(f"update_{number}", type_=Uuid()) for number in range(count)))
    statement = select(*coverage.COLUMNS).join(Publication, Publication.article_id == _P.article_id)
    return Lookup(statement.where(mine, posted_at(walks.AT), visible_at(walks.AT), Publication.kind == LIVE_BLOG))


@dataclass(frozen=True, slots=True)
class Changes:
    """Updates that changed, by how, each as the number of its row, and the ids of those that are gone."""

    new: list[int]
    edited: list[int]
    moved: list[int]
    deleted: list[str]


def changes(rows: Sequence[Any], since: int, at: Any, *, key_events: bool) -> Changes:
    """What `rows`, found by SINCE, tell somebody who has the list as it was at `since`."""
    latest: dict[str, int] = {}
    for number, row in enumerate(rows):
        latest[row.block_id] = number
    found = Changes([], [], [], [])
    for block, number in latest.items():
        row = rows[number]
        if row.gone or row.visible_until <= at or (key_events and not row.key_event):
            if row.shown_seq is not None and row.shown_seq <= since:
                found.deleted.append(block)
        elif _is_behind(row.shown_seq, since):
            found.new.append(number)
        elif _is_behind(row.content_seq, since):
            found.edited.append(number)
        else:
            found.moved.append(number)
    return found


def _is_behind(seq: int | None, since: int) -> bool:
    return seq is None or seq > since


async def ids_beside(session: ReadSession, article: UUID, update: UUID) -> set[str]:
    """The ids of the other updates of a live blog, and of the blocks in them."""
    others = select(LiveUpdate.block_id, LiveUpdate.content)
    others = others.where(LiveUpdate.article_id == article, LiveUpdate.id != update, LiveUpdate.deleted_at.is_(None))
    rows = (await session.execute(others)).all()
    return {row.block_id for row in rows}.union(*({block["id"] for block in row.content["blocks"]} for row in rows))


async def get_update(session: ReadSession, article: UUID, block: str) -> LiveUpdate:
    """An update as the newsroom has it; raises BlockNotFound."""
    statement = select(LiveUpdate).where(LiveUpdate.article_id == article, LiveUpdate.block_id == block, LiveUpdate.deleted_at.is_(None))
    post = (await session.scalars(statement)).one_or_none()
    if post is None:
        raise BlockNotFound(f"There is no live update {block}.")
    return post


def in_order(article: UUID, *, key_events: bool) -> Statement:
    """The updates of a working copy."""
    statement: Statement = select(LiveUpdate).where(LiveUpdate.article_id == article, LiveUpdate.deleted_at.is_(None))
    return statement.where(LiveUpdate.content["key_event"].as_boolean()) if key_events else statement


_U = LiveUpdate
_THERE = select(_U.id, _U.place).where(_U.article_id == _ARTICLE)
_PLACE = bindparam("place", type_=ByteText)
PLACE_OF = Lookup(_THERE.where(_U.block_id == bindparam("block", type_=Text()), _U.deleted_at.is_(None)))
FIRST = Lookup(_THERE.order_by(_U.place).limit(1))
NEXT = Lookup(_THERE.where(_U.place > _PLACE).order_by(_U.place).limit(1))
PREVIOUS = Lookup(_THERE.where(_U.place < _PLACE).order_by(_U.place.desc()).limit(1))
