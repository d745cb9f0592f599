"""Rows entered as they are, by statements made once.

What is written most often goes past the unit of work, which takes longer to plan an INSERT than a database to do it.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import insert, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached

from app.core.database import WriteSession
from app.core.lookups import Asked, Lookup
from app.core.models import Base, table_of


def enter(session: WriteSession, row: Base) -> None:
    """Insert `row`, whose every value is given; what is not given is NULL. From here on the session knows it."""
    session.tell(_entering(type(row)), _values(row))
    _adopt(session, row)


def entering(kind: type[Base], rows: Iterable[dict[str, Any]]) -> list[Asked]:
    """What enters rows of which nobody needs to know more; each has a value for every column."""
    return [(_entering(kind), row) for row in rows]


def entering_unless_taken(session: WriteSession, kind: type[Base], rows: Iterable[dict[str, Any]]) -> list[Asked]:
    """The same, for rows that may stand there already."""
    return [(_entering_unless_taken(kind, session.get_bind().dialect.name), row) for row in rows]


async def enter_unless_taken(session: WriteSession, row: Base) -> bool:
    """As `enter`, unless a row that is unique in the same way stands there; whether it was entered.

    Where somebody else is about to commit such a row, it waits for that. Nothing has to be undone, as an error would need it.
    """
    if not await session.ask(_entering_unless_taken(type(row), session.get_bind().dialect.name), **_values(row)):
        return False
    _adopt(session, row)
    return True


def _adopt(session: WriteSession, row: Base) -> None:
    make_transient_to_detached(row)
    session.add(row)


def _values(row: Base) -> dict[str, Any]:
    """Every column's value; what was not given is None from here on, or it would be looked up when it is asked for."""
    given = row.__dict__
    names = _names(type(row))
    for name in names:
        if name not in given:
            setattr(row, name, None)
    return {name: given[name] for name in names}


@cache
def _names(kind: type[Base]) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in inspect(kind).column_attrs)


@cache
def _entering(kind: type[Base]) -> Lookup:
    return Lookup(insert(table_of(kind)), fills=_names(kind))


@cache
def _entering_unless_taken(kind: type[Base], dialect: str) -> Lookup:
    table = table_of(kind)
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return Lookup(make(table).on_conflict_do_nothing().returning(*table.primary_key), fills=_names(kind))
