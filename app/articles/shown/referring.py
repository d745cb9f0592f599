"""What the references in a list's filters lead to: sections with what stands below them, authors, tags."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, literal, literal_column, or_, select, union_all

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
    refs = {name: [Ref.of(_MODELS[split_name(name)[0]][0], text) for text in texts] for name, texts in wanted.items()}
    parts = [_lookup(name, named, deep=given.get("descendants", True)) for name, named in refs.items()]
    rows = (await session.execute(union_all(*parts))).all()
    missing = [(name, ref.text) for name, named in refs.items() for ref in _unmet(name, named, rows)]
    if missing:
        raise InvalidParameter(
            errors=[Fault("unknown_reference", f"There is no {split_name(name)[0]} {text[:60]}.", parameter=name) for name, text in missing]
        )
    return {name: list(dict.fromkeys(row.id for row in rows if row.name == name)) for name in wanted}


def _lookup(name: str, refs: Sequence[Ref], *, deep: bool) -> Statement:
    """What one filter names, and by what it was found. It is one question however much is named, and written once."""
    kind = split_name(name)[0]
    model = _MODELS[kind][1]
    path = model.path if kind == "section" else literal_column("''", Text())
    asked = {model.id: [ref.id for ref in refs if ref.id], model.slug: [ref.slug for ref in refs if ref.slug]}
    if kind == "section":
        asked[path] = [ref.path for ref in refs if ref.path]
    known = [model.id.label("top"), model.slug.label("slug"), path.label("path")]
    direct = select(*known, literal_column("''", Text()).label("former")).where(or_(*(column.in_(some) for column, some in asked.items())))
    former = (
        select(*known, Alias.address.label("former"))
        .join(Alias, Alias.target_id == model.id)
        .where(Alias.kind == kind, Alias.address.in_([address for ref in refs if (address := _address(kind, ref))]))
    )
    tops = union_all(direct, former).subquery()
    named = [literal(name).label("name"), tops.c.top, tops.c.slug, tops.c.path, tops.c.former]
    if kind == "section" and deep:
        return select(*named, Section.id.label("id")).join(Section, (Section.path == tops.c.path) | below(tops.c.path))
    return select(*named, tops.c.top.label("id"))


def _address(kind: str, ref: Ref) -> str | None:
    """Where an alias would lead from; a slug alone is a section's at the top."""
    return ref.path or (f"/{ref.slug}" if kind == "section" and ref.slug else ref.slug)


def _unmet(name: str, refs: Sequence[Ref], rows: Sequence[Any]) -> list[Ref]:
    """Those by which nothing was found."""
    mine = [row for row in rows if row.name == name]
    tops, slugs, places = ({getattr(row, by) for row in mine} for by in ("top", "slug", "path"))
    places |= {row.former for row in mine}
    kind = split_name(name)[0]
    return [ref for ref in refs if not (ref.id in tops or (ref.slug or None) in slugs or _address(kind, ref) in places)]
