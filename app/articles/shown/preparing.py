"""Preparing publications that stand already: those an older version wrote, and those whose references were moved."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import literal_column, null, select, union_all
from sqlalchemy.orm import undefer

from app.articles.filters import PUBLISHED
from app.articles.models import Publication
from app.articles.shown.prepared import Refs, prepare
from app.core import ids
from app.core.database import Database, ReadSession, WriteSession

_BATCH = 200


async def prepare_rows(session: WriteSession, publications: Sequence[UUID]) -> None:
    """Write the prepared text of these publications anew, as their rows and links say now."""
    for start in range(0, len(publications), _BATCH):
        batch = publications[start : start + _BATCH]
        rows = await session.scalars(
            select(Publication).where(Publication.id.in_(batch)).options(undefer("*")).execution_options(populate_existing=True)
        )
        refs = await _refs_of(session, batch)
        for row in rows:
            home, (sections, authors, tags) = row.section_id, refs[row.id]
            main = None if home is None else ids.encode("sec", home)
            prepare(row, Refs(main, [ref for ref in sections if ref != main], authors, tags))
        await session.flush()


async def prepare_missing(database: Database) -> int:
    """Prepare every publication that is not, a batch a transaction; how many there were."""
    done = 0
    while True:
        async with database.writing() as session:
            found = (await session.scalars(select(Publication.id).where(Publication.item == "").limit(_BATCH))).all()
            await prepare_rows(session, found)
        done += len(found)
        if len(found) < _BATCH:
            return done


Linked = tuple[list[str], list[tuple[str, str]], list[str]]


async def _refs_of(session: ReadSession, owners: Sequence[UUID]) -> dict[UUID, Linked]:
    """The sections, the authors with their roles and the tags that publications are linked to, in order."""
    links = (("sec", PUBLISHED.sections, "section_id"), ("aut", PUBLISHED.authors, "author_id"), ("tag", PUBLISHED.tags, "tag_id"))
    parts = [
        select(
            literal_column(f"'{prefix}'").label("prefix"), table.owner_id, table.position, getattr(table, target).label("target"),
            table.role if prefix == "aut" else null().label("role"),
        ).where(table.owner_id.in_(owners))
        for prefix, table, target in links
    ]  # fmt: skip
    found: dict[UUID, Linked] = {owner: ([], [], []) for owner in owners}
    for row in await session.execute(union_all(*parts).order_by("position")):
        sections, authors, tags = found[row.owner_id]
        ref = ids.encode(row.prefix, row.target)
        if row.prefix == "aut":
            authors.append((ref, row.role))
        else:
            (sections if row.prefix == "sec" else tags).append(ref)
    return found
