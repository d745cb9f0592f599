"""Full-text search on both databases: the same tokens, the same matches, the same order.

The text is analysed by `core.fulltext`, so SQLite's FTS5 and PostgreSQL's tsvector only store and find tokens. Results stand in tiers, by
where the words were found, and not by a score of the database's own: two databases would score differently, and a score that depends on
other documents would move rows between two pages of one reader.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, case, delete, literal_column, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, Integer

from app.core.database import WriteSession
from app.core.fulltext import Query, indexable
from app.core.models import Base

_LONGEST_TEXT = 300_000
"""Characters of a text that are indexed; PostgreSQL refuses a tsvector of more than a megabyte."""


class SearchEntry(Base):
    """The tokens of one document, by where they stand in it. The migration adds what each database needs to find them."""

    __tablename__ = "search_entries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(unique=True)
    title: Mapped[str]
    lead: Mapped[str]
    text: Mapped[str]


class _Matches(FunctionElement[bool]):
    """Whether an entry matches: a tsquery on PostgreSQL, an FTS5 expression on SQLite."""

    type = Boolean()
    inherit_cache = True
    name = "matches"
    _is_implicitly_boolean = True  # Else SQLite is asked for `… = 1`, and cannot begin with the matches.


@compiles(_Matches, "postgresql")
def _for_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    tsquery = compiler.process(next(iter(element.clauses)), **options)
    return f"search_entries.vector @@ to_tsquery('simple', {tsquery})"


@compiles(_Matches, "sqlite")
def _for_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    expression = compiler.process(list(element.clauses)[1], **options)
    return f"search_entries.id IN (SELECT rowid FROM search_fts WHERE search_fts MATCH {expression})"  # noqa: S608 - a bound parameter


def matches(query: Query, weights: str = "", columns: tuple[str, ...] = ()) -> ColumnElement[bool]:
    """Whether an entry matches `query`, in all of it or in some columns only."""
    tsquery, expression = query.to_tsquery(weights=weights), query.to_fts5(columns=columns)
    return _Matches(bindparam(None, tsquery, unique=True), bindparam(None, expression, unique=True))


def tier(query: Query) -> ColumnElement[int]:
    """3 where the title alone matches, 2 where title and lead do, 1 where it takes the text."""
    return case(
        (matches(query, "A", ("title",)), literal_column("3", Integer)),
        (matches(query, "AB", ("title", "lead")), literal_column("2", Integer)),
        else_=literal_column("1", Integer),
    )


async def index(session: WriteSession, owner: UUID, *, title: str, lead: str, text: str) -> None:
    """Enter a document, or enter it anew."""
    await session.execute(delete(SearchEntry).where(SearchEntry.owner_id == owner))
    session.add(SearchEntry(owner_id=owner, title=indexable(title), lead=indexable(lead), text=indexable(text[:_LONGEST_TEXT])))


async def forget(session: WriteSession, owner: UUID) -> None:
    """Take a document out."""
    await session.execute(delete(SearchEntry).where(SearchEntry.owner_id == owner))


async def set_lead(session: WriteSession, owner: UUID, lead: str) -> None:
    """Change only the middle part of a document: names that it shows have changed."""
    await session.execute(update(SearchEntry).where(SearchEntry.owner_id == owner).values(lead=indexable(lead)))
