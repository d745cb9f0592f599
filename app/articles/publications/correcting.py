"""Corrections of an article: written down with the publication that mends it, and shown from that on with every later one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select, update

from app.articles.errors import NothingToCorrect
from app.articles.models import Correction, Publication
from app.articles.publications.orders import CorrectionNote
from app.articles.publications.periods import Period
from app.articles.records import Wire, moment
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.models import table_of


class Note(NamedTuple):
    """What a correction says."""

    id: UUID
    kind: str
    text: str
    at: datetime
    corrects: int
    corrected_by: int


CORRECTION = "correction"
"""The significance of a publication that mends something."""


def wire(row: Correction | Note | Any) -> Wire:
    """A correction as its article shows it."""
    return {
        "id": ids.encode("cor", row.id), "type": "correction", "kind": row.kind, "text": row.text, "at": moment(row.at),
        "corrects": row.corrects, "corrected_by": row.corrected_by,
    }  # fmt: skip


async def of_articles(session: ReadSession, histories: Mapping[UUID, Sequence[Any]], at: datetime) -> dict[UUID, list[Wire]]:
    """What readers have been told until `at`, by article; asked only where one of these histories has any."""
    having = [article for article, rows in histories.items() if _any(rows)]
    found: dict[UUID, list[Wire]] = {article: [] for article in histories}
    for row in await _known(session, having) if having else ():
        if row.at <= at:
            found[row.article_id].append(wire(row))
    return found


def _any(rows: Sequence[Any]) -> bool:
    return any(row.significance == CORRECTION for row in rows)


async def _known(session: ReadSession, articles: Collection[UUID]) -> Sequence[Any]:
    columns = table_of(Correction).c
    statement = select(*columns).where(columns.article_id.in_(articles)).order_by(columns.at, columns.id)
    return (await session.execute(statement)).all()


async def says_already(session: ReadSession, there: Period, note: CorrectionNote | None) -> bool:
    """Whether a publication comes with this note, or none is asked for."""
    if note is None:
        return True
    mine = select(Correction.kind, Correction.text).where(Correction.publication_id == there.id)
    return (await session.execute(mine)).first() == (note.kind, note.text)


def refuse_first(before: Sequence[Period], plan: Sequence[Period]) -> None:
    """Raise where a plan begins with a correction, before which readers see nothing, and did not do so `before`."""
    if plan and plan[0].significance == CORRECTION and (not before or before[0].id != plan[0].id):
        raise NothingToCorrect("Readers would see nothing before a correction.")


async def follow(session: WriteSession, article: UUID, rows: Sequence[Any], plan: Sequence[Period], note: CorrectionNote | None) -> None:
    """Write `note` down, and let what nobody has seen yet tell what there is to tell at its moment.

    The last of `plan` that is not in `rows` is the one that `note` belongs to.
    """
    if note is None and not _any(rows):
        return
    standing, revisions = {row.id for row in rows}, dict(zip(plan[1:], plan, strict=False))
    for period in plan:
        if note is not None and period.id not in standing:
            before = revisions.get(period, period).revision
            session.add(
                Correction(
                    id=ids.new(),
                    article_id=article,
                    publication_id=period.id,
                    at=period.start,
                    kind=note.kind,
                    text=note.text,
                    corrects=before,
                    corrected_by=period.revision,
                )
            )
    await session.flush()
    unseen = [period for period in plan if period.id not in standing or period.start > clock.now()]
    for period in unseen:
        changed = {"at": period.start} | ({"corrects": revisions[period].revision} if period in revisions else {})
        await session.execute(update(table_of(Correction)).where(Correction.publication_id == period.id).values(changed))
    known = await _known(session, [article])
    for period in unseen:
        text = to_json([wire(row) for row in known if row.at <= period.start]).decode()
        await session.execute(update(table_of(Publication)).where(Publication.id == period.id).values(corrections=text))
