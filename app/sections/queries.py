"""Questions about sections. Nothing here changes anything."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from app.core.aliases import find_aliases
from app.core.database import ReadSession
from app.core.errors import Unavailable
from app.core.refs import Ref
from app.sections.errors import SectionNotFound
from app.sections.models import Section
from app.sections.schemas import ancestry


def below(top: Any, path: Any = Section.path) -> ColumnElement[bool]:
    """Whether `path` stands under `top`, texts or columns: one range, since '0' is the byte that follows '/'."""
    return and_(path > top + "/", path < top + "0")


S = TypeVar("S", bound=Any)
_TRIES = 5


async def find_sections(session: ReadSession, refs: Iterable[str]) -> dict[str, Section]:
    """The sections behind `refs`, by reference: an old path leads on where none goes by it now, or several do. Others are missing."""
    wanted = [Ref.of("sec", text) for text in refs]
    found = (await session.scalars(_ANY_OF, _named(wanted))).all() if wanted else []
    known = {ref.text: hits[0] for ref in wanted if len(hits := hits_of(ref, found)) == 1}
    return known | await _former(session, [ref for ref in wanted if ref.text not in known])


_ANY_OF = select(Section).where(or_(*(getattr(Section, name).in_(bindparam(name, expanding=True)) for name in ("id", "path", "slug"))))


def _named(refs: Collection[Ref]) -> dict[str, list[Any]]:
    return {name: [value for ref in refs if (value := getattr(ref, name))] for name in ("id", "path", "slug")}


def hits_of(ref: Ref, sections: Sequence[S]) -> list[S]:
    """Those of `sections` that `ref` may mean. One that stands at the top wins its slug: `world` is /world before it is /archive/world."""
    hits = [section for section in sections if ref.id == section.id or ref.path == section.path or ref.slug == section.slug]
    return [section for section in hits if section.path == f"/{ref.slug}"] or hits


async def get_section(session: ReadSession, ref: str) -> Section:
    """The section behind `ref`, old paths included; raises SectionNotFound."""
    found = (await find_sections(session, [ref])).get(ref)
    if found is None:
        raise SectionNotFound(f"There is no section {ref}, or several have this slug.")
    return found


async def _former(session: ReadSession, refs: Iterable[Ref]) -> dict[str, Section]:
    old = {ref.text: ("section", former_path(ref)) for ref in refs if ref.id is None}
    heirs = await find_aliases(session, set(old.values()))
    found = {one.id: one for one in await session.scalars(select(Section).where(Section.id.in_(heirs.values())))} if heirs else {}
    return {text: found[heirs[address]] for text, address in old.items() if heirs.get(address) in found}


def former_path(ref: Ref) -> str:
    """The address of old that `ref` may be: a path, or a slug that stood at the top."""
    return ref.path or f"/{ref.slug}"


async def list_sections(session: ReadSession, *, after: str | None = None, limit: int | None = None) -> Sequence[Section]:
    """Sections in the order of their paths, from behind the path `after`."""
    statement = select(Section).order_by(Section.path)
    if after is not None:
        statement = statement.where(Section.path > after)
    return (await session.scalars(statement.limit(limit))).all()


async def ancestors_of(session: ReadSession, sections: Sequence[Section]) -> dict[str, Section]:
    """Every ancestor of `sections`, themselves included, by path.

    Where the tree was changed since they were read, they are read again, so that they stand where their ancestors do; raises Unavailable
    where it never holds still.
    """
    for _ in range(_TRIES):
        wanted = {step for section in sections for step in ancestry(section.path)}
        found = (await session.scalars(select(Section).where(Section.path.in_(wanted)))).all()
        known = {section.path: section for section in (*found, *sections)}
        if wanted <= known.keys():
            return known
        again = select(Section).where(Section.id.in_([section.id for section in sections]))
        (await session.scalars(again.execution_options(populate_existing=True))).all()
    raise Unavailable("The tree of sections changes faster than it can be read.", headers={"Retry-After": "1"})
