"""What of a list is put before readers, and when: the temporal pattern of articles. Only this module opens and closes publications."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from app.articles.errors import PublishingPeriodEmpty
from app.articles.transitions import coming
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
    if _says_already(rows, one, start, end):
        return one
    one.version += 1
    await session.flush()
    before = coming(rows)
    await _cut(session, rows, start)
    content = {name: getattr(one, name) for name in CONTENT}
    session.add(
        ListPublication(
            **content, id=ids.new(), list_id=one.id, version=one.version, content_version=one.content_version,
            visible_from=start, visible_until=end,
        )
    )  # fmt: skip
    after = {moment for moment in before if moment < start} | {moment for moment in (start, end) if now < moment < clock.FOREVER}
    await transitions.plan(session, one.id, before=before, after=after)
    if start == now:
        first = all(row.visible_from >= start for row in rows)
        record(session, happening("list.published", one, by, public=True, first=first))
    else:
        until = None if end == clock.FOREVER else wire_instant(end)
        record(session, happening("list.scheduled", one, by, at=wire_instant(start), until=until))
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
    shown, before = shown_at(rows, now), coming(rows)
    await _cut(session, rows, end)
    after = {moment for moment in before if moment < end} | ({end} if end > now else set())
    await transitions.plan(session, one.id, before=before, after=after)
    if end > now:
        record(session, happening("list.scheduled", one, by, at=wire_instant(end)))
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


def _says_already(rows: list[Any], one: CuratedList, start: datetime, end: datetime) -> bool:
    last = rows[-1] if rows else None
    return last is not None and last.content_version == one.content_version and last.visible_until == end and last.visible_from <= start


async def _cut(session: WriteSession, rows: list[Any], moment: datetime) -> None:
    """Let nothing be seen from `moment` on: what is open then ends there, what would begin later is withdrawn whole."""
    open_then = [row.id for row in rows if row.visible_from < moment < row.visible_until]
    unseen = [row.id for row in rows if row.visible_from >= moment]
    ending = update(ListPublication).where(ListPublication.id.in_(open_then)).values(visible_until=moment)
    dropping = delete(ListPublication).where(ListPublication.id.in_(unseen))
    for statement in (*([ending] if open_then else []), *([dropping] if unseen else [])):
        await session.execute(statement, execution_options={"synchronize_session": False})
