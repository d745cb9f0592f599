"""What is kept of a person beside what they wrote: appeals, reports, sanctions, votes. Nothing here changes anything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select

from app.comments.models import Comment
from app.comments.orders import Position
from app.comments.people.erasing import of_person
from app.comments.people.people_models import Erasure
from app.comments.votes import BY_COMMENT, CommentVote
from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.moderation.models import Appeal, Report
from app.moderation.reporting import opened_contact
from app.readers import emails
from app.readers.kind import Commenter
from app.readers.sanctions import Sanction

_AT_ONCE = 1000


class Kept(NamedTuple):
    """One thing that is kept of a person."""

    kind: str
    row: Any

    @property
    def position(self) -> list[Any]:
        """Where it stands among all that is kept of them."""
        return [self.kind, *(getattr(self.row, column.key) for column in _WALKS[self.kind].order.columns)]


@dataclass(frozen=True, slots=True)
class _Walk:
    """How all of one kind is found that is kept of somebody, and in which order."""

    of: Callable[[Erasure], Select[Any]]
    order: Keyset


def _theirs(person: Erasure) -> Select[Any]:
    return select(Comment.id).where(of_person(person))


def _voters(person: Erasure) -> list[str]:
    """Under which name their votes and reports stand: that of a member, and none that is known of anybody else."""
    name = Commenter(member_id=person.member_id).voter
    return [] if name is None else [name]


def _appeals(person: Erasure) -> Select[Any]:
    return select(Appeal).where(Appeal.comment_id.in_(_theirs(person)))


def _reports(person: Erasure) -> Select[Any]:
    return select(Report).where(Report.voter.in_(_voters(person)))


def _sanctions(person: Erasure) -> Select[Any]:
    """Those on what they are known by, and those for which a comment of theirs gave the occasion."""
    handles = ((Sanction.member_id, person.member_id), (Sanction.email_digest, person.email_digest))
    known = (column == value for column, value in handles if value is not None)
    return select(Sanction).where(or_(Sanction.comment_id.in_(_theirs(person)), *known))


def _votes(person: Erasure) -> Select[Any]:
    return select(CommentVote).where(CommentVote.voter.in_(_voters(person)))


_WALKS: Mapping[str, _Walk] = {
    "appeal": _Walk(_appeals, Keyset((Appeal.at, Appeal.comment_id), descending=True)),
    "report": _Walk(_reports, Keyset((Report.at, Report.id), descending=True)),
    "sanction": _Walk(_sanctions, Keyset((Sanction.at, Sanction.id), descending=True)),
    "vote": _Walk(_votes, BY_COMMENT),
}


async def list_kept(session: ReadSession, key: bytes, person: Erasure, position: Position, limit: int) -> Sequence[Kept]:
    """At most `limit` things that are kept of a person, from behind `position`: one kind behind the other, each in a statement.

    Of reports and votes those of a member are known to be theirs; of anybody, notices that were sent under the e-mail address. Those are
    sealed with `key`, so each is opened to see.
    """
    kinds, found = list(_WALKS), list[Kept]()
    first = kinds.index(position[0]) if position else 0
    for kind in kinds[first:]:
        behind, left = position[1:] if position and position[0] == kind else None, limit - len(found)
        if kind == "report" and person.email_digest is not None:
            rows = await _notices(session, key, person.email_digest, behind, left)
        else:
            walk = _WALKS[kind]
            rows = (await session.scalars(walk.order.after(walk.of(person), behind).limit(left))).all()
        found += [Kept(kind, row) for row in rows]
        if len(found) == limit:
            break
    return found


async def _notices(session: ReadSession, key: bytes, email_digest: str, behind: Position, limit: int) -> Sequence[Report]:
    """At most `limit` notices that were sent under an e-mail address; a statement for each thousand that there are of anybody."""
    order, found = _WALKS["report"].order, list[Report]()
    while len(found) < limit:
        statement = order.after(select(Report).where(Report.contact.is_not(None)), behind)
        rows = (await session.scalars(statement.limit(_AT_ONCE))).all()
        found += [row for row in rows if _is_under(key, row, email_digest)]
        if len(rows) < _AT_ONCE:
            break
        behind = [rows[-1].at, rows[-1].id]
    return found[:limit]


def _is_under(key: bytes, notice: Report, email_digest: str) -> bool:
    email = (opened_contact(key, notice.contact) or {}).get("email")
    return email is not None and emails.digested(key, email) == email_digest
