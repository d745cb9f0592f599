"""Everything that a caller may see, as it was at one `seq`: where whoever keeps a copy begins."""

from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import to_json
from sqlalchemy import select

from app.articles.models import Article
from app.articles.shown.reading import Reading
from app.authors.models import Author
from app.changes.archive import footer, header
from app.changes.records import View, records_of
from app.comments.models import Comment
from app.core import ids
from app.core.database import Database, InSession, ReadSession
from app.curation.models import CuratedList
from app.events.schemas import PREFIXES
from app.sections.models import Section
from app.tags.models import Tag

_BATCH = 100
_KINDS: tuple[tuple[str, Any], ...] = (
    ("section", Section),
    ("author", Author),
    ("tag", Tag),
    ("article", Article),
    ("comment", Comment),
    ("list", CuratedList),
)


async def lines(session: ReadSession, database: Database, view: View, *, key: bytes) -> AsyncIterator[bytes]:
    """The records that `view` shows, each with its type and id; the session sees one moment."""
    yield (await header(session, "records", view=view))[1]
    reading, count = Reading(database, database, InSession(session)), 0
    for kind, model in _KINDS:
        async for objects in _ids(session, model):
            found = await records_of(session, reading, [(kind, one) for one in objects], view, key=key)
            count += len(found)
            yield b"".join(_line(kind, one, found[kind, one]) for one in objects if (kind, one) in found)
    yield footer(count)


def _line(kind: str, one: Any, record: Any) -> bytes:
    return to_json({"type": kind, "id": ids.encode(PREFIXES[kind], one), "record": record}) + b"\n"


async def _ids(session: ReadSession, model: Any) -> AsyncIterator[list[Any]]:
    """All ids, in order, a batch at a time."""
    last = None
    while True:
        behind = select(model.id) if last is None else select(model.id).where(model.id > last)
        found = list(await session.scalars(behind.order_by(model.id).limit(_BATCH)))
        if found:
            yield found
        if len(found) < _BATCH:
            return
        last = found[-1]
