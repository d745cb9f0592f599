"""What an event is, as rows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import ids
from app.core.lookups import Asked
from app.core.models import Base, short_text, table_of

ActorKind = Literal["key", "reader", "import", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a key, a reader without one, an import, or the system itself; and why, where they say so in a `message`."""

    kind: ActorKind
    id: UUID | None = None
    name: str | None = None
    message: str | None = None


READER = Actor("reader")
SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Happening:
    """A change that is about to be committed; it gets its place in the log at the commit.

    `scope` names who may know of it, None is everybody. `tags` are the names of every answer that it makes untrue. `snapshot` is the
    object's own content after the change; it never leaves but to those who may edit the object. `details` are for the audit alone.
    `ripples` says that other objects read differently now: a section's new name stands in every article below it. `stamps` are statements
    for rows that bear the event's number, which is `NUMBER` in them: they are run behind it. `thread` is the article whose
    discussion it is of.
    """

    type: str
    object_type: str
    object_id: UUID
    by: Actor
    tags: tuple[str, ...]
    scope: str | None
    version: int | None = None
    changed: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    snapshot: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    ripples: bool = False
    stamps: tuple[Asked, ...] = ()
    thread: UUID | None = None


_IN_A_THREAD = text("thread_id IS NOT NULL")


class Event(Base):
    """One change, as it stands in the log for good. `seq` is the order of commit; there are no holes in it."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "object_id", "version"),
        Index(None, "actor_id", "seq"),
        Index(None, "type", "seq"),
        Index(None, "request_id"),
        Index(None, "at"),
        Index(None, "thread_id", "seq", postgresql_where=_IN_A_THREAD, sqlite_where=_IN_A_THREAD),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True, default=ids.new)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(short_text())
    object_type: Mapped[str] = mapped_column(short_text())
    object_id: Mapped[UUID]
    version: Mapped[int | None]
    actor_kind: Mapped[str] = mapped_column(short_text())
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    request_id: Mapped[str] = mapped_column(short_text())
    message: Mapped[str | None]
    changed: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    scope: Mapped[str | None] = mapped_column(short_text())
    data: Mapped[dict[str, Any]]
    snapshot: Mapped[dict[str, Any] | None]
    details: Mapped[dict[str, Any] | None]
    thread_id: Mapped[UUID | None]


class LogHead(Base):
    """The one row that hands out `seq`. Its lock is held from there to the commit, so that the order of numbers is that of commits.

    `names_seq` is the last event that rippled. What was read of names at one `names_seq` is true for as long as it stands. Up to `floor`
    the log was forgotten.
    """

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    names_seq: Mapped[int]
    floor: Mapped[int] = mapped_column(default=0, server_default="0")


NUMBER = select(table_of(LogHead).c.seq - bindparam("back", type_=BigInteger())).scalar_subquery()
"""The number of an event, in the transaction that has just taken numbers: `back` before the last of them."""
NAMES_SEQ = select(table_of(LogHead).c.names_seq).where(table_of(LogHead).c.id == 1).scalar_subquery().label("names_seq")
"""Beside what is read of names: the number at which it is true."""
