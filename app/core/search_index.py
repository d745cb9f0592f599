"""Full-text search on both databases: the same tokens, the same matches, the same order.

The text is analysed by `core.fulltext`, so SQLite's FTS5 and PostgreSQL's tsvector only store and find tokens. Results stand in tiers, by
where the words were found, and not by a score of the database's own: two databases would score differently, and a score that depends on
other documents would move rows between two pages of one reader.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    select,
    table,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, Integer

from app.core.database import ReadSession, WriteSession
from app.core.fulltext import Query, Words, indexable
from app.core.lookups import Lookup
from app.core.models import Base, table_of

_LONGEST_TEXT = 300_000
"""Characters of a text's tokens that are indexed; PostgreSQL refuses a tsvector of more than a megabyte."""


_BEGINNING = datetime(1700, 1, 1, tzinfo=UTC)
_TIME_BITS, _KIN_BITS, _TURN_BITS = 44, 9, 10
"""Milliseconds of 557 years; in each, 512 stretches of 1,024 places: together 63 bits."""
_A_MILLISECOND = 2 ** (_KIN_BITS + _TURN_BITS)


class SearchEntry(Base):
    """The tokens of one document, by where they stand in it. The migration adds what each database needs to find them.

    The id is the document's place in time, so that a walk along it meets the newest first and ends when a page is full. What readers may
    find stands at places from 0 on, what only the newsroom may, below: neither walk meets the other's.
    """

    __tablename__ = "search_entries"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False)
    owner_id: Mapped[UUID] = mapped_column(unique=True)
    title: Mapped[str]
    lead: Mapped[str]
    text: Mapped[str]


_ENTRIES = table_of(SearchEntry)


@dataclass(frozen=True, slots=True)
class Index:
    """A table of documents as `SearchEntry` has them, whose each is, and FTS5's table that finds it; PostgreSQL's vectors stand in it."""

    table: Table
    owner: ColumnElement[UUID]
    fts: str


PRESENT = Index(_ENTRIES, _ENTRIES.c.owner_id, "search_fts")


class _Matches(FunctionElement[bool]):
    """Whether an entry matches: a tsquery on PostgreSQL, an FTS5 expression on SQLite."""

    type = Boolean()
    inherit_cache = True
    name = "matches"
    _is_implicitly_boolean = True  # Else SQLite is asked for `… = 1`, and cannot begin with the matches.


@compiles(_Matches, "postgresql")
def _for_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    vector, tsquery = (compiler.process(clause, **options) for clause in list(element.clauses)[:2])
    return f"{vector} @@ to_tsquery('simple', {tsquery})"


@compiles(_Matches, "sqlite")
def _for_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    row, fts, expression = (compiler.process(clause, **options) for clause in list(element.clauses)[2:])
    return f"{row} IN (SELECT rowid FROM {fts} WHERE {fts} MATCH {expression})"  # noqa: S608 - names of ours, and a bound parameter


_WITHIN = {"title_vector": ("title",), "lead_vector": ("title", "lead"), "whole_vector": ()}
"""The columns of PostgreSQL that hold the title, that with the lead, and everything; and FTS5's columns for the same."""


def matches(query: Query, within: str = "whole_vector", index: Index = PRESENT) -> ColumnElement[bool]:
    """Whether an entry of `index` matches `query`, in all of it or in its first parts only."""
    tsquery, expression = query.to_tsquery(), query.to_fts5(columns=_WITHIN[within])
    vector, row = (literal_column(f"{index.table.name}.{name}", Text()) for name in (within, "id"))
    # PostgreSQL's plan depends on the words, so they stand in the statement: no plan may serve for all of them.
    wanted = bindparam(None, tsquery, Text(), unique=True, literal_execute=True)
    return _Matches(vector, wanted, row, literal_column(index.fts), bindparam(None, expression, unique=True))


def tier(query: Query) -> ColumnElement[int]:
    """3 where the title alone matches, 2 where title and lead do, 1 where it takes the text; each row is asked, so not for many."""
    wanted = Query(query.groups)
    return case(
        (matches(wanted, "title_vector"), literal_column("3", Integer)),
        (matches(wanted, "lead_vector"), literal_column("2", Integer)),
        else_=literal_column("1", Integer),
    )


