"""The newsroom's word lists, ready to be searched: kept in this process, and true at one `names_seq` of the log.

A change of a list moves that number with its commit, and every submission reads it with whatever else it looks up. So no two processes
disagree about a list, and a list costs a submission nothing.
"""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select

from app.core.database import ReadSession
from app.core.lookups import Lookup
from app.core.models import table_of
from app.events.models import LogHead
from app.screening.models import WordList
from app.screening.terms import Domains, Finder, Term

_LISTS, _HEAD = table_of(WordList).c, table_of(LogHead)
_READING = Lookup(
    select(_HEAD.c.names_seq, _LISTS.id, _LISTS.name, _LISTS.applies_to, _LISTS.leaning, _LISTS.terms)
    .select_from(_HEAD.outerjoin(table_of(WordList), _LISTS.enabled))
    .where(_HEAD.c.id == 1)
)


@dataclass(frozen=True)
class Book:
    """Every list that is in use, as it was at `seq`."""

    seq: int
    words: Finder
    hosts: Domains
    emails: Domains


NONE = Book(-1, Finder(()), Domains(()), Domains(()))
_books: WeakKeyDictionary[Any, Book] = WeakKeyDictionary()


async def book_at(session: ReadSession, seq: int) -> Book:
    """The lists as they are; one statement where they may have changed since they were last read, else none."""
    database = session.get_bind()
    known = _books.get(database, NONE)
    if known.seq < seq:
        known = _books[database] = _written(await session.ask(_READING))
    return known


def _written(rows: list[Any]) -> Book:
    terms: dict[str, list[Term]] = {"text": [], "links": [], "email": []}
    for row in rows:
        if row.id is not None:
            terms[row.applies_to] += [Term(text, row.id, row.name, row.leaning) for text in row.terms]
    return Book(rows[0].names_seq, Finder(terms["text"]), Domains(terms["links"]), Domains(terms["email"]))
