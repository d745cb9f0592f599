"""What sections, authors and tags are called, as JSON that is put into prepared text: a book of names in this process.

What is said of discussions on the site and in sections stands in it too: it moves as seldom, and as many articles show it.

A rename thus costs one row, however many articles show the name. The book is true at one `names_seq` of the log; every statement that reads
articles tells which one it saw, and no answer is made of names of another.

Answers about a moment that is past have a book of that moment, out of what `core/former.py` keeps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, Text, Uuid, bindparam, cast, false, literal_column, null, or_, select, type_coerce, union_all

from app.articles.shown import prepared
from app.articles.shown.prepared import Refs
from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.catalogue.kinds import Kind
from app.core import ids
from app.core.former import FormerName
from app.core.lookups import Asking, Lookup, filled_up
from app.core.models import Instant
from app.core.refs import Ref
from app.discussion.models import SITE, CommentPolicy
from app.discussion.rules import NOTHING_SAID, Rules, Said
from app.discussion.tags import POLICY_OF_THE_SITE
from app.events.models import LogHead
from app.sections.models import Section
from app.sections.schemas import ancestry, stub
from app.tags.kind import TAGS
from app.tags.models import Tag

_MOST_TERMS = 50_000
"""More authors and tags than this are not kept; some 300 bytes each."""
_MOST_NAMED = 1_000
"""Nor more of what articles show together; some kilobytes each. The newest articles are shown again and again."""
_HOME: list[dict[str, str]] = [{"name": "Home", "path": "/"}]


@dataclass(frozen=True, slots=True)
class _Place:
    """A section: as a reference to it, the way to it, the tags of every name on that way, and what is said of discussions there.

    It is not `alive` where it is no more.
    """

    stub: str
    path: str
    crumbs: str
    tags: Sequence[str]
    rules: Rules
    alive: bool

    @property
    def slug(self) -> str:
        """The last step of its path."""
        return self.path.rpartition("/")[2]


class Named(NamedTuple):
    """What an article shows of all that it refers to, as JSON, and the cache tags of every name in that.

    `path` is where its section stands, empty at the top; `rules` is what is said there of its discussion.
    """

    path: str
    text: str
    rules: Rules
    tags: Sequence[str]


class Book:
    """The names known at `seq`; the whole tree of sections, and those authors and tags that were asked for.

    A book of the `past` has them as they were at that moment.
    """

    def __init__(self, past: datetime | None = None) -> None:
        self.past = past
        self._begin(-1)

    def _begin(self, seq: int) -> None:
        self.seq, self._tree_known = seq, False
        self._places: dict[str, _Place] = {}
        self._rules = NOTHING_SAID
        self._terms: dict[str, str] = {}
        self._named: dict[str, Named] = {}

    async def holds(self, lookups: Asking, seq: int, texts: Sequence[str]) -> bool:
        """Whether it has every name that is referred to in `texts`, as it was at `seq`; it looks up what it has not.

        Where it says no, names changed since the articles were read, or were too many to be kept: read them again.
        """
        if seq > self.seq:
            self._begin(seq)
        self._let_go()
        missing = self._missing(texts)
        if self.seq == seq and (missing or not self._tree_known):
            await self._look_up(lookups, sorted(missing))
        # Those that were known may have been let go of meanwhile.
        return self.seq == seq and not self._missing(texts)

    def _let_go(self) -> None:
        """Let go of what is too much to keep, before anybody says what is missing: what is looked up then is all that a page needs."""
        if len(self._named) > _MOST_NAMED:
            self._named = {}
        if len(self._terms) > _MOST_TERMS:
            self._terms = {}

    def _missing(self, texts: Iterable[str]) -> set[str]:
        refs = [Refs.read(text) for text in texts if text not in self._named]
        wanted = {author for each in refs for author, _ in each.authors}.union(*(each.tags for each in refs))
        return wanted.difference(self._terms)

    async def _look_up(self, lookups: Asking, missing: Sequence[str]) -> None:
        by_kind = [filled_up([ids.decode(prefix, ref) for ref in missing if ref.startswith(prefix)]) for prefix in ("aut", "tag")]
        asked = _values("author", by_kind[0]) | _values("tag", by_kind[1]) | ({} if self.past is None else {"past": self.past})
        rows = await lookups.all(_question(*map(len, by_kind), past=self.past is not None), **asked)
        if rows[0].names_seq > self.seq:
            self._begin(rows[0].names_seq)
        self._tree_known = True
        said = {row.id: from_json(row.name) for row in rows if row.kind == "policy"}
        former = {row.id: row for row in sorted((row for row in rows if row.until), key=lambda row: row.until, reverse=True)}
        present = [row for row in rows if not row.until and row.id is not None]
        sections = [row for row in present if row.kind == "section"]
        self._enter(sections, [row for row in former.values() if row.kind == "section"], self._rule(sections, said))
        for kind in (AUTHORS, TAGS):
            self._terms |= dict(_term(kind, former.get(row.id, row)) for row in present if row.kind == kind.name)

    def _rule(self, sections: Sequence[Any], said: Mapping[UUID, Said]) -> dict[UUID, Rules]:
        """What is said of discussions in each section, as it is at present: they do not travel in time."""
        self._rules = NOTHING_SAID.under(said.get(SITE, {}))
        rules = {"": self._rules}
        for row in sorted(sections, key=lambda row: row.path):
            rules[row.path] = rules[row.path.rpartition("/")[0]].under(said.get(row.id, {}))
        return {row.id: rules[row.path] for row in sections}

    def _enter(self, sections: Sequence[Any], former: Sequence[Any], rules: Mapping[UUID, Rules]) -> None:
        """The tree: `former` ones stand where they stood, also those that are no more."""
        elsewhere = {row.id for row in former}
        standing = [*(row for row in sections if row.id not in elsewhere), *former]
        # What was made later may stand below what was called otherwise: its way is that of the present.
        by_path = {row.path: row for row in (*sections, *standing)}
        present, stands = {row.path: row for row in sections}, {row.id: row.path for row in sections}
        for row in standing:
            way = [by_path[step] for step in ancestry(row.path) if step in by_path]
            crumbs = [*_HOME, *({"name": step.name, "path": step.path} for step in way)]
            # What is said of discussions is that of the present way, whatever the moment.
            passed = [*way, *(present[step] for step in ancestry(stands.get(row.id)) if step in present)]
            tags = list(dict.fromkeys(f"section:{ids.encode('sec', step.id)}" for step in passed))
            self._places[ids.encode("sec", row.id)] = _Place(
                to_json(stub(row)).decode(), row.path, to_json(crumbs).decode(), tags, rules.get(row.id, self._rules), row.id in rules
            )

    def named(self, text: str) -> "Named":
        """What the article shows that refers to this, as it is kept with a publication; it is held."""
        found = self._named.get(text)
        if found is None:
            refs = Refs.read(text)
            home = None if refs.home is None else self._places[refs.home]
            path, rules = ("", self._rules) if home is None else (home.path, home.rules)
            found = self._named[text] = Named(path, self._text(refs), rules, self._tags(refs))
        return found

    def _text(self, refs: Refs) -> str:
        home = None if refs.home is None else self._places[refs.home]
        bylines = [f'{self._terms[author][:-1]},"role":{to_json(role).decode()}}}' for author, role in refs.authors]
        return prepared.names(
            "null" if home is None else home.stub, [self._places[ref].stub for ref in refs.others],
            to_json(_HOME).decode() if home is None else home.crumbs, bylines, [self._terms[tag] for tag in refs.tags],
        )  # fmt: skip

    async def sections(self, lookups: Asking, text: str, *, deep: bool) -> list[UUID]:
        """The sections that go by `text`, and with `deep` what stands below them; of those that are still there."""
        if not self._tree_known:
            await self._look_up(lookups, ())
        ref = Ref.of("sec", text)
        called = text if ref.id else ref.path or ref.slug
        tops = [one.path for key, one in self._places.items() if called in {key, one.path, one.slug} and one.alive]
        below = tuple(f"{top}/" for top in tops) if deep else ()
        found = [key for key, one in self._places.items() if one.alive and (one.path in tops or one.path.startswith(below))]
        return [one for key in found if (one := ids.decode("sec", key)) is not None]

    async def path_of(self, lookups: Asking, section: UUID | None) -> str:
        """Where a section stands; empty at the top."""
        if not self._tree_known:
            await self._look_up(lookups, ())
        found = None if section is None else self._places.get(ids.encode("sec", section))
        return "" if found is None else found.path

    def author(self, ref: str) -> str:
        """An author, as JSON."""
        return self._terms[ref]

    def _tags(self, refs: Refs) -> tuple[str, ...]:
        way = [] if refs.home is None else self._places[refs.home].tags
        shown = [f"section:{ref}" for ref in refs.others] + [f"author:{author}" for author, _ in refs.authors]
        return (*way, *shown, *(f"tag:{tag}" for tag in refs.tags), POLICY_OF_THE_SITE)


def _term(kind: Kind[Any], row: Any) -> tuple[str, str]:
    own = {"id": ids.encode(kind.prefix, row.id), "name": row.name, "slug": row.slug, "path": kind.path(row.slug)}
    return own["id"], to_json(own).decode()


@lru_cache(maxsize=100)
def _question(authors: int, tags: int, *, past: bool) -> Lookup:
    """Every section, every policy, so many authors and so many tags, and in each row the `names_seq` at which they are called so.

    The head itself is a row too: an empty newsroom answers as well. With `past`, also every name of these that ended after that moment,
    with its end in `until`.
    """
    head = select(LogHead.names_seq).where(LogHead.id == 1).scalar_subquery().label("names_seq")
    empty, no_id = type_coerce(null(), Text()), type_coerce(null(), Section.id.type)
    of_author, of_tag = _among(Author.id, "author", authors), _among(Tag.id, "tag", tags)
    parts = [
        select(_kind("head").label("kind"), no_id.label("id"), *(empty.label(name) for name in ("name", "slug", "path")), head),
        select(_kind("section"), Section.id, Section.name, Section.slug, Section.path, head),
        select(_kind("policy"), CommentPolicy.id, cast(CommentPolicy.settings, Text()), empty, empty, head),
        select(_kind("author"), Author.id, Author.name, Author.slug, empty, head).where(of_author),
        select(_kind("tag"), Tag.id, Tag.name, Tag.slug, empty, head).where(of_tag),
    ]
    present = [part.add_columns(cast(null(), Instant()).label("until")) for part in parts]
    return Lookup(union_all(*present, *(_former(head, authors, tags) if past else ())))


def _former(head: Any, authors: int, tags: int) -> list[Any]:
    one, later = FormerName, FormerName.until > bindparam("past", type_=Instant())
    asked = or_(_among(one.object_id, "author", authors), _among(one.object_id, "tag", tags))
    columns = (one.object_id.label("id"), one.name, one.slug, one.path, head, one.until)
    return [
        select(one.kind, *columns).where(one.kind == _kind("section"), later),
        *([select(one.kind, *columns).where(asked, later)] if authors or tags else []),
    ]


def _kind(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'", Text())


def _among(target: Any, kind: str, count: int) -> ColumnElement[bool]:
    return or_(false(), *(target == bindparam(f"{kind}_{number}", type_=Uuid()) for number in range(count)))


def _values(kind: str, wanted: Sequence[UUID | None]) -> dict[str, Any]:
    return {f"{kind}_{number}": each for number, each in enumerate(wanted)}
