"""A page of what was found: tier after tier, each a walk that begins at the newest and ends when the page is full."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.articles.models import Publication
from app.articles.visibility import visible_at
from app.core.database import ReadSession
from app.core.errors import CursorMismatch
from app.core.fulltext import Query
from app.core.pagination import Statement
from app.core.search_index import ANY_TIER, TIERS, SearchEntry, stream

Position = tuple[int, int]
"""Where a walk stands: in which tier, at which place."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for among what readers see at `at`, under further conditions, and in which order."""

    query: Query
    conditions: Sequence[ColumnElement[bool]]
    at: datetime
    descending: bool
    tiers: Sequence[int]

    @classmethod
    def of(cls, query: Query, conditions: Sequence[ColumnElement[bool]], at: datetime, sort: str) -> "Search":
        """In the order that `sort` names: by relevance, or by the printed date alone."""
        descending = sort.startswith("-")
        tiers = (ANY_TIER,) if sort.removeprefix("-") == "published_at" else TIERS
        return cls(query, conditions, at, descending, tiers if descending else tiers[::-1])

    async def find(self, session: ReadSession, position: Sequence[Any] | None, limit: int) -> dict[UUID, Position]:
        """At most `limit` publications from behind `position`, in order; a statement a tier, and no more tiers than it takes."""
        tiers, place = list(self.tiers), None
        if position is not None:
            if len(position) != 2 or position[0] not in tiers:  # noqa: PLR2004 - tier and place
                raise CursorMismatch
            tiers, place = tiers[tiers.index(position[0]) :], position[1]
        found: dict[UUID, Position] = {}
        for tier in tiers:
            walk = self._walk(tier, place, session.get_bind().dialect.name).limit(limit - len(found))
            found |= {row.owner_id: (tier, row.place) for row in await session.execute(walk)}
            if len(found) >= limit:
                break
            place = None
        return found

    def _walk(self, tier: int, place: int | None, dialect: str) -> Statement:
        found = stream(self.query, tier, dialect)
        walked = found.place < (place or 2**63 - 1) if self.descending else found.place > (place or 0)
        readers_own = found.place > 0 if self.descending else walked
        statement: Statement = select(SearchEntry.owner_id, found.place.label("place")).select_from(found.source)
        statement = statement.join(Publication, Publication.id == SearchEntry.owner_id)
        statement = statement.where(found.condition, readers_own, walked, visible_at(self.at), *self.conditions)
        return statement.order_by(found.place.desc() if self.descending else found.place)
