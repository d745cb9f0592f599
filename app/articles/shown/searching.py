"""A page of what was found: tier after tier, each a walk that begins at the newest and ends when the page is full."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, Integer, bindparam, func, literal_column, not_, select, union_all

from app.articles.models import LivePosting, Publication
from app.articles.shown.former_words import FORMER, WORDS, held_at, matched_at, unchanged_since
from app.articles.shown.tags import LIVE_BLOG
from app.articles.visibility import posted_at, visible_at
from app.core.database import ReadSession
from app.core.errors import CursorMismatch
from app.core.fulltext import Query
from app.core.pagination import Statement
from app.core.search_index import ANY_TIER, INSIDE_TIER, TIERS, SearchEntry, Stream, matches, place_after, stream, streams

Limited = TypeVar("Limited", Statement, CompoundSelect[Any])
Position = tuple[int, int, UUID]
"""Where a walk stands: in which tier, at which place, and at which article, which is not shown again if it was published anew meanwhile."""
_PARTS_OF_POSITION = 3
_Found = tuple[Statement, ColumnElement[int]]
"""What is found, and its places."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for among what readers see at `at`, under further conditions, and in which order."""

    query: Query
    conditions: Sequence[ColumnElement[bool]]
    at: datetime
    descending: bool
    tiers: Sequence[int]
    newest: datetime | None = None

    @classmethod
    def of(
        cls, query: Query, conditions: Sequence[ColumnElement[bool]], at: datetime, sort: str, newest: datetime | None = None
    ) -> "Search":
        """In the order that `sort` names: by relevance, or by the printed date alone; of the past, none is later than `newest`."""
        descending = sort.startswith("-")
        tiers = (ANY_TIER,) if sort.removeprefix("-") == "published_at" else (*TIERS, INSIDE_TIER)
        return cls(query, conditions, at, descending, tiers if descending else tiers[::-1], newest)

    async def find(self, session: ReadSession, position: Sequence[Any] | None, limit: int) -> dict[UUID, Position]:
        """At most `limit` publications from behind `position`, in order; a statement a tier, and no more tiers than it takes."""
        behind = None if position is None else self._read(position)
        first = 0 if behind is None else self.tiers.index(behind[0])
        found: dict[UUID, Position] = {}
        for tier in self.tiers[first:]:
            walk = self._walk(tier, behind, session.get_bind().dialect.name, limit - len(found))
            found |= {row.owner_id: (tier, row.place, row.article_id) for row in await session.execute(walk)}
            if len(found) >= limit:
                break
        return found

    def _read(self, position: Sequence[Any]) -> Position:
        """A position in this search; raises CursorMismatch where it is one of another kind."""
        if len(position) != _PARTS_OF_POSITION or position[0] not in self.tiers or not isinstance(position[1], int):
            raise CursorMismatch
        return position[0], position[1], position[2]

    def _walk(self, tier: int, behind: Position | None, dialect: str, limit: int) -> Statement | CompoundSelect[Any]:
        """At most `limit` matches of a tier in their order, from behind a position on where that is in this tier."""
        walks = [self._along(one, tier, behind, limit) for one in self._in(tier, dialect)]
        if len(walks) == 1:
            return walks[0]
        place = literal_column("place", BigInteger())
        together = union_all(*(select(walk.subquery()) for walk in walks))
        return _limited(together.order_by(place.desc() if self.descending else place), limit)

    def _in(self, tier: int, dialect: str) -> list[_Found]:
        """What is found in a tier, in so many walks."""
        own = [] if tier == INSIDE_TIER else [self._found(one) for one in streams(self.query, tier, dialect)]
        if own and self.newest is not None:
            own.append(self._found_formerly(tier, dialect))
        return [*own, self._inside(dialect)] if tier in {INSIDE_TIER, ANY_TIER} else own

    def _along(self, found: _Found, tier: int, behind: Position | None, limit: int) -> Statement:
        statement, place = found
        if behind is not None:
            statement = statement.where(Publication.article_id != behind[2])
            if behind[0] == tier:
                statement = statement.where(place < behind[1] if self.descending else place > behind[1])
        return _limited(statement.order_by(place.desc() if self.descending else place), limit)

    def _inside(self, dialect: str) -> _Found:
        """Live blogs that are not found by what they say themselves, but by one of their updates. It looks at each update that matches."""
        found = stream(self.query, ANY_TIER, dialect)
        updates = select(LivePosting.article_id).select_from(found.source).join(LivePosting, LivePosting.id == SearchEntry.owner_id)
        blogs = updates.where(found.condition, found.place < 0, posted_at(self.at)).correlate(None)
        place: ColumnElement[int] = SearchEntry.__table__.c.id
        statement: Statement = select(SearchEntry.owner_id, Publication.article_id, place.label("place"))
        statement = statement.join(Publication, Publication.id == SearchEntry.owner_id)
        own = matches(self.query) if self.newest is None else matched_at(self.query, self.at)
        wanted = (Publication.kind == LIVE_BLOG, Publication.article_id.in_(blogs), not_(own))
        return statement.where(place >= 0, *self._known(place), visible_at(self.at), *wanted, *self.conditions), place

    def _known(self, place: ColumnElement[int]) -> list[ColumnElement[bool]]:
        return [] if self.newest is None else [place < place_after(self.newest)]

    def _found(self, found: Stream) -> _Found:
        statement: Statement = select(found.owner.label("owner_id"), Publication.article_id, found.place.label("place"))
        statement = statement.select_from(found.source).join(Publication, Publication.id == found.owner)
        past = [] if self.newest is None else [*self._known(found.place), unchanged_since(self.at)]
        return statement.where(found.condition, found.place >= 0, *past, visible_at(self.at), *self.conditions), found.place

    def _found_formerly(self, tier: int, dialect: str) -> _Found:
        """The same of what was found then by other words than now. It looks at each that matches."""
        found, place = stream(self.query, tier, dialect, FORMER), WORDS.place
        statement: Statement = select(WORDS.publication_id.label("owner_id"), Publication.article_id, place).select_from(found.source)
        statement = statement.join(Publication, Publication.id == WORDS.publication_id)
        return statement.where(found.condition, held_at(self.at), visible_at(self.at), *self.conditions), place

    def holds(self, dialect: str) -> ColumnElement[bool]:
        """Whether a publication is one of those that are found, for a list in an order that no tier has. It looks at each of them."""
        return Publication.id.in_(select(self._every(dialect).subquery().c.owner_id))

    async def count(self, session: ReadSession, *, at_most: int | None) -> int:
        """How many are found in all; with `at_most`, counting stops there."""
        every = self._every(session.get_bind().dialect.name)
        inner = (every if at_most is None else _limited(every, at_most)).subquery()
        return (await session.execute(select(func.count()).select_from(inner))).scalar_one()

    def _every(self, dialect: str) -> CompoundSelect[Any]:
        return union_all(*(statement for statement, _ in self._in(ANY_TIER, dialect)))


def _limited(statement: Limited, limit: int) -> Limited:
    """The number stands in the text, so that a plan can count on it."""
    return statement.limit(bindparam(None, limit, Integer(), unique=True, literal_execute=True))