_FEW = 1_000
"""Matches that are put in order without a walk; with so many, a walk through a million passes some twenty thousand for a page."""
TIERS = (3, 2, 1)
ANY_TIER = 0
INSIDE_TIER = -1
"""What is found by a document of its own that stands inside another, below all others."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Matches of one tier as something to select from: the place of each, its owner, and what makes it a match."""

    source: FromClause
    place: ColumnElement[int]
    owner: ColumnElement[UUID]
    condition: ColumnElement[bool]


def stream(query: Query, tier: int, dialect: str, index: Index = PRESENT) -> Stream:
    """Every match of a tier, or of any; SQLite walks them in the order of places, PostgreSQL as its statistics advise."""
    if dialect == "sqlite":
        found = table(index.fts, column("rowid", Integer()))
        source = found.join(index.table, index.table.c.id == found.c.rowid)
        expression = bindparam(None, _expression(query, tier), Text(), unique=True)
        matching = literal_column(index.fts, Text()).op("MATCH", is_comparison=True)(expression)
        return Stream(source, found.c.rowid, index.owner, matching)
    return Stream(index.table, index.table.c.id, index.owner, and_(*_vectors(query, tier, index)))


def streams(query: Query, tier: int, dialect: str) -> list[Stream]:
    """The same matches in streams of which only one has any.

    PostgreSQL takes it that words meet by chance. Those that meet more rarely would be walked after through everything there is. So where
    several words must meet, some matches are looked up by the words: where these are all, they are the stream; else a walk soon meets more.
    """
    every = stream(query, tier, dialect)
    if dialect == "sqlite" or not query.joins:
        return [every]
    some = select(every.place.label("id"), every.owner.label("owner_id")).where(every.condition, every.place >= 0)
    few = some.limit(literal_column(str(_FEW))).cte("few")
    known = select(func.count()).select_from(few).scalar_subquery()
    return [
        Stream(few, few.c.id, few.c.owner_id, known < _FEW),
        Stream(every.source, every.place, every.owner, and_(known >= _FEW, every.condition)),
    ]


def _expression(query: Query, tier: int) -> str:
    """The tier in FTS5's language: its own matches without those of the tiers above."""
    wanted = Query(query.groups)
    inside = {3: ("title",), 2: ("title", "lead")}.get(tier, ())
    above = {2: ("title",), 1: ("title", "lead")}.get(tier)
    found = f"({wanted.to_fts5(columns=inside)})"
    if above is not None:
        found = f"({found} NOT ({wanted.to_fts5(columns=above)}))"
    return f"{found} NOT ({Query((query.excluded,)).to_fts5()})" if query.excluded else found


def _vectors(query: Query, tier: int, index: Index) -> Iterator[ColumnElement[bool]]:
    """The tier in PostgreSQL's: what is left out is looked for everywhere, what is wanted within the tier."""
    wanted = Query(query.groups)
    inside = {3: "title_vector", 2: "lead_vector"}.get(tier, "whole_vector")
    above = {2: "title_vector", 1: "lead_vector"}.get(tier)
    yield matches(wanted, inside, index)
    if query.excluded:
        yield matches(query, index=index)
    if above is not None:
        yield not_(matches(wanted, above, index))


def places(at: datetime, kin: UUID, *, public: bool) -> tuple[int, int]:
    """The first and the last place for documents of the moment `at` and of one kin.

    The millisecond decides, then the kin: where one document of a kin follows another, it stands where that stood among the others, and
    nobody who turns pages meets it twice.
    """
    first = _place(at, public=public) + (kin.int % 2**_KIN_BITS << _TURN_BITS)
    return first, first + 2**_TURN_BITS - 1


def place_after(at: datetime) -> int:
    """The first place that is later than every public document of the moment `at`."""
    place: int = _place(at, public=True) + _A_MILLISECOND
    return place


