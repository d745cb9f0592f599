"""Questions about corrections. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import ColumnElement, exists

from app.articles.filters import PUBLISHED
from app.articles.models import Correction, Publication
from app.articles.publications import correcting
from app.articles.records import Wire, article_id
from app.articles.shown import walks
from app.articles.shown.reading import Reading
from app.articles.shown.referring import find_references
from app.articles.shown.tags import membership_tags
from app.articles.visibility import visible_at
from app.core.pagination import Keyset, Page, Pager, cut

_COLUMNS = tuple(
    getattr(Correction, name).label(f"note_{name}") for name in ("id", "kind", "text", "at", "corrects", "corrected_by")
)  # fmt: skip
_ORDER = Keyset((Correction.at, Correction.id), descending=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which corrections are asked for: of these kinds, in this section, of this article."""

    kinds: Sequence[str]
    section: str | None
    article: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of corrections in wire form, the tags of the answer, and until when it is surely true."""

    page: Page[Wire]
    tags: list[str]
    until: datetime | None


async def list_corrections(reading: Reading, asked: Asked, pager: Pager, cursor: str | None, limit: int, at: datetime) -> Found:
    """Those that readers are told of at `at`, of articles that they see then, the newest first; raises InvalidParameter, CursorMismatch."""
    given = {} if asked.section is None else {"section": asked.section}
    found = await find_references(reading, given)
    async with reading.database.reading() as session:
        statement = walks.items(*_COLUMNS).join(Correction, Correction.article_id == Publication.article_id)
        statement = statement.where(visible_at(at), Correction.at <= at, *_conditions(asked, found.get("section")))
        wanted = _ORDER.after(statement, pager.decode(cursor) if cursor else None).limit(limit + 1)

        async def read() -> Sequence[Any]:
            return (await session.execute(wanted)).all()

        shown = await reading.shown(read, at)
    page = cut(shown, limit, pager, lambda one: [one.row.note_at, one.row.note_id])
    named = dict.fromkeys(f"article:{article_id(one.row.article_id)}" for one in page.rows)
    own = [f"article:{article_id(asked.article)}"] if asked.article else membership_tags(found)
    until = await reading.next_transition([one.row for one in shown], at)
    rows = [_entry(one.row, from_json(one.item + "}")) for one in page.rows]
    return Found(Page(rows, page.limit, page.next_cursor, page.total), list(dict.fromkeys([*own, "taxonomy", *named])), until)


def _conditions(asked: Asked, sections: Sequence[UUID] | None) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = [Correction.kind.in_(asked.kinds)] if asked.kinds else []
    if asked.article is not None:
        parts.append(Correction.article_id == asked.article)
    if sections is not None:
        links: Any = PUBLISHED.sections
        parts.append(exists().where(links.owner_id == Publication.id, links.section_id.in_(sections)))
    return parts


def _entry(row: Any, article: Wire) -> Wire:
    note = correcting.Note(row.note_id, row.note_kind, row.note_text, row.note_at, row.note_corrects, row.note_corrected_by)
    return {**correcting.wire(note), "article": {name: article[name] for name in ("id", "headline", "slug", "path")}}
