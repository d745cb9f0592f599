"""How search finds a live blog by what one of its updates says.

Each posting has an entry of its own, so that one more costs the same however many there are. It stands where no walk of articles meets it;
`searching.py` asks for the blogs behind those that match. None is another's kin: two thousand may be published at one moment, for which one
kin has not enough places.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import delete, exists, not_, select

from app.articles.models import LivePosting
from app.articles.shown.coverage import HOLE
from app.body import render
from app.core import search_index
from app.core.database import Database, WriteSession
from app.core.fulltext import words_of
from app.core.search_index import SearchEntry

_BATCH = 200


async def enter(session: WriteSession, rows: Iterable[Mapping[str, Any]]) -> None:
    """Enter postings, as rows, into the search index; a deletion says nothing."""
    for row in rows:
        if not row["gone"]:
            block = from_json(row["text"].replace(HOLE, ""))
            text = "\n".join(filter(None, (block["title"], render.to_text(block["blocks"]))))
            own, at = row["id"], row["visible_from"]
            await search_index.index(session, own, kin=own, anew=True, at=at, public=False, title="", lead="", text=words_of(text))


async def forget(session: WriteSession, rows: Sequence[UUID]) -> None:
    """Take postings out that nobody has seen."""
    if rows:
        gone = delete(SearchEntry).where(SearchEntry.owner_id.in_(rows))
        await session.execute(gone.execution_options(synchronize_session=False))


async def enter_missing(database: Database) -> int:
    """Enter every posting that an older version wrote, a batch a transaction; how many there were."""
    columns = (LivePosting.id, LivePosting.gone, LivePosting.text, LivePosting.visible_from)
    missing = select(*columns).where(LivePosting.gone.is_(False), not_(exists().where(SearchEntry.owner_id == LivePosting.id)))
    done = 0
    while True:
        async with database.writing() as session:
            found = (await session.execute(missing.order_by(LivePosting.id).limit(_BATCH))).all()
            await enter(session, [row._asdict() for row in found])
        done += len(found)
        if len(found) < _BATCH:
            return done
