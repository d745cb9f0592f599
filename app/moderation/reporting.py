"""What people have against comments: their reports, one for each of them, until somebody decides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, Text, cast, delete, func, literal, select, update

from app.comments import actions
from app.comments.actions import Grounds
from app.comments.announcing import announce
from app.comments.models import Comment, ModerationAction
from app.comments.orders import Position
from app.comments.people import erasing
from app.comments.people.people_models import Erasure
from app.comments.queries import lock_with_words
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.pagination import Keyset
from app.core.resealing import Sealed
from app.core.rows import enter_unless_taken
from app.core.sealing import BrokenSealError, seal, unseal
from app.events.models import Actor
from app.moderation.models import Appeal, Lease, Report
from app.readers import emails, forgetting, sanctions
from app.readers.kind import Commenter
from app.readers.sanctions import Sanction

PURPOSE = "contact of a notice"
LAST_FIRST = Keyset((Report.at, Report.id), descending=True)
_AT_ONCE = 1000
SEALED = (Sealed(Report.contact, Report.id, lambda _: PURPOSE),)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody says of a comment."""

    code: str
    note: str | None = None
    notice: dict[str, Any] | None = None
    contact: bytes | None = None


def install() -> None:
    """Let reports be closed by whatever is decided, and be forgotten: digests with the key that made them, the rest with the comment."""
    actions.register("reports", _follow)
    forgetting.register("comment_reports", _forget)
    erasing.register("moderation", _forget_all)
    erasing.register_people("reports", _forget_reporter)


async def _forget_all(session: WriteSession, comments: Sequence[UUID]) -> None:
    """Whoever had something to say of these comments, for or against, said it of the person who is erased."""
    for kept in (Report, Appeal, Lease):
        await session.execute(delete(kept).where(kept.comment_id.in_(comments)))
    said = update(Sanction).where(Sanction.comment_id.in_(comments)).values(statement=None, reason=None)
    await session.execute(said, execution_options={"synchronize_session": False})


async def _forget(session: WriteSession, first: str, behind: str, most: int) -> int:
    return await _leave(session, Report.voter >= f"address:{first}", Report.voter < f"address:{behind}", most=most)


async def _forget_reporter(session: WriteSession, person: Erasure, key: bytes, most: int) -> int:
    """That there was a report, and of what, stays; whose it was, and what they wrote in it, does not."""
    mine = [row.id for row in await list_of_person(session, person, key, None, most)]
    return await _leave(session, Report.id.in_(mine), most=most, note=None, notice=None, contact=None)


async def _leave(session: WriteSession, *within: ColumnElement[bool], most: int, **without: None) -> int:
    """Reports stay, each of somebody of whom nothing is known, not even that others were theirs; how many there were, at most so many."""
    found = (await session.scalars(select(Report.id).where(*within).limit(most))).all()
    nobodys = update(Report).where(Report.id.in_(found)).values(voter=literal("gone:") + cast(Report.id, Text()), **without)
    await session.execute(nobodys, execution_options={"synchronize_session": False})
    return len(found)


def voters_of(who: Commenter, by: Actor) -> list[str]:
    """By which names somebody's report may stand there: as one has now, and as one had by the key of digests before."""
    own = f"key:{by.id}" if by.kind == "key" else who.voter
    earlier = [f"address:{digest}" for digest in who.earlier_digests] if who.member_id is None else []
    return [*([] if own is None else [own]), *earlier]


async def report(session: WriteSession, wanted: UUID, complaint: Complaint, who: Commenter, *, by: Actor) -> Report:
    """Note what somebody has against a comment whose words readers see. Said again it changes nothing; said otherwise, what is said.

    Raises CommentNotFound, and Sanctioned for whoever may not report.
    """
    await sanctions.demand(session, who, posting=False)
    thread, comment = await lock_with_words(session, wanted, clock.now())
    voters = voters_of(who, by) or [f"unknown:{ids.new()}"]
    said = {"code": complaint.code, "note": complaint.note, "notice": complaint.notice}
    known = await _find(session, wanted, voters)
    if known is not None:
        return await _say_again(session, known, said, complaint.contact)
    fresh = Report(id=ids.new(), comment_id=wanted, voter=voters[0], at=clock.now(), contact=complaint.contact, open=True, **said)
    if not await enter_unless_taken(session, fresh):
        return await _find(session, wanted, voters) or fresh  # Sent twice at once.
    await announce(session, thread, comment, "reported", by, concerns_readers=False, changed=("reports",))
    return fresh


async def _say_again(session: WriteSession, known: Report, said: dict[str, Any], contact: bytes | None) -> Report:
    if {name: getattr(known, name) for name in said} != said:
        for name, value in said.items():
            setattr(known, name, value)
        known.contact = contact
        await session.flush()
    return known


async def _find(session: ReadSession, comment: UUID, voters: Sequence[str]) -> Report | None:
    return (await session.scalars(select(Report).where(Report.comment_id == comment, Report.voter.in_(voters)).limit(1))).first()


