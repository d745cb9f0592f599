"""What of a list is put before readers, and when: by a plan of periods, as articles are. Only this module opens and closes publications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from app.articles.errors import PublishingPeriodEmpty
from app.articles.publications.periods import Period, cut, ends, moments, placed, says_already, turns_soon
from app.articles.visibility import shown_at
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault
from app.core.schemas import wire_instant
from app.curation import queries, transitions
from app.curation.happenings import happening
from app.curation.models import CONTENT, CuratedList, ListPublication
from app.curation.schemas import ListPublishOrder
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import check_version


async def publish(session: WriteSession, one: CuratedList, order: ListPublishOrder, *, by: Actor, if_match: int | None) -> CuratedList:
    """Put the working copy before readers, now or from a later moment on. What readers see already changes nothing."""
    await check_version(session, one.id, present=one.version, if_match=if_match, theirs={}, yours={})
    now = clock.now()
    start, end = max(order.at or now, now), order.until or clock.FOREVER
    if end <= start:
        raise PublishingPeriodEmpty(errors=[Fault("period", "It must be later than `at`, and than now.", "#/until")])
    rows = await _settled(session, one)
    before = _plan(rows)
    if says_already(before, one.content_version, start, end, replacing=True):
        return one
    one.version += 1
    await session.flush()
    new = Period(ids.new(), start, end, one.content_version, "update", None)
    plan = placed(before, new, replacing=True)
    await _arrange(session, one, rows, before, plan)
    content = {name: getattr(one, name) for name in CONTENT}
    publication = ListPublication(
        **content, id=new.id, list_id=one.id, version=one.version, content_version=new.revision, visible_from=start, visible_until=end
    )
    session.add(publication)
    if start == now:
        first = all(row.visible_from >= start for row in rows)
        record(session, happening("list.published", one, by, public=True, first=first))
    else:
        until = None if end == clock.FOREVER else wire_instant(end)
        record(session, happening("list.scheduled", one, by, soon=turns_soon(before, plan), at=wire_instant(start), until=until))
    return one


async def unpublish(session: WriteSession, one: CuratedList, *, at: datetime | None, by: Actor, if_match: int | None) -> CuratedList:
    """Take the list from readers, now or at a later moment; a schedule that would begin after that is called off."""
    await check_version(session, one.id, present=one.version, if_match=if_match, theirs={}, yours={})
    now = clock.now()
    end = max(at or now, now)
    rows = await _settled(session, one)
    if all(row.visible_until <= end for row in rows):
        return one
    one.version += 1
    await session.flush()
    shown, before = shown_at(rows, now), _plan(rows)
    plan = cut(before, end)
    await _arrange(session, one, rows, before, plan)
    if end > now:
        record(session, happening("list.scheduled", one, by, soon=turns_soon(before, plan), at=wire_instant(end)))
    else:
        record(session, happening("list.unpublished", one, by, public=shown is not None, at=wire_instant(end)))
    return one


async def delete_list(session: WriteSession, one: CuratedList, *, by: Actor, if_match: int | None) -> None:
    """Delete a list for good, with all that readers ever saw of it. The articles in it stay what they are."""
    await check_version(session, one.id, present=one.version, if_match=if_match, theirs={}, yours={})
    rows = await _settled(session, one)
    one.version += 1
    record(session, happening("list.deleted", one, by, public=shown_at(rows, clock.now()) is not None))
    await session.flush()
    await session.delete(one)
    await session.flush()


async def _settled(session: WriteSession, one: CuratedList) -> list[Any]:
    """Every publication of the list, once the log has what happened to them by itself."""
    rows = (await queries.histories_of(session, [one.id]))[one.id]
    await transitions.settle(session, one, rows)
    return rows


def _plan(rows: Sequence[Any]) -> list[Period]:
    """The plan that a list's publications say: each ends where it was ordered to, for an order replaces what comes behind it."""
    return [Period(row.id, row.visible_from, row.visible_until, row.content_version, "update", None) for row in rows]


async def _arrange(session: WriteSession, one: CuratedList, rows: Sequence[Any], before: Sequence[Period], plan: Sequence[Period]) -> None:
    """Let what stands in `rows` be as `plan` says: what it does not have is withdrawn whole, what is open ends where the next begins."""
    until = dict(zip((period.id for period in plan), ends(plan), strict=True))
    unseen = [row.id for row in rows if row.id not in until]
    if unseen:
        await session.execute(
            delete(ListPublication).where(ListPublication.id.in_(unseen)), execution_options={"synchronize_session": False}
        )
    for row in rows:
        if row.id in until and row.visible_until != until[row.id]:
            ending = update(ListPublication).where(ListPublication.id == row.id).values(visible_until=until[row.id])
            await session.execute(ending, execution_options={"synchronize_session": False})
    now = clock.now()
    await transitions.plan(session, one.id, before=moments(before, now), after=moments(plan, now))
