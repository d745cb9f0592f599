"""Imposing sanctions on whoever wrote a comment, and lifting them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from app.access.bounds import bounds
from app.comments.actions import Grounds
from app.comments.models import Comment
from app.comments.orders import Position
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.pagination import Keyset
from app.events.actions import record
from app.events.models import Actor, Happening
from app.moderation import cleaning, queries
from app.moderation.cleaning import HANDLES, Handle
from app.moderation.errors import SanctionNotFound
from app.moderation.models import SanctionCleanUp
from app.readers.sanctions import Kind, Sanction, holds

_LAST_FIRST = Keyset((Sanction.at, Sanction.id), descending=True)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is imposed, on what of whoever wrote a comment, until when, and why."""

    kind: Kind
    handles: Sequence[Handle] | None
    until: datetime | None
    grounds: Grounds


async def impose(session: WriteSession, comment: Comment, measure: Measure, *, by: Actor) -> Sanction:
    """Impose a sanction on whoever wrote the comment, by the surest of what is known of them unless `handles` says otherwise.

    Raises ValidationFailed where they are not known by that.
    """
    known = {handle: value for handle, column in HANDLES.items() if (value := getattr(comment, column)) is not None}
    handles = list(measure.handles or list(known)[:1])
    missing = [handle for handle in handles if handle not in known]
    if missing or not handles:
        told = ", ".join(known) or "nothing"
        raise ValidationFailed(errors=[Fault("unknown_author", f"Whoever wrote it is known by {told}.", "#/on")])
    grounds, now = measure.grounds, clock.now()
    sanction = Sanction(
        id=ids.new(), kind=measure.kind, comment_id=comment.id, at=now, until=measure.until,
        code=grounds.code, statement=grounds.statement, reason=grounds.reason,
        actor_kind=by.kind, actor_id=by.id, actor_name=by.name, **{HANDLES[handle]: known[handle] for handle in handles},
    )  # fmt: skip
    session.add(sanction)
    await session.flush()
    _announce(session, "sanction.imposed", sanction, by)
    return sanction


async def lift(session: WriteSession, wanted: UUID | None, *, by: Actor) -> Sanction:
    """End a sanction, and what is still cleaned up with it. One that is over stays as it is. Raises SanctionNotFound."""
    found = await get_sanction(session, wanted)
    await session.refresh(found, with_for_update=True)
    if found.lifted_at is None:
        found.lifted_at, found.lifted_by = clock.now(), by.name
        await cleaning.end(session, SanctionCleanUp.sanction_id == found.id)
        await session.flush()
        _announce(session, "sanction.lifted", found, by)
    return found


async def get_sanction(session: ReadSession, wanted: UUID | None) -> Sanction:
    """One sanction that the caller may know of; raises SanctionNotFound."""
    found = (await session.scalars(select(Sanction).where(Sanction.id == wanted, _reached()))).one_or_none()
    if found is None:
        raise SanctionNotFound
    return found


async def list_sanctions(session: ReadSession, *, active: bool, of: Any, position: Position, limit: int) -> Sequence[Sanction]:
    """At most `limit` sanctions, those in force alone or all, on whoever wrote the comment `of` where that is given; the last first.

    Only such as the caller may know of.
    """
    statement = select(Sanction).where(_reached())
    if active:
        statement = statement.where(holds(clock.now()))
    if of is not None:
        known = [(column, value) for column in HANDLES.values() if (value := getattr(of, column)) is not None]
        same = [getattr(Sanction, column) == value for column, value in known]
        statement = statement.where(or_(Sanction.comment_id == of.id, *same))
    return (await session.scalars(_LAST_FIRST.after(statement, position).limit(limit))).all()


def _reached() -> ColumnElement[bool]:
    """Whether the caller may know of a sanction: whoever keeps to sections does where a comment in these gave the occasion."""
    if bounds().sections is None:
        return true()
    return Sanction.comment_id.in_(select(Comment.id).where(queries.of_articles_within()))


def _announce(session: WriteSession, kind: str, sanction: Sanction, by: Actor) -> None:
    """The log tells that there is one, and never on whom."""
    data = {"kind": sanction.kind, "comment": ids.encode("cmt", sanction.comment_id)}
    record(session, Happening(kind, "sanction", sanction.id, by, (), scope="comments:read", data=data))
