"""What the newsroom has imposed on somebody who takes part: what they may not do, or not without being looked at, and until when."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Index, bindparam, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Asked, Lookup, filled_up
from app.core.models import Base, Instant, short_text, table_of
from app.core.rows import made
from app.core.schemas import wire_instant
from app.core.sessions import Ahead
from app.readers import forgetting
from app.readers.errors import Sanctioned
from app.readers.kind import Commenter

Kind = Literal["premod", "mute", "suspend", "ban"]
SILENCING = frozenset({"mute", "suspend", "ban"})
"""Under these nobody posts; under all of them but `mute` nobody votes or reports either."""


class Sanction(Base):
    """One sanction on a member, or on whoever uses an e-mail address or comes from a network address, by their digests.

    It holds from `at` until `until` or until it is lifted. That of a network address is forgotten with the key that digested it.
    """

    __tablename__ = "sanctions"
    __table_args__ = (Index(None, "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    kind: Mapped[str] = mapped_column(short_text())
    member_id: Mapped[UUID | None] = mapped_column(index=True)
    email_digest: Mapped[str | None] = mapped_column(short_text(), index=True)
    address_digest: Mapped[str | None] = mapped_column(short_text(), index=True)
    comment_id: Mapped[UUID]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    code: Mapped[str | None] = mapped_column(short_text())
    statement: Mapped[str | None]
    reason: Mapped[str | None]
    actor_kind: Mapped[str] = mapped_column(short_text())
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


def install() -> None:
    """Let digests of network addresses be forgotten with the key that made them."""
    forgetting.register("sanctions", _forget)


async def _forget(session: WriteSession, first: str, behind: str, most: int) -> int:
    within = (Sanction.address_digest >= first, Sanction.address_digest < behind)
    found = (await session.scalars(select(Sanction.id).where(*within).limit(most))).all()
    without = update(Sanction).where(Sanction.id.in_(found)).values(address_digest=None)
    await session.execute(without, execution_options={"synchronize_session": False})
    return len(found)


def holds(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a sanction is in force at this moment."""
    return (Sanction.lifted_at.is_(None)) & or_(Sanction.until.is_(None), Sanction.until > at)


@cache
def _imposed(addresses: int) -> Lookup:
    """What was imposed on a member, on an e-mail address, or on any of so many network addresses; no value is like none."""
    at, table = bindparam("at", type_=Instant()), table_of(Sanction).c
    told = [(table.member_id, "member"), (table.email_digest, "email"), *((table.address_digest, f"address_{n}") for n in range(addresses))]
    known = or_(*(column == bindparam(name, type_=column.type) for column, name in told))
    return Lookup(select(*table).where(known, holds(at)))


def asked(who: Commenter, at: datetime) -> Asked | None:
    """The question what is in force on somebody; None where nothing is known of them."""
    addresses = filled_up([digest for digest in (who.address_digest, *who.earlier_digests) if digest is not None])
    if not addresses and who.member_id is None and who.email_digest is None:
        return None
    named = {f"address_{number}": digest for number, digest in enumerate(addresses)}
    return _imposed(len(addresses)), {"member": who.member_id, "email": who.email_digest, "at": at, **named}


def ahead(session: WriteSession, who: Commenter) -> Ahead | None:
    """Put that question now, for `demand`: the answer comes with whatever is asked next."""
    question = asked(who, clock.now())
    return None if question is None else session.ahead(question[0], **question[1])


async def in_force(session: ReadSession, who: Commenter, at: datetime) -> Sequence[Sanction]:
    """Every sanction on somebody that is in force, the one that reaches furthest last; no statement for whom nothing is known of."""
    question = asked(who, at)
    return [] if question is None else _sorted(at, (await session.ask_all([question]))[0])


def _sorted(at: datetime, rows: Sequence[Any]) -> Sequence[Sanction]:
    found = [made(Sanction, **row._asdict()) for row in rows]
    return sorted(found, key=lambda each: (_REACH.index(each.kind), each.until is None, each.until or at))


_REACH = ("premod", "mute", "suspend", "ban")


async def demand(session: ReadSession, who: Commenter, *, posting: bool, told: Ahead | None = None) -> Sequence[Sanction]:
    """Raise Sanctioned where somebody may not post, or may not vote or report; else what sanctions there are on them.

    What was `told` ahead is not asked again.
    """
    now = clock.now()
    found = await in_force(session, who, now) if told is None else _sorted(now, await told.rows())
    _refuse(found, posting=posting)
    return found


def _refuse(found: Sequence[Sanction], *, posting: bool) -> None:
    against = [each for each in found if each.kind in SILENCING and (posting or each.kind != "mute")]
    if against:
        last = against[-1]
        until = None if last.until is None else wire_instant(last.until)
        raise Sanctioned(last.statement or "", kind=last.kind, reason_code=last.code, until=until)
