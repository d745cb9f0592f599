"""The newsroom's lists, rules and authors' names, ready to be searched: kept in this process, and true at one `names_seq` of the log.

A change of a list moves that number with its commit, and every submission reads it with whatever else it looks up. So no two processes
disagree about a list, and a list costs a submission nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select

from app.authors.models import Author
from app.core import clock
from app.core.database import ReadSession
from app.core.lookups import Lookup
from app.core.models import table_of
from app.events.actions import is_rippling
from app.events.models import LogHead
from app.screening.models import CommentRule, WordList
from app.screening.rules import Rule, read
from app.screening.terms import Domains, Finder, Term

_MOST_AUTHORS, _LEAST_SURNAME = 20_000, 4
_STALE_AFTER = timedelta(minutes=5)
_LISTS, _HEAD = table_of(WordList).c, table_of(LogHead)
_READING = Lookup(
    select(_HEAD.c.names_seq, _LISTS.id, _LISTS.name, _LISTS.applies_to, _LISTS.leaning, _LISTS.terms)
    .select_from(_HEAD.outerjoin(table_of(WordList), _LISTS.enabled))
    .where(_HEAD.c.id == 1)
)
_NAMING = Lookup(select(table_of(Author).c.id, table_of(Author).c.name).limit(_MOST_AUTHORS))
_RULED = table_of(CommentRule).c
_RULES = Lookup(select(_RULED.id, _RULED.name, _RULED.version, _RULED.leaning, _RULED.conditions).where(_RULED.enabled).order_by(_RULED.id))


@dataclass(frozen=True)
class Book:
    """Every list and every rule that is in use, as it was at `seq`."""

    seq: int
    read_at: datetime
    words: Finder
    hosts: Domains
    emails: Domains
    attacks: Finder
    staff: Finder
    """The names of the newsroom's authors; each term's list is called like the author."""
    rules: tuple[Rule, ...] = ()


NONE = Book(-1, clock.FOREVER, Finder(()), Domains(()), Domains(()), Finder(()), Finder(()))
_books: WeakKeyDictionary[Any, Book] = WeakKeyDictionary()


async def book_at(session: ReadSession, seq: int, at: datetime) -> Book:
    """The lists as they are; a statement or two where they may have changed since they were last read, else none.

    That there is a new author does not move the number: their name is known some minutes later. What a transaction reads that changes
    lists itself is kept for nobody: it may be undone.
    """
    database = session.get_bind()
    known = _books.get(database, NONE)
    if known.seq < seq or abs(at - known.read_at) > _STALE_AFTER:
        lists, rules = await session.ask_all([(_READING, {}), (_RULES, {})])
        authors = await session.ask(_NAMING) if any(row.applies_to == "attacks" for row in lists) else []
        known = _written(lists, rules, authors, at)
        if not is_rippling(session):
            _books[database] = known
    return known


def _written(rows: list[Any], rules: list[Any], authors: list[Any], at: datetime) -> Book:
    terms: dict[str, list[Term]] = {"text": [], "links": [], "email": [], "attacks": []}
    for row in rows:
        if row.id is not None:
            terms[row.applies_to] += [Term(text, row.id, row.name, row.leaning) for text in row.terms]
    ruled = tuple(Rule(row.id, row.name, row.version, row.leaning, tuple(map(read, row.conditions))) for row in rules)
    staff = Finder(Term(name, author.id, author.name, "hold") for author in authors for name in names_of(author.name))
    found = Finder(terms["text"]), Domains(terms["links"]), Domains(terms["email"]), Finder(terms["attacks"]), staff
    return Book(rows[0].names_seq, at, *found, ruled)


def names_of(name: str) -> list[str]:
    """How somebody is named: by the whole name, or by the last part of it where that is no short word."""
    last = name.rsplit(maxsplit=1)[-1] if name.split() else ""
    return list(dict.fromkeys([name, *([last] if len(last) >= _LEAST_SURNAME else [])]))
