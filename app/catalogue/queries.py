"""Questions about authors and tags. Nothing here changes anything."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from app.catalogue.kinds import Kind, T
from app.core.aliases import find_alias
from app.core.database import ReadSession, refreshed
from app.core.pagination import Keyset
from app.core.refs import Ref
from app.core.text import normal

_LAST = "\U0010ffff"
"""Behind every other character: what begins alike is a range of the index, as bytes; a LIKE of SQLite's takes `a` for `A`."""


async def find_terms(session: ReadSession, kind: Kind[T], refs: Iterable[str]) -> dict[str, T]:
    """The terms behind `refs`, by reference; unknown ones are missing."""
    wanted = [Ref.of(kind.prefix, text) for text in refs]
    if not wanted:
        return {}
    ids, slugs = [ref.id for ref in wanted if ref.id], [ref.slug for ref in wanted if ref.slug]
    found = (await session.scalars(_any_of(kind.model), {"ids": ids, "slugs": slugs})).all()
    known: dict[Any, T] = {term.id: term for term in found} | {term.slug: term for term in found}
    return {ref.text: known[key] for ref in wanted if (key := ref.id or ref.slug) in known}


@cache
def _any_of(model: type[T]) -> Select[T]:
    known = or_(model.id.in_(bindparam("ids", expanding=True)), model.slug.in_(bindparam("slugs", expanding=True)))
    return select(model).where(known)


async def get_term(session: ReadSession, kind: Kind[T], ref: str, *, for_change: bool = False) -> T:
    """The term behind `ref`, old slugs included; raises the kind's own problem where there is none."""
    found = (await find_terms(session, kind, [ref])).get(ref) or await _former(session, kind, ref)
    if found is None:
        raise kind.missing(f"There is no {kind.name} {ref}.")
    if for_change:
        await refreshed(session, found, kind.missing, lock=True)
    return found


async def _former(session: ReadSession, kind: Kind[T], slug: str) -> T | None:
    target = await find_alias(session, kind.name, slug)
    return None if target is None else await session.get(kind.model, target)


async def list_terms(session: ReadSession, kind: Kind[T], *, after: Sequence[Any] | None, limit: int, name: str | None) -> Sequence[T]:
    """Terms by name, from behind `after`; `name` keeps those that begin so."""
    statement = Keyset((kind.model.name, kind.model.id), descending=False).after(select(kind.model), after).limit(limit)
    if name is not None:
        begins = normal("NFC", name)
        statement = statement.where(kind.model.name >= begins, kind.model.name < begins + _LAST)
    return (await session.scalars(statement)).all()
