"""The objects that events are about, as they are now: the whole record that their own addresses would show."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from app.articles import whole
from app.articles.shown.reading import Reading
from app.authors.models import Author
from app.authors.schemas import author_out
from app.comments import queries as comments
from app.comments.schemas import comment_out, moderated_out
from app.comments.threads import pages
from app.core import clock
from app.core.database import ReadSession
from app.curation import queries as lists
from app.curation import records as lists_out
from app.live import records as live
from app.sections import queries as sections
from app.sections.models import Section
from app.sections.schemas import section_out
from app.tags.models import Tag
from app.tags.schemas import tag_out

View = Literal["published", "draft", "moderated"]
"""What readers see, or the working copies of articles, or beside these the comments that readers do not see."""
Named = tuple[str, UUID]
"""The type of an object and its id."""


async def records_of(session: ReadSession, reading: Reading, wanted: Iterable[Named], view: View, *, key: bytes) -> dict[Named, Any]:
    """The record of each object by its name; of what this view does not show there is none. `key` signs the cursors in them."""
    by_type: dict[str, set[UUID]] = {}
    for object_type, object_id in wanted:
        by_type.setdefault(object_type, set()).add(object_id)
    found: dict[Named, Any] = {}
    for object_type, objects in by_type.items():
        loaded = await _load(session, reading, object_type, objects, view, key)
        found |= {(object_type, object_id): record for object_id, record in loaded.items()}
    return found


async def _load(
    session: ReadSession, reading: Reading, object_type: str, objects: Collection[UUID], view: View, key: bytes
) -> dict[UUID, Any]:
    at = clock.now()
    if object_type == "article" and view == "published":
        return await whole.published(reading, session, objects, at)
    if object_type == "article":
        return await whole.working(session, objects, at)
    if object_type == "list":
        return await _lists(session, objects, at, view)
    if object_type == "block":
        return await (live.published(reading, list(objects), at) if view == "published" else live.working(session, list(objects)))
    if object_type == "comment":
        return await _comments(session, objects, at, view, key)
    return await _NAMES[object_type](session, objects) if object_type in _NAMES else {}


async def _comments(session: ReadSession, objects: Collection[UUID], at: datetime, view: View, key: bytes) -> dict[UUID, Any]:
    if view == "moderated":
        return {row.id: moderated_out(row, pages.left_out(key, row)) for row in await comments.list_any(session, objects)}
    return {row.id: comment_out(row, pages.left_out(key, row)) for row in await comments.list_public(session, objects, at)}


async def _lists(session: ReadSession, objects: Collection[UUID], at: datetime, view: View) -> dict[UUID, Any]:
    """Lists without what readers see in them: that changes with the articles."""
    if view == "published":
        return {row.id: lists_out.shown(row) for row in await lists.shown_of(session, objects, at)}
    found = await lists.several(session, objects)
    return {one.id: record for one, record in zip(found, await lists_out.working(session, found, at), strict=True)}


async def _sections(session: ReadSession, objects: Collection[UUID]) -> dict[UUID, Any]:
    found = (await session.scalars(select(Section).where(Section.id.in_(objects)))).all()
    around = await sections.ancestors_of(session, found)
    return {section.id: section_out(section, around) for section in found}


async def _authors(session: ReadSession, objects: Collection[UUID]) -> dict[UUID, Any]:
    return {author.id: author_out(author) for author in await session.scalars(select(Author).where(Author.id.in_(objects)))}


async def _tags(session: ReadSession, objects: Collection[UUID]) -> dict[UUID, Any]:
    return {tag.id: tag_out(tag) for tag in await session.scalars(select(Tag).where(Tag.id.in_(objects)))}


_NAMES = {"section": _sections, "author": _authors, "tag": _tags}
