"""Old and new addresses of the site, in one hop."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.articles.errors import ArticleTakenDown
from app.articles.shown import sighting
from app.authors.errors import AuthorNotFound
from app.authors.kind import AUTHORS
from app.catalogue.queries import get_term
from app.core import ids
from app.core.aliases import find_alias
from app.core.database import ReadSession
from app.core.errors import NotFound
from app.core.text import SLUG_PATTERN
from app.sections.models import Section
from app.tags.errors import TagNotFound
from app.tags.kind import TAGS

_ADDRESS = re.compile(rf"(/{SLUG_PATTERN.strip('^$')})+\Z", re.ASCII)
_CATALOGUES = {f"/{kind.plural}": kind for kind in (AUTHORS, TAGS)}


async def resolve(session: ReadSession, path: str, at: datetime) -> tuple[dict[str, Any], datetime | None]:
    """What stands at `path` now, or stood there once, and until when that is surely so; raises NotFound, ArticleTakenDown.

    Readers' view: what they may not see is not found.
    """
    if not _ADDRESS.match(path):
        raise NotFound(f"Nothing stands at {path}.")
    parent, _, slug = path.rpartition("/")
    if parent in _CATALOGUES:
        return await _term(session, parent, slug, path), None
    section = await _section(session, path)
    if section is not None and section.path == path:
        return _found("section", ids.encode("sec", section.id), path, path), None
    is_place = not parent or await _section(session, parent) is not None
    seen = await sighting.resolve_slug(session, slug, at) if is_place else None
    if seen is not None and (section is None or seen[0]["path"] == path):
        article, until = seen
        return _found("article", article["id"], article["path"], path), until
    if section is not None:
        return _found("section", ids.encode("sec", section.id), section.path, path), None
    if is_place and await sighting.is_withheld(session, slug):
        raise ArticleTakenDown
    raise NotFound(f"Nothing stands at {path}.")


async def _section(session: ReadSession, path: str) -> Section | None:
    found = (await session.scalars(select(Section).where(Section.path == path))).one_or_none()
    if found is not None:
        return found
    former = await find_alias(session, "section", path)
    return None if former is None else await session.get(Section, former)


async def _term(session: ReadSession, parent: str, slug: str, path: str) -> dict[str, Any]:
    kind = _CATALOGUES[parent]
    try:
        term: Any = await get_term(session, kind, slug)
    except (AuthorNotFound, TagNotFound):
        raise NotFound(f"Nothing stands at {path}.") from None
    return _found(kind.name, ids.encode(kind.prefix, term.id), kind.path(term.slug), path)


def _found(kind: str, identity: str, canonical: str, asked: str) -> dict[str, Any]:
    return {"type": kind, "id": identity, "canonical_path": canonical, "moved": canonical != asked}
