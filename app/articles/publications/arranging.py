"""Making the publications of an article what a plan says. A row that readers may have seen keeps all but its end."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, select, update
from sqlalchemy.orm import undefer

from app.articles.filters import PUBLISHED
from app.articles.models import Publication
from app.articles.publications.periods import Dates, Period, ends
from app.articles.shown import posting
from app.articles.shown.preparing import prepare_rows
from app.articles.working_copy import indexing
from app.body import outline as bodies
from app.core import search_index
from app.core.database import WriteSession
from app.core.lookups import Lookup
from app.core.models import Instant, table_of

_PERIOD = Lookup(
    update(table_of(Publication))
    .where(Publication.id == bindparam("publication", type_=Uuid()))
    .values(
        visible_from=bindparam("start", type_=Instant()),
        visible_until=bindparam("end", type_=Instant()),
        ordered_until=bindparam("ordered", type_=Instant()),
    )
)


async def arrange(session: WriteSession, rows: Sequence[Any], plan: Sequence[Period], dates: Mapping[UUID, Dates]) -> dict[UUID, Any]:
    """Move, close and withdraw what stands in `rows`, so that it is as `plan` says; what is new in the plan is entered elsewhere.

    What is left of them, as it stands then, is returned by id.
    """
    await posting.follow(session, rows, {period.id: period.start for period in plan})
    await drop(session, [row.id for row in rows if row.id not in dates])
    standing = {row.id: row for row in rows if row.id in dates}
    moved: dict[UUID, Dates] = {}
    for period, end in zip(plan, ends(plan), strict=True):
        row = standing.get(period.id)
        if row is None:
            continue
        if (row.visible_from, row.visible_until) != (period.start, end) or row.ordered_until not in {None, period.ordered_until}:
            session.tell(_PERIOD, {"publication": row.id, "start": period.start, "end": end, "ordered": period.ordered_until})
            standing[row.id] = row._replace(visible_from=period.start, visible_until=end, ordered_until=period.ordered_until)
        if Dates(row.published_at, row.first_published_at, row.updated_at) != dates[row.id]:
            moved[row.id] = dates[row.id]
            standing[row.id] = standing[row.id]._replace(**asdict(dates[row.id]))
    if moved:
        await _redate(session, moved)
    return standing


_WITHHELD = Lookup(
    update(table_of(Publication))
    .where(Publication.id == bindparam("publication", type_=Uuid()))
    .values(withheld_until=bindparam("end", type_=Instant()), ordered_until=bindparam("end", type_=Instant()))
)


async def end_withheld(session: WriteSession, rows: Sequence[Any], end: datetime) -> list[Any]:
    """Let nothing that is taken down be seen from `end` on, once it is given back. It is in no plan meanwhile: what is left is none."""
    for row in rows:
        if row.visible_from < end < (row.withheld_until or row.visible_until):
            await session.ask(_WITHHELD, publication=row.id, end=end)
    await posting.follow(session, rows, {row.id: row.visible_from for row in rows if row.visible_from < end})
    await drop(session, [row.id for row in rows if row.visible_from >= end])
    return []


async def drop(session: WriteSession, unseen: Sequence[UUID]) -> None:
    """Withdraw publications whole; nobody has seen them."""
    for publication in unseen:
        search_index.forget(session, publication)
    if unseen:
        await session.execute(delete(Publication).where(Publication.id.in_(unseen)).execution_options(synchronize_session=False))


async def _redate(session: WriteSession, moved: Mapping[UUID, Dates]) -> None:
    """Give publications that nobody has seen other dates, with all that is made of these: prepared text, links, places in the search."""
    for publication, dates in moved.items():
        await session.execute(update(table_of(Publication)).where(Publication.id == publication).values(**asdict(dates)))
        for links in (PUBLISHED.sections, PUBLISHED.authors, PUBLISHED.tags):
            await session.execute(update(table_of(links)).where(links.owner_id == publication).values(published_at=dates.published_at))
    await prepare_rows(session, list(moved))
    names = await indexing.names(session, PUBLISHED, list(moved))
    for row in await session.scalars(select(Publication).where(Publication.id.in_(moved)).options(undefer("*"))):
        await indexing.reindex(session, row.id, row, names[row.id], await bodies.words_aside(row.body), anew=False)