def _place(at: datetime, *, public: bool) -> int:
    """The first place of the millisecond of `at`."""
    milliseconds = min(max((at - _BEGINNING) // timedelta(milliseconds=1), 0), 2**_TIME_BITS - 1)
    place: int = milliseconds * _A_MILLISECOND
    return place if public else place - 2**63


async def index(
    session: WriteSession, owner: UUID, *, kin: UUID, anew: bool, at: datetime, public: bool, title: str, lead: str, text: Words
) -> None:
    """Enter a document of the moment `at`, or change its entry where it is not `anew`; it stands behind the latest of its `kin`."""
    if not anew:
        forget(session, owner)
    said = _apart(text.tokens[:_LONGEST_TEXT])
    enter(session, owner, kin=kin, at=at, public=public, title=title, lead=lead, text=said)


def enter(session: WriteSession, owner: UUID, *, kin: UUID, at: datetime, public: bool, title: str, lead: str, text: str) -> None:
    """Enter a document that has no entry; its text is as an entry has it."""
    parts = {"title": indexable(title), "lead": _apart(indexable(lead)), "text": text}
    _enter(session, _SAID, {"owner": owner, **parts}, kin=kin, at=at, public=public)


async def texts(session: ReadSession, owners: Sequence[UUID]) -> dict[UUID, str]:
    """The texts of documents, as their entries have them."""
    columns = select(SearchEntry.owner_id, SearchEntry.text).where(SearchEntry.owner_id.in_(owners))
    return {row.owner_id: row.text for row in await session.execute(columns)}


def index_like(session: WriteSession, owner: UUID, *, like: UUID, kin: UUID, at: datetime, public: bool, lead: str) -> None:
    """Enter a new document that says what the document `like` says, but for its `lead`."""
    _enter(session, _COPIED, {"owner": owner, "like": like, "lead": _apart(indexable(lead))}, kin=kin, at=at, public=public)


def _enter(session: WriteSession, forms: "_Forms", values: dict[str, Any], *, kin: UUID, at: datetime, public: bool) -> None:
    first, last = places(at, kin, public=public)
    elsewhere = _place(at, public=public) + secrets.randbelow(_A_MILLISECOND)
    session.tell(forms.behind[session.get_bind().dialect.name], {**values, "first": first, "last": last})
    session.tell(forms.elsewhere, {**values, "place": elsewhere})


GAP = "ø"
"""What no query holds, since the analyser makes another letter of it."""


def _apart(tokens: str) -> str:
    """The tokens of a part behind a gap: PostgreSQL joins the parts, and no phrase may begin in one and end in the next."""
    return f"{GAP} {tokens}"


_OWNER = bindparam("owner", type_=Uuid())
_PARTS = ("title", "lead", "text")
_PLACE, _FIRST, _LAST = (bindparam(name, type_=BigInteger()) for name in ("place", "first", "last"))


class _Forms:
    """The statements that make one entry of these `parts`, found on this condition.

    `behind` puts it at the place behind the latest in a stretch; there is none where somebody else has just taken that, or it is the
    next stretch's. `elsewhere` puts it anywhere in its millisecond, where it does not stand yet.
    """

    def __init__(self, parts: Sequence[ColumnElement[str]], condition: ColumnElement[bool]) -> None:
        columns, id_ = ("id", "owner_id", *_PARTS), _ENTRIES.c.id
        place = select(func.coalesce(func.max(id_) + 1, _FIRST)).where(id_.between(_FIRST, _LAST)).scalar_subquery()
        made, missing = select(place, _OWNER, *parts).where(condition), ~exists(select(id_).where(_ENTRIES.c.owner_id == _OWNER))
        self.behind = {
            name: Lookup(dialect.insert(_ENTRIES).from_select(columns, made).on_conflict_do_nothing(index_elements=["id"]))
            for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
        }
        self.elsewhere = Lookup(insert(_ENTRIES).from_select(columns, select(_PLACE, _OWNER, *parts).where(condition, missing)))


_LIKE = _ENTRIES.alias()
_TITLE, _LEAD_TEXT, _TEXT = (bindparam(part, type_=Text()) for part in _PARTS)
_SAID = _Forms((_TITLE, _LEAD_TEXT, _TEXT), true())
_COPIED = _Forms((_LIKE.c.title, _LEAD_TEXT, _LIKE.c.text), _LIKE.c.owner_id == bindparam("like", type_=Uuid()))


_FORGOTTEN = Lookup(delete(_ENTRIES).where(_ENTRIES.c.owner_id == _OWNER))
_LEAD = Lookup(update(_ENTRIES).where(_ENTRIES.c.owner_id == _OWNER), fills=("lead",))


def forget(session: WriteSession, owner: UUID) -> None:
    """Take a document out."""
    session.tell(_FORGOTTEN, {"owner": owner})


def set_lead(session: WriteSession, owner: UUID, lead: str) -> None:
    """Change only the middle part of a document: names that it shows have changed."""
    session.tell(_LEAD, {"owner": owner, "lead": _apart(indexable(lead))})
