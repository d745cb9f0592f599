"""The publications of an article that are to come: listed, moved and called off, one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.articles.errors import PublicationBegun, PublicationNotFound, PublishingPeriodEmpty, ScheduleTaken
from app.articles.models import Article, Publication
from app.articles.publications import correcting, transitions
from app.articles.publications.arranging import arrange
from app.articles.publications.orders import ScheduleChange
from app.articles.publications.periods import Period, dates_in, moments, periods_of, without
from app.articles.publications.publishing import refuse_away, refuse_embargoed, scheduled, settled, shown_by, shown_in, soon
from app.articles.records import Wire, moment
from app.articles.shown.places import sections_of
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.errors import Fault, ValidationFailed
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import check_version


async def list_scheduled(session: ReadSession, article: Article) -> list[Wire]:
    """What is to be seen of the article later, in the order of time."""
    coming = select(Publication).where(Publication.article_id == article.id, Publication.visible_from > clock.now())
    rows = (await session.scalars(coming.order_by(Publication.visible_from).execution_options(populate_existing=True))).all()
    return [_wire(row, article) for row in rows]


async def get_scheduled(session: ReadSession, article: Article, publication: UUID) -> Wire:
    """One of them; raises PublicationNotFound, or PublicationBegun."""
    known = select(Publication).where(Publication.article_id == article.id, Publication.id == publication)
    row = (await session.scalars(known.execution_options(populate_existing=True))).one_or_none()
    _refuse(row, None if row is None else row.visible_from, publication)
    return _wire(row, article)


def _refuse(found: Any | None, start: Any, publication: UUID) -> None:
    if found is None:
        raise PublicationNotFound(f"The article has no publication {ids.encode('pub', publication)}.")
    if start <= clock.now():
        raise PublicationBegun(f"It began at {moment(start)}.")


def _wire(row: Publication | Any, article: Article) -> Wire:
    until = row.visible_until if row.withheld_until is None else row.withheld_until
    ordered = until if row.ordered_until is None else row.ordered_until
    return {
        "id": ids.encode("pub", row.id), "type": "publication", "article": ids.encode("art", row.article_id), "version": article.version,
        "at": moment(row.visible_from), "until": _end(until), "ordered_until": _end(ordered),
        "revision": row.content_version, "significance": row.significance, "headline": row.headline, "slug": row.slug,
    }  # fmt: skip


def _end(until: datetime) -> str | None:
    return None if until == clock.FOREVER else moment(until)


async def change_scheduled(
    session: WriteSession, article: Article, publication: UUID, change: ScheduleChange, *, by: Actor, if_match: int | None
) -> None:
    """Move a publication to come, or let it end at another moment. What changes nothing makes no version and no event."""
    rows, before, old = await _known(session, article, publication, if_match)
    sent = change.model_dump(exclude_unset=True)
    if "at" in sent and (change.at is None or change.at <= clock.now()):
        raise ValidationFailed(errors=[Fault("past", "It must be a moment to come; what is wanted now is published.", "#/at")])
    until = (change.until or clock.FOREVER) if "until" in sent else old.ordered_until
    new = replace(old, start=change.at or old.start, ordered_until=until)
    if new.ordered_until <= new.start:
        raise PublishingPeriodEmpty(errors=[Fault("period", "It must be later than `at`.", "#/until")])
    refuse_embargoed(article, new.start)
    others = without(before, publication)
    if any(each.start == new.start for each in others):
        raise ScheduleTaken(errors=[Fault("taken", "Another publication begins at this moment.", "#/at")])
    if new != old:
        plan = sorted([*others, new], key=lambda each: each.start)
        await _arrange(session, article, rows, before, plan, new, by, kind="article.rescheduled")


async def cancel_scheduled(session: WriteSession, article: Article, publication: UUID, *, by: Actor, if_match: int | None) -> None:
    """Call off a publication to come: what was to be seen before it goes on for as long as it was ordered."""
    rows, before, old = await _known(session, article, publication, if_match)
    await _arrange(session, article, rows, before, without(before, publication), old, by, kind="article.unscheduled")


async def _known(
    session: WriteSession, article: Article, publication: UUID, if_match: int | None
) -> tuple[Sequence[Any], list[Period], Period]:
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    refuse_away(article)
    rows = await settled(session, article)
    before = periods_of(rows)
    found = next((each for each in before if each.id == publication), None)
    _refuse(found, None if found is None else found.start, publication)
    if found is None:
        raise PublicationNotFound
    return rows, before, found


async def _arrange(
    session: WriteSession, article: Article, rows: Sequence[Any], before: list[Period], plan: list[Period], about: Period, by: Actor,
    *, kind: str,
) -> None:  # fmt: skip
    correcting.refuse_first(before, plan)
    now = clock.now()
    article.version += 1
    await session.flush()
    shown, to_come = shown_in(rows, now), shown_by(next(row for row in rows if row.id == about.id))
    await arrange(session, rows, plan, dates_in(rows, plan, now))
    await correcting.follow(session, article.id, rows, plan, None)
    await transitions.plan(session, article.id, before=moments(before, now), after=moments(plan, now))
    tags = soon(article, before, plan, shown, to_come)
    record(session, scheduled(kind, article, by, about, sections_of(to_come.place), tags))
