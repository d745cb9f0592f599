"""What the references in a list's filters lead to: sections with what stands below them, authors, tags."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, union_all

from app.articles.filters import REFERRING, split_name, values
from app.articles.shown.reading import Reading
from app.authors.models import Author
from app.core.aliases import Alias
from app.core.database import ReadSession
from app.core.errors import Fault, InvalidParameter
from app.core.pagination import Statement
from app.core.refs import Ref
from app.sections.models import Section
from app.sections.queries import below
from app.tags.models import Tag

_MOST = 400
"""What one statement may look up: SQLite joins no more than 500 questions."""
_MODELS: dict[str, tuple[str, Any]] = {"section": ("sec", Section), "author": ("aut", Author), "tag": ("tag", Tag)}


async def find_references(reading: Reading, given: Mapping[str, Any]) -> dict[str, list[UUID]]:
    """The ids behind every reference of every filter of a public list; those of sections as the tree was at the reading's moment."""
    wanted = {name: value for name, value in given.items() if split_name(name)[0] in REFERRING}
    known: dict[str, list[UUID]] = {}
    if reading.past is not None:
        deep = given.get("descendants", True)
        for name in [name for name in wanted if split_name(name)[0] == "section"]:
            each = [await reading.book.sections(reading.lookups, text, deep=deep) for text in values(wanted[name])]
            if all(each):
                known[name] = list(dict.fromkeys(one for some in each for one in some))
    rest = {name: value for name, value in given.items() if name not in known}
    if wanted.keys() <= known.keys():
        return known
    async with reading.database.reading() as session:
        return {**known, **await resolve_references(session, rest)}


async def resolve_references(session: ReadSession, given: Mapping[str, Any]) -> dict[str, list[UUID]]:
    """The ids behind every reference of every filter, in one statement; raises InvalidParameter where it cannot tell."""
    wanted = {name: values(value) for name, value in given.items() if split_name(name)[0] in REFERRING}
    if not wanted:
        return {}
    if sum(map(len, wanted.values())) > _MOST:
        detail = f"Filters may name {_MOST} sections, authors and tags together."
        raise InvalidParameter(errors=[Fault("too_long", detail, parameter=name) for name in wanted])
    deep = given.get("descendants", True)
    parts = [_lookup(name, text, deep=deep) for name, texts in wanted.items() for text in texts]
    rows = (await session.execute(union_all(*parts))).all()
    found: dict[str, list[UUID]] = {name: [row.id for row in rows if row.name == name] for name in wanted}
    reached = {(row.name, row.ref) for row in rows}
    missing = [(name, text) for name, texts in wanted.items() for text in texts if (name, text) not in reached]
    if missing:
        raise InvalidParameter(
            errors=[Fault("unknown_reference", f"There is no {split_name(name)[0]} {text[:60]}.", parameter=name) for name, text in missing]
        )
    return found


def _lookup(name: str, text: str, *, deep: bool) -> Statement:
    kind = split_name(name)[0]
    prefix, model = _MODELS[kind]
    ref = Ref.of(prefix, text)
    former = select(Alias.target_id).where(
        Alias.kind == kind, Alias.address == (ref.path or (f"/{ref.slug}" if kind == "section" else ref.slug))
    )
    here: ColumnElement[bool] = model.id == ref.id if ref.id else model.id.in_(former)
    if ref.path:
        here |= model.path == ref.path
    elif ref.slug:
        here |= model.slug == ref.slug
    if kind == "section" and deep:
        top = select(model.path).where(here).subquery()
        return select(literal(name).label("name"), literal(text).label("ref"), Section.id).join(
            top, (Section.path == top.c.path) | below(top.c.path)
        )
    return select(literal(name).label("name"), literal(text).label("ref"), model.id).where(here)
