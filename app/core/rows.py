"""Rows entered as they are, by statements made once.

What is written most often goes past the unit of work, which takes longer to plan an INSERT than a database to do it.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import bindparam, insert, inspect, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from app.core.database import ReadSession, WriteSession
from app.core.lookups import Asked, Lookup
from app.core.models import Base, Record, table_of

_AT_ONCE = 20
"""So many rows one statement enters at the most: of more, there would be many forms."""
B = TypeVar("B", bound=Base)


def enter(session: WriteSession, row: Base) -> None:
    """Insert `row`, whose every value is given; what is not given is NULL. From here on the session knows it."""
    tell_of(session, row)
    _adopt(session, row)


def tell_of(session: WriteSession, row: Base) -> None:
    """The same of a row that no session needs to know."""
    session.tell(_entering(type(row)), _values(row))


def made(kind: type[B], /, **values: Any) -> B:
    """An object that is to be entered; what it is made of is not watched for changes, which takes longer than to enter it."""
    row = kind()
    row.__dict__.update(values)
    return row


def change(session: WriteSession, row: Record, **values: Any) -> None:
    """Change a row with an `id` that this transaction has locked; the session knows it."""
    session.tell(_changing(type(row), tuple(values)), {**values, "row": row.id})
    for name, value in values.items():
        set_committed_value(row, name, value)


def change_what_differs(session: WriteSession, found: Any, row: Base) -> None:
    """The same of a row that no session knows: it was made of what was `found` behind its lock, and changed since."""
    values = {name: value for name in found._fields if (value := getattr(row, name)) != getattr(found, name)}
    if values:
        session.tell(_changing(type(row), tuple(values)), {**values, "row": getattr(found, _key_of(type(row)).name)})


def adopt(session: ReadSession, kind: type[B], found: Any) -> B:
    """The object of a row that was looked up, with all its columns; it must not be known to the session."""
    row = made(kind, **found._asdict())
    _adopt(session, row)
    return row


def entering(kind: type[Base], rows: Iterable[dict[str, Any]]) -> list[Asked]:
    """What enters rows of which nobody needs to know more, several at a time; each has a value for every column."""
    left, asked = list(rows), list[Asked]()
    while left:
        some, left = left[:_AT_ONCE], left[_AT_ONCE:]
        values = {f"{name}_{number}": value for number, row in enumerate(some) for name, value in row.items()}
        asked.append((_entering_several(kind, len(some)), values))
    return asked


def entering_unless_taken(session: WriteSession, kind: type[Base], rows: Iterable[dict[str, Any]]) -> list[Asked]:
    """The same, for rows that may stand there already."""
    return [(_entering_unless_taken(kind, session.get_bind().dialect.name), row) for row in rows]


async def enter_unless_taken(session: WriteSession, row: Base) -> bool:
    """As `enter`, unless a row that is unique in the same way stands there; whether it was entered.

    Where somebody else is about to commit such a row, it waits for that. Nothing has to be undone, as an error would need it.
    """
    if await entered_with(session, row, ()) is None:
        return False
    _adopt(session, row)
    return True


async def entered_with(session: WriteSession, row: Base, behind: Sequence[Asked]) -> list[list[Any]] | None:
    """The same of a row that no session needs to know, and what is asked `behind` it in one go.

    The answers to that are returned; None where the row was not entered.
    """
    lookup = _entering_unless_taken(type(row), session.get_bind().dialect.name)
    entered, *found = await session.ask_all([(lookup, _values(row)), *behind])
    return found if entered else None


def _adopt(session: ReadSession, row: Base) -> None:
    make_transient_to_detached(row)
    session.add(row)


def _values(row: Base) -> dict[str, Any]:
    """Every column's value; what was not given is None from here on, or it would be looked up when it is asked for."""
    given = row.__dict__
    return {name: given.setdefault(name, None) for name in _names(type(row))}


@cache
def _names(kind: type[Base]) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in inspect(kind).column_attrs)


@cache
def _changing(kind: type[Base], names: Sequence[str]) -> Lookup:
    key = _key_of(kind)
    return Lookup(update(table_of(kind)).where(key == bindparam("row", type_=key.type)), fills=names)


def _key_of(kind: type[Base]) -> Any:
    (key,) = table_of(kind).primary_key
    return key


@cache
def _entering(kind: type[Base]) -> Lookup:
    return Lookup(insert(table_of(kind)), fills=_names(kind))


@cache
def _entering_several(kind: type[Base], count: int) -> Lookup:
    table = table_of(kind)
    rows = [{name: bindparam(f"{name}_{number}", type_=table.c[name].type) for name in _names(kind)} for number in range(count)]
    return Lookup(insert(table).values(rows))


@cache
def _entering_unless_taken(kind: type[Base], dialect: str) -> Lookup:
    table = table_of(kind)
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return Lookup(make(table).on_conflict_do_nothing().returning(*table.primary_key), fills=_names(kind))
