"""What an article refers to, found by one statement, however it is named and whatever its kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, literal_column, or_, select, union_all

from app.articles.records import References, Wire, stub
from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.core import ids
from app.core.aliases import find_aliases
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Lookup, filled_up
from app.core.refs import Ref
from app.events.models import NAMES_SEQ
from app.events.versions import Content
from app.sections.models import Section
from app.sections.queries import former_path, hits_of
from app.tags.kind import TAGS
from app.tags.models import Tag

_NAMED_BY: dict[str, tuple[Any, Sequence[str]]] = {
    "sec": (Section, ("id", "path", "slug")),
    "aut": (Author, ("id", "slug")),
    "tag": (Tag, ("id", "slug")),
}
_ALIASED = {"sec": "section", "aut": AUTHORS.name, "tag": TAGS.name}
Refs = Mapping[str, Sequence[Ref]]
"""References to each kind of thing."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Ids on the wire, by the references that lead to them; one that leads nowhere, or to several sections, is missing.

    What is shown of each is in `stubs`, by its id, as it was at `seqs`: two, where names changed while they were looked up.
    """

    sections: dict[str, str]
    authors: dict[str, str]
    tags: dict[str, str]
    stubs: dict[str, Wire]
    seqs: frozenset[int]

    def references(self, content: Content, assignees: Iterable[str]) -> References:
        """What is shown of all that a resolved `content` refers to, articles and the way to its section apart."""
        sections = dict.fromkeys(ref for ref in (content["section"], *content["other_sections"]) if ref)
        return References(
            sections=[self.stubs[ref] for ref in sections],
            authors=[{**self.stubs[one["author"]], "role": one["role"]} for one in content["authors"]],
            tags=[self.stubs[ref] for ref in content["tags"]],
            assignees=list(dict.fromkeys(assignees)),
        )


async def find_targets(session: ReadSession, *, sections: Iterable[str], authors: Iterable[str], tags: Iterable[str]) -> Targets:
    """Look up what is named, by a former name where nothing has it now, or several sections do; nobody is asked where none is named."""
    wanted = {
        prefix: [Ref.of(prefix, text) for text in dict.fromkeys(texts)]
        for prefix, texts in zip(_NAMED_BY, (sections, authors, tags), strict=True)
    }
    found, seqs = await _find(session, wanted)
    lost = {prefix: [ref for ref in refs if ref.id is None and ref.text not in found[prefix]] for prefix, refs in wanted.items()}
    heirs, later = await _find(session, await _heirs(session, lost))
    homes, writers, words = ({text: one["id"] for text, one in (found[prefix] | heirs[prefix]).items()} for prefix in _NAMED_BY)
    stubs = {one["id"]: one for by in (found, heirs) for by_ref in by.values() for one in by_ref.values()}
    return Targets(homes, writers, words, stubs, seqs | later)


async def _find(session: ReadSession, wanted: Refs) -> tuple[dict[str, dict[str, Wire]], frozenset[int]]:
    """What is shown of each, by its kind and its reference, and at which number of the log that is so."""
    values = {
        f"{prefix}_{name}": filled_up([value for ref in wanted[prefix] if (value := getattr(ref, name))])
        for prefix, (_, names) in _NAMED_BY.items()
        for name in names
    }
    counts = tuple(map(len, values.values()))
    given = {f"{name}_{number}": value for name, listed in values.items() for number, value in enumerate(listed)}
    rows = await session.ask(_question(counts), **given) if given else []
    found = {prefix: _by_ref(prefix, refs, [row for row in rows if row.kind == prefix]) for prefix, refs in wanted.items()}
    return found, frozenset(row.names_seq for row in rows)


async def _heirs(session: ReadSession, lost: Refs) -> Refs:
    """What had these names once, by its id."""
    old = {
        (prefix, ref): (_ALIASED[prefix], former_path(ref) if prefix == "sec" else str(ref.slug))
        for prefix, refs in lost.items()
        for ref in refs
    }
    heirs = await find_aliases(session, set(old.values()))
    return {prefix: [Ref(ref.text, id=heirs[at]) for ref in refs if (at := old[prefix, ref]) in heirs] for prefix, refs in lost.items()}


async def hold(session: WriteSession, authors: Mapping[str, str]) -> dict[str, str]:
    """Those of `authors`, ids by reference, that are there; they stay until this is committed, though no foreign key leads to them."""
    if not authors:
        return {}
    wanted = [ids.decode("aut", ref) for ref in authors.values()]
    known = select(Author.id).where(Author.id.in_(wanted)).order_by(Author.id).with_for_update(read=True, key_share=True)
    there = {ids.encode("aut", author) for author in await session.scalars(known)}
    return {text: ref for text, ref in authors.items() if ref in there}


def _by_ref(prefix: str, refs: Sequence[Ref], rows: Sequence[Any]) -> dict[str, Wire]:
    found = {ref.text: hits_of(ref, rows) for ref in refs}
    return {text: stub(prefix, hits[0]) for text, hits in found.items() if len(hits) == 1}


@lru_cache(maxsize=200)
def _question(counts: Sequence[int]) -> Lookup:
    """The statement for so many references of each kind and form."""
    left = iter(counts)
    parts = []
    for prefix, (model, names) in _NAMED_BY.items():
        conditions = [condition for name in names for condition in _equal(prefix, model, name, next(left))]
        path = model.path if prefix == "sec" else literal_column("''", Text())
        if conditions:
            kind = literal_column(f"'{prefix}'", Text()).label("kind")
            columns = (kind, model.id.label("id"), model.name.label("name"), model.slug.label("slug"), path.label("path"), NAMES_SEQ)
            parts.append(select(*columns).where(or_(*conditions)))
    return Lookup(parts[0] if len(parts) == 1 else union_all(*parts))


def _equal(prefix: str, model: Any, name: str, count: int) -> list[ColumnElement[bool]]:
    column = getattr(model, name)
    return [column == bindparam(f"{prefix}_{name}_{number}", type_=column.type) for number in range(count)]
