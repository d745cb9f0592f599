"""What the newsroom has imposed on somebody who takes part: what they may not do, or not without being looked at, and until when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Index, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.models import Base, short_text
from app.core.schemas import wire_instant
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


def holds(at: datetime) -> ColumnElement[bool]:
    """Whether a sanction is in force at this moment."""
    return (Sanction.lifted_at.is_(None)) & or_(Sanction.until.is_(None), Sanction.until > at)


async def in_force(session: ReadSession, who: Commenter, at: datetime) -> Sequence[Sanction]:
    """Every sanction on somebody that is in force, the one that reaches furthest last; no statement for whom nothing is known of."""
    addresses = [digest for digest in (who.address_digest, *who.earlier_digests) if digest is not None]
    known = [
        *([Sanction.member_id == who.member_id] if who.member_id is not None else []),
        *([Sanction.email_digest == who.email_digest] if who.email_digest is not None else []),
        *([Sanction.address_digest.in_(addresses)] if addresses else []),
    ]
    if not known:
        return []
    found = (await session.scalars(select(Sanction).where(or_(*known), holds(at)))).all()
    return sorted(found, key=lambda each: (_REACH.index(each.kind), each.until is None, each.until or at))


_REACH = ("premod", "mute", "suspend", "ban")


async def demand(session: ReadSession, who: Commenter, *, posting: bool) -> Sequence[Sanction]:
    """Raise Sanctioned where somebody may not post, or may not vote or report; else what sanctions there are on them."""
    found = await in_force(session, who, clock.now())
    against = [each for each in found if each.kind in SILENCING and (posting or each.kind != "mute")]
    if against:
        last = against[-1]
        until = None if last.until is None else wire_instant(last.until)
        raise Sanctioned(last.statement or "", kind=last.kind, reason_code=last.code, until=until)
    return found
