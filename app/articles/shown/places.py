"""Where an article stands on the site before a change and after it: what its events say of that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.articles.shown.prepared import Refs
from app.core import ids
from app.core.database import ReadSession
from app.events.versions import Content
from app.sections.models import Section


@dataclass(frozen=True, slots=True)
class Place:
    """An address: the section that makes it, by its id on the wire, and the slug; beside it every section it is listed in."""

    slug: str
    home: str | None
    sections: Sequence[str]

    @classmethod
    def of(cls, slug: str, refs: Refs) -> "Place":
        """That of a publication."""
        return cls(slug, refs.home, [*([] if refs.home is None else [refs.home]), *refs.others])


async def moved(
    session: ReadSession, before: Place | None, after: Place | None, *, known: Mapping[str | None, str] = MappingProxyType({})
) -> dict[str, Any]:  # fmt: skip
    """What an event tells of a change of place; `path` is null where readers see the article no more, `previous_path` where it stayed.

    Sections whose paths are `known` are not asked for.
    """
    homes = [place.home for place in (before, after) if place is not None and place.home is not None]
    paths = {**known, **await _paths(session, [home for home in homes if home not in known])}
    old, new = (None if place is None else f"{paths.get(place.home, '')}/{place.slug}" for place in (before, after))
    return {"path": new, "previous_path": None if old == new else old, "sections": sections_of(before, after)}


def sections_of(*places: Place | None) -> list[str]:
    """Every section that one of the places is in."""
    return _once(section for place in places if place is not None for section in place.sections)


def sections_in(*contents: Content) -> list[str]:
    """Every section that working copies with these contents stand in."""
    return _once(section for one in contents for section in (one["section"], *one["other_sections"]) if section is not None)


def _once(sections: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sections))


async def _paths(session: ReadSession, sections: Sequence[str]) -> dict[str | None, str]:
    wanted: list[UUID] = [found for ref in sections if (found := ids.decode("sec", ref)) is not None]
    if not wanted:
        return {}
    rows = await session.execute(select(Section.id, Section.path).where(Section.id.in_(wanted)))
    return {ids.encode("sec", row.id): row.path for row in rows}