async def withdraw(session: WriteSession, wanted: UUID, who: Commenter, *, by: Actor) -> None:
    """Take a report back, where there is one about which nobody has decided. One that is settled stays: sent anew it opens nothing."""
    theirs = (Report.comment_id == wanted, Report.voter.in_(voters_of(who, by)))
    await session.execute(delete(Report).where(*theirs, Report.open))


async def _follow(session: WriteSession, comment: Comment, grounds: Grounds, by: Actor) -> None:
    await answer(session, comment, grounds, by)


async def answer(session: WriteSession, comment: Comment, grounds: Grounds, by: Actor) -> int:
    """Close what people have against a comment, which stands, or stands no more; how many reports there were.

    What is held waits with its reports, and so does what checks have decided; what is deleted does not, whoever did it. What is undone
    has them back.
    """
    if grounds.undoes is not None:
        await _reopen(session, comment.id, grounds.undoes)
        return 0
    decided = by.kind == "key" and comment.status != "pending"
    return await _settle(session, comment, grounds) if decided or comment.status == "deleted" else 0


async def _settle(session: WriteSession, comment: Comment, grounds: Grounds) -> int:
    closed = update(Report).where(Report.comment_id == comment.id, Report.open)
    outcome = {"open": False, "settled_at": clock.now(), "outcome": comment.status, "batch_id": grounds.batch}
    values = closed.values(**outcome).returning(Report.id)
    return len((await session.scalars(values, execution_options={"synchronize_session": False})).all())


async def _reopen(session: WriteSession, comment: UUID, undone: UUID) -> None:
    """Open again what was closed in the batch of which that action was."""
    batch = select(ModerationAction.batch_id).where(ModerationAction.id == undone).scalar_subquery()
    again = update(Report).where(Report.comment_id == comment, Report.batch_id == batch)
    values = again.values(open=True, settled_at=None, outcome=None, batch_id=None)
    await session.execute(values, execution_options={"synchronize_session": False})


async def open_against(session: ReadSession, comments: Collection[UUID]) -> Mapping[UUID, dict[str, int]]:
    """How many open reports there are against each of the comments, by code; one statement."""
    statement = select(Report.comment_id, Report.code, func.count().label("many")).where(Report.comment_id.in_(comments), Report.open)
    found: dict[UUID, dict[str, int]] = {}
    for row in await session.execute(statement.group_by(Report.comment_id, Report.code).order_by(Report.code)):
        found.setdefault(row.comment_id, {})[row.code] = row.many
    return found


async def list_reports(session: ReadSession, comment: UUID, most: int) -> Sequence[Report]:
    """Every report of a comment, the last first."""
    statement = select(Report).where(Report.comment_id == comment).order_by(Report.at.desc(), Report.id.desc())
    return (await session.scalars(statement.limit(most))).all()


async def list_of_person(session: ReadSession, person: Erasure, key: bytes, behind: Position, limit: int) -> Sequence[Report]:
    """At most `limit` reports that are known to be of a person, the last first: those of a member, and notices under an e-mail address."""
    if person.email_digest is not None:
        return await _notices(session, key, person.email_digest, behind, limit)
    voter = Commenter(member_id=person.member_id).voter
    mine = select(Report).where(Report.voter.in_([] if voter is None else [voter]))
    return (await session.scalars(LAST_FIRST.after(mine, behind).limit(limit))).all()


async def _notices(session: ReadSession, key: bytes, email_digest: str, behind: Position, limit: int) -> Sequence[Report]:
    """Who sent a notice is sealed, so each is opened to see; a statement for each thousand that there are of anybody."""
    found: list[Report] = []
    while len(found) < limit:
        rows = (await session.scalars(LAST_FIRST.after(select(Report).where(Report.contact.is_not(None)), behind).limit(_AT_ONCE))).all()
        found += [row for row in rows if _is_under(key, row, email_digest)]
        if len(rows) < _AT_ONCE:
            break
        behind = [rows[-1].at, rows[-1].id]
    return found[:limit]


def _is_under(key: bytes, notice: Report, email_digest: str) -> bool:
    email = (opened_contact(key, notice.contact) or {}).get("email")
    return email is not None and emails.digested(key, email) == email_digest


def sealed_contact(key: bytes, contact: Mapping[str, Any]) -> bytes | None:
    """Who sent a notice, sealed; None where they did not say."""
    said = {name: value for name, value in contact.items() if value is not None}
    return seal(key, PURPOSE, to_json(said)) if said else None


def opened_contact(key: bytes, kept: bytes | None) -> dict[str, Any] | None:
    """Who sent a notice; None where that is not known, or can be read no more."""
    if kept is None:
        return None
    try:
        said: dict[str, Any] = from_json(unseal(key, PURPOSE, kept))
    except BrokenSealError:
        return None
    return said
