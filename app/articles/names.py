"""What sections, authors and tags are called, as JSON that is put into prepared text: a book of names in this process.

What is said of discussions on the site and in sections stands in it too: it moves as seldom, and as many articles show it.

A rename thus costs one row, however many articles show the name. The book is true at one `names_seq` of the log; every statement that reads
articles tells which one it saw, and no answer is made of names of another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, Text, Uuid, bindparam, cast, false, literal_column, null, or_, select, type_coerce, union_all

from app.articles import prepared
from app.articles.prepared import Refs
from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.catalogue.kinds import Kind
from app.core import ids
from app.core.lookups import Asking, Lookup, filled_up
from app.discussion.models import SITE, CommentPolicy
from app.discussion.rules import NOTHING_SAID, Rules, Said
from app.discussion.tags import POLICY_OF_THE_SITE
from app.events.models import LogHead
from app.sections.models import Section
from app.sections.schemas import ancestry, breadcrumbs, stub
from app.tags.kind import TAGS
from app.tags.models import Tag

_MOST_TERMS = 50_000
"""More authors and tags than this are not kept; some 300 bytes each."""
_HOME = '[{"name":"Home","path":"/"}]'


@dataclass(frozen=True, slots=True)
class _Place:
    """A section: as a reference to it, the way to it, the tags of every name on that way, and what is said of discussions there."""

    stub: str
    path: str
    crumbs: str
    tags: Sequence[str]
    rules: Rules


class Book:
    """The names known at `seq`; the whole tree of sections, and those authors and tags that were asked for."""

    def __init__(self) -> None:
        self._begin(-1)

    def _begin(self, seq: int) -> None:
        self.seq, self._tree_known = seq, False
        self._places: dict[str, _Place] = {}
        self._rules = NOTHING_SAID
        self._terms: dict[str, str] = {}

    async def holds(self, lookups: Asking, seq: int, refs: Iterable[Refs]) -> bool:
        """Whether it has every name that `refs` need, as it was at `seq`; it looks up what it has not.

        Where it says no, names changed since the articles were read: read them again.
        """
        if seq > self.seq:
            self._begin(seq)
        wanted = {author for each in refs for author, _ in each.authors}.union(*(each.tags for each in refs))
        missing = sorted(wanted.difference(self._terms))
        if self.seq == seq and (missing or not self._tree_known):
            await self._look_up(lookups, missing)
        return self.seq == seq

    async def _look_up(self, lookups: Asking, missing: Sequence[str]) -> None:
        by_kind = [filled_up([ids.decode(prefix, ref) for ref in missing if ref.startswith(prefix)]) for prefix in ("aut", "tag")]
        rows = await lookups.all(_question(*map(len, by_kind)), **_values("author", by_kind[0]), **_values("tag", by_kind[1]))
        if rows[0].names_seq > self.seq:
            self._begin(rows[0].names_seq)
        if len(self._terms) > _MOST_TERMS:
            self._terms = {}
        self._tree_known = True
        said = {row.id: from_json(row.name) for row in rows if row.kind == "policy"}
        self._enter([row for row in rows if row.kind == "section"], said)
        self._terms |= dict(_term(AUTHORS, row) for row in rows if row.kind == "author")
        self._terms |= dict(_term(TAGS, row) for row in rows if row.kind == "tag")

    def _enter(self, sections: Sequence[Any], said: Mapping[UUID, Said]) -> None:
        by_path = {row.path: row for row in sections}
        called = {path: row.name for path, row in by_path.items()}
        self._rules = NOTHING_SAID.under(said.get(SITE, {}))
        rules = {"": self._rules}
        for path in sorted(by_path):
            rules[path] = rules[path.rpartition("/")[0]].under(said.get(by_path[path].id, {}))
        for path, row in by_path.items():
            way = [by_path[step] for step in ancestry(path)]
            self._places[ids.encode("sec", row.id)] = _Place(
                to_json(stub(row)).decode(), path, to_json(breadcrumbs(path, called)).decode(),
                [f"section:{ids.encode('sec', step.id)}" for step in way], rules[path],
            )  # fmt: skip

    def rules(self, refs: Refs) -> Rules:
        """What is said of discussions where the article stands."""
        return self._rules if refs.home is None else self._places[refs.home].rules

    def path(self, refs: Refs) -> str:
        """Where the section of the article stands; empty at the top."""
        return "" if refs.home is None else self._places[refs.home].path

    def text(self, refs: Refs) -> str:
        """The names that the article shows."""
        home = None if refs.home is None else self._places[refs.home]
        bylines = [f'{self._terms[author][:-1]},"role":{to_json(role).decode()}}}' for author, role in refs.authors]
        return prepared.names(
            "null" if home is None else home.stub, [self._places[ref].stub for ref in refs.others], _HOME if home is None else home.crumbs,
            bylines, [self._terms[tag] for tag in refs.tags],
        )  # fmt: skip

    def author(self, ref: str) -> str:
        """An author, as JSON."""
        return self._terms[ref]

    def tags(self, refs: Refs) -> list[str]:
        """The cache tags of every name that the article shows."""
        way = [] if refs.home is None else self._places[refs.home].tags
        shown = [f"section:{ref}" for ref in refs.others] + [f"author:{author}" for author, _ in refs.authors]
        return [*way, *shown, *(f"tag:{tag}" for tag in refs.tags), POLICY_OF_THE_SITE]


def _term(kind: Kind[Any], row: Any) -> tuple[str, str]:
    own = {"id": ids.encode(kind.prefix, row.id), "name": row.name, "slug": row.slug, "path": kind.path(row.slug)}
    return own["id"], to_json(own).decode()


@lru_cache(maxsize=100)
def _question(authors: int, tags: int) -> Lookup:
    """Every section, every policy, so many authors and so many tags, and in each row the `names_seq` at which they are called so.

    The head itself is a row too: an empty newsroom answers as well.
    """
    head = select(LogHead.names_seq).where(LogHead.id == 1).scalar_subquery().label("names_seq")
    empty, no_id = type_coerce(null(), Text()), type_coerce(null(), Section.id.type)
    of_author, of_tag = _among(Author, "author", authors), _among(Tag, "tag", tags)
    parts = [
        select(_kind("head").label("kind"), no_id.label("id"), *(empty.label(name) for name in ("name", "slug", "path")), head),
        select(_kind("section"), Section.id, Section.name, Section.slug, Section.path, head),
        select(_kind("policy"), CommentPolicy.id, cast(CommentPolicy.settings, Text()), empty, empty, head),
        select(_kind("author"), Author.id, Author.name, Author.slug, empty, head).where(of_author),
        select(_kind("tag"), Tag.id, Tag.name, Tag.slug, empty, head).where(of_tag),
    ]
    return Lookup(union_all(*parts))


def _kind(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'", Text())


def _among(model: Any, kind: str, count: int) -> ColumnElement[bool]:
    return or_(false(), *(model.id == bindparam(f"{kind}_{number}", type_=Uuid()) for number in range(count)))


def _values(kind: str, wanted: Sequence[UUID | None]) -> dict[str, Any]:
    return {f"{kind}_{number}": each for number, each in enumerate(wanted)}
