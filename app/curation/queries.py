"""Questions about curated lists. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.articles.shown.walks import AT
from app.articles.visibility import holds_at
from app.core import clock, ids
from app.core.caching import earliest
from app.core.database import ReadSession
from app.core.lookups import Asking, Lookup
from app.core.pagination import Statement
from app.core.refs import Ref
from app.curation.errors import ListNotFound
from app.curation.models import CuratedList, ListPublication, ListTransition
from app.events.models import LogHead

_COMING = aliased(ListPublication)


async def get_list(session: ReadSession, text: str, *, for_change: bool = False) -> CuratedList:
    """The working copy behind `text`, by id or slug; raises ListNotFound."""
    ref = Ref.of("lst", text)
    statement = select(CuratedList).where(CuratedList.id == ref.id if ref.id else CuratedList.slug == ref.slug)
    found = (await session.scalars(statement.with_for_update(key_share=True) if for_change else statement)).one_or_none()
    if found is None:
        raise ListNotFound(f"There is no list {text}.")
    return found


async def list_working(session: ReadSession, after: Sequence[Any] | None, limit: int) -> Sequence[CuratedList]:
    """Working copies by slug."""
    statement = select(CuratedList).order_by(CuratedList.slug).limit(limit)
    return (await session.scalars(statement if after is None else statement.where(CuratedList.slug > after[0]))).all()


async def several(session: ReadSession, lists: Collection[UUID]) -> Sequence[CuratedList]:
    """The working copies of these lists."""
    return (await session.scalars(select(CuratedList).where(CuratedList.id.in_(lists)).order_by(CuratedList.slug))).all()


async def histories_of(session: ReadSession, lists: Collection[UUID]) -> dict[UUID, list[Any]]:
    """The publications of lists in the order of time, without what stands in them, by list.

    Of those that were over when the log was last told of one, only the first: a front page has thousands, and none matters any more.
    """
    columns = (
        ListPublication.id, ListPublication.list_id, ListPublication.visible_from, ListPublication.visible_until,
        ListPublication.content_version,
    )  # fmt: skip
    found: dict[UUID, list[Any]] = {one: [] for one in lists}
    untold = select(func.min(ListTransition.at)).where(ListTransition.list_id.in_(lists)).scalar_subquery()
    firsts = select(_COMING.list_id, func.min(_COMING.visible_from)).where(_COMING.list_id.in_(lists)).group_by(_COMING.list_id)
    end, place = ListPublication.visible_until, tuple_(ListPublication.list_id, ListPublication.visible_from)
    matters = or_(end >= clock.now(), end >= untold, place.in_(firsts))
    statement = select(*columns).where(ListPublication.list_id.in_(lists), matters).order_by(ListPublication.visible_from)
    for row in await session.execute(statement):
        found[row.list_id].append(row)
    return found


def _shown() -> Statement:
    """What readers see of lists, with the next moment at which each is published again."""
    later = select(func.min(_COMING.visible_from)).where(_COMING.list_id == ListPublication.list_id, _COMING.visible_from > AT)
    return (
        select(
            CuratedList.id, CuratedList.slug, ListPublication.version, ListPublication.name, ListPublication.description,
            ListPublication.length, ListPublication.items, ListPublication.backfill, ListPublication.visible_from,
            ListPublication.visible_until, later.scalar_subquery().label("next_from"),
            select(LogHead.seq).where(LogHead.id == 1).scalar_subquery().label("seq"),
        )
        .join(ListPublication, ListPublication.list_id == CuratedList.id)
        .where(holds_at(ListPublication, AT))
    )  # fmt: skip


_BY_ID = Lookup(_shown().where(CuratedList.id == bindparam("ref", type_=Uuid())))
_BY_SLUG = Lookup(_shown().where(CuratedList.slug == bindparam("ref", type_=Text())))


async def get_shown(lookups: Asking, text: str, at: datetime) -> Any:
    """What readers see of a list at the moment `at`; raises ListNotFound."""
    ref = Ref.of("lst", text)
    found = await lookups.all(_BY_ID if ref.id else _BY_SLUG, ref=ref.id or ref.slug, at=at)
    if not found:
        raise ListNotFound(f"Readers see no list {text} at this moment.")
    return found[0]


async def list_shown(session: ReadSession, at: datetime, after: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """The lists that readers see, by slug."""
    statement = _shown().order_by(CuratedList.slug).limit(limit)
    statement = statement if after is None else statement.where(CuratedList.slug > after[0])
    return (await session.execute(statement, {"at": at})).all()


async def shown_of(session: ReadSession, lists: Collection[UUID], at: datetime) -> Sequence[Any]:
    """What readers see of these lists."""
    return (await session.execute(_shown().where(CuratedList.id.in_(lists)), {"at": at})).all()


def end_of(row: Any) -> datetime | None:
    """When readers stop seeing a list as it is, where that is known."""
    return earliest(row.next_from, None if row.visible_until == clock.FOREVER else row.visible_until)


async def next_change(session: ReadSession, at: datetime) -> datetime | None:
    """The next moment at which readers begin or cease to see any list."""
    begins = select(func.min(ListPublication.visible_from)).where(ListPublication.visible_from > at).scalar_subquery()
    ends = select(func.min(ListPublication.visible_until))
    ends = ends.where(ListPublication.visible_until > at, ListPublication.visible_until < clock.FOREVER)
    row = (await session.execute(select(begins.label("begins"), ends.scalar_subquery().label("ends")))).one()
    return earliest(row.begins, row.ends)


def list_id(value: UUID) -> str:
    """A list's id on the wire."""
    return ids.encode("lst", value)
