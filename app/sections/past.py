"""The tree of sections as it was at a moment that is past. Nothing here changes anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import ids
from app.core.database import ReadSession
from app.core.former import FormerName
from app.core.refs import Ref
from app.core.schemas import wire_instant
from app.sections.errors import SectionNotFound
from app.sections.models import Section
from app.sections.queries import get_section, hits_of, list_sections


@dataclass(frozen=True, slots=True)
class FormerSection:
    """A section as it was, with all that the row of one has."""

    id: UUID
    name: str
    slug: str
    path: str
    description: str | None
    position: int
    version: int
    created_at: datetime
    revised_at: datetime


Tree = dict[str, Any]
"""Sections by path; `Section` where nothing has changed since."""


async def tree_at(session: ReadSession, moment: datetime) -> Tree:
    """Every section that there was at `moment`, by its path of then: two statements, however many."""
    present = {section.id: section for section in await list_sections(session)}
    # Asked second: what changes between the two has left what it was.
    changed = select(FormerName).where(FormerName.kind == "section", FormerName.until > moment).order_by(FormerName.until.desc())
    former = {row.object_id: _was(row, present.get(row.object_id)) for row in await session.scalars(changed)}
    return {one.path: one for one in (present | former).values() if one.created_at <= moment}


def _was(row: FormerName, now: Section | None) -> FormerSection:
    """Rows of older versions tell no more than the name: for the rest it is what it is now, where it still is."""
    known = row.about or (_of_its_id(row.object_id) if now is None else about(now))
    made, revised = (datetime.fromisoformat(known[name]) for name in ("created_at", "revised_at"))
    said = known["description"], known["position"], known["version"]
    return FormerSection(row.object_id, row.name, row.slug, row.path or "", *said, made, revised)


def _of_its_id(section: UUID) -> dict[str, Any]:
    made = wire_instant(ids.moment_of(section))
    return {"description": None, "position": 0, "version": 1, "created_at": made, "revised_at": made}


def about(section: Section) -> dict[str, Any]:
    """What is to be kept of a section beside its name, as JSON."""
    moments = {"created_at": wire_instant(section.created_at), "revised_at": wire_instant(section.revised_at)}
    return {"description": section.description, "position": section.position, "version": section.version, **moments}


async def find_in(session: ReadSession, tree: Tree, ref: str) -> Any:
    """The section of `tree` behind `ref`, which is an address of then, or any that leads to it now; raises SectionNotFound."""
    hits = hits_of(Ref.of("sec", ref), list(tree.values()))
    if len(hits) == 1:
        return hits[0]
    known = (await get_section(session, ref)).id
    found = next((one for one in tree.values() if one.id == known), None)
    if found is None:
        raise SectionNotFound(f"There was no section {ref} at that moment.")
    return found


def listed(tree: Tree, after: str | None, limit: int) -> list[Any]:
    """As `queries.list_sections`: the first of `tree` in the order of their paths, from behind the path `after`."""
    return [tree[path] for path in sorted(tree) if after is None or path > after][:limit]
