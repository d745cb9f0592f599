"""From the rows of lists to what goes over the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.articles.records import Wire, moment, schedule
from app.articles.shown import stubs
from app.articles.visibility import shown_at
from app.core import ids
from app.core.database import ReadSession
from app.curation import queries
from app.curation.models import CuratedList
from app.curation.queries import list_id


def shown(row: Any) -> Wire:
    """A list as readers see it, without what stands in it."""
    return _list(row, "published", row.visible_from)


def _list(row: Any, status: str, since: datetime | None) -> Wire:
    return {
        "id": list_id(row.id), "type": "list", "slug": row.slug, "version": row.version, "status": status, "name": row.name,
        "description": row.description, "length": row.length, "published_at": moment(since),
    }  # fmt: skip


async def working(session: ReadSession, lists: Sequence[CuratedList], at: datetime) -> list[Wire]:
    """Working copies with all that they name; three statements, however many there are."""
    history = await queries.histories_of(session, [one.id for one in lists])
    wanted = {target for one in lists for item in one.items if (target := ids.decode("art", item["article"])) is not None}
    known = await stubs.stubs_of(session, wanted, at)
    return [_working(one, history[one.id], known, at) for one in lists]


def _working(one: CuratedList, history: Sequence[Any], known: stubs.Stubs, at: datetime) -> Wire:
    current = shown_at(history, at)
    scheduled = next((row for row in history if row.visible_from > at), None)
    status = "published" if current else "scheduled" if scheduled else "unpublished" if history else "draft"
    seen = current or scheduled
    return {
        **_list(one, status, None if current is None else current.visible_from),
        "items": [{**item, "article": stubs.stub_in(known, item["article"])} for item in one.items],
        "backfill": one.backfill,
        "has_unpublished_changes": seen is None or seen.content_version != one.content_version,
        "scheduled": None if scheduled is None else schedule(scheduled),
        "created_at": moment(one.created_at),
        "revised_at": moment(one.revised_at),
    }
