"""What publications were found by before an author or a tag in them was renamed, so that a search of the past finds what readers found.

The search index holds what publications are found by now, or were when readers last saw them. What a new name takes from it is kept here
until when it held, in an index of its own: nobody who searches the present meets it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    and_,
    exists,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.articles.models import Publication
from app.core import clock, search_index
from app.core.database import WriteSession
from app.core.fulltext import Query
from app.core.models import Base, Instant, table_of
from app.core.search_index import SearchEntry, matches


class FormerWords(Base):
    """What one publication was found by until a moment: its entry of then in the search index, and the `place` of that.

    At a moment it was found by the first of its rows that ended later, and where there is none, by its entry.
    """

    __tablename__ = "former_words"
    __table_args__ = (UniqueConstraint("publication_id", "until"), Index(None, "place"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True)
    publication_id: Mapped[UUID] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    until: Mapped[datetime]
    place: Mapped[int]
    title: Mapped[str]
    lead: Mapped[str]
    text: Mapped[str]


WORDS = table_of(FormerWords).c
FORMER = search_index.Index(table_of(FormerWords), WORDS.publication_id, "search_fts_former")
_PUBLICATION = table_of(Publication).c.id
_OTHER = table_of(FormerWords).alias().c
_KEPT = ("title", "lead", "text")


async def keep(session: WriteSession, publications: Sequence[UUID]) -> None:
    """Keep what readers have found these by until now, before it changes; of two changes at one moment, what was before both."""
    now = clock.now()
    there = exists().where(FormerWords.publication_id == SearchEntry.owner_id, FormerWords.until == now)
    seen = (
        select(SearchEntry.owner_id, literal(now, Instant()), SearchEntry.id, *(getattr(SearchEntry, name) for name in _KEPT))
        .join(Publication, Publication.id == SearchEntry.owner_id)
        .where(SearchEntry.owner_id.in_(publications), Publication.visible_from < now, ~there)
    )
    await session.execute(insert(table_of(FormerWords)).from_select(["publication_id", "until", "place", *_KEPT], seen))


def unchanged_since(moment: datetime) -> ColumnElement[bool]:
    """Whether a publication was found at `moment` by the entry that it has."""
    return ~_ended(_PUBLICATION, after=moment)


def held_at(moment: datetime) -> ColumnElement[bool]:
    """Whether former words of a publication are those that it was found by at `moment`."""
    return and_(WORDS.until > moment, ~_ended(WORDS.publication_id, after=moment, before=WORDS.until))


def _ended(publication: Any, *, after: datetime, before: Any = None) -> ColumnElement[bool]:
    """Whether any words of a publication ended in that time."""
    sooner = [] if before is None else [_OTHER.until < before]
    return exists().where(_OTHER.publication_id == publication, _OTHER.until > after, *sooner)


def matched_at(query: Query, moment: datetime) -> ColumnElement[bool]:
    """Whether a publication that is joined with its entry was found by `query` at `moment`."""
    former = exists().where(WORDS.publication_id == _PUBLICATION, held_at(moment), matches(query, index=FORMER))
    return or_(and_(unchanged_since(moment), matches(query)), former)
