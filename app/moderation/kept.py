"""What is kept of a person beside what they wrote: appeals, reports, sanctions, votes. Nothing here changes anything."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select

from app.comments.models import Comment
from app.comments.orders import Position
from app.comments.people.erasing import of_person
from app.comments.people.people_models import Erasure
from app.comments.votes import BY_COMMENT, CommentVote
from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.moderation import reporting
from app.moderation.models import Appeal
from app.readers.kind import Commenter
from app.readers.sanctions import Sanction


class Kept(NamedTuple):
    """One thing that is kept of a person."""

    kind: str
    row: Any

    @property
    def position(self) -> list[Any]:
        """Where it stands among all that is kept of them."""
        return [self.kind, *(getattr(self.row, column.key) for column in _WALKS[self.kind].order.columns)]


Find = Callable[[ReadSession, Erasure, bytes, Position, int], Awaitable[Sequence[Any]]]
"""At most so many of one kind that are kept of a person, from behind a position; what is sealed opens with the key."""


class _Walk(NamedTuple):
    """How all of one kind is found, and in which order."""

    find: Find
    order: Keyset


def _walk(of: Callable[[Erasure], Select[Any]], order: Keyset) -> _Walk:
    async def find(session: ReadSession, person: Erasure, _key: bytes, behind: Position, limit: int) -> Sequence[Any]:
        return (await session.scalars(order.after(of(person), behind).limit(limit))).all()

    return _Walk(find, order)


def _theirs(person: Erasure) -> Select[Any]:
    return select(Comment.id).where(of_person(person))


def _appeals(person: Erasure) -> Select[Any]:
    return select(Appeal).where(Appeal.comment_id.in_(_theirs(person)))


def _sanctions(person: Erasure) -> Select[Any]:
    """Those on what they are known by, and those for which a comment of theirs gave the occasion."""
    handles = ((Sanction.member_id, person.member_id), (Sanction.email_digest, person.email_digest))
    known = (column == value for column, value in handles if value is not None)
    return select(Sanction).where(or_(Sanction.comment_id.in_(_theirs(person)), *known))


def _votes(person: Erasure) -> Select[Any]:
    """Those of a member; of a guest's nobody knows that they are theirs."""
    voter = Commenter(member_id=person.member_id).voter
    return select(CommentVote).where(CommentVote.voter.in_([] if voter is None else [voter]))


_WALKS: Mapping[str, _Walk] = {
    "appeal": _walk(_appeals, Keyset((Appeal.at, Appeal.comment_id), descending=True)),
    "report": _Walk(reporting.list_of_person, reporting.LAST_FIRST),
    "sanction": _walk(_sanctions, Keyset((Sanction.at, Sanction.id), descending=True)),
    "vote": _walk(_votes, BY_COMMENT),
}


async def list_kept(session: ReadSession, key: bytes, person: Erasure, position: Position, limit: int) -> Sequence[Kept]:
    """At most `limit` things that are kept of a person, from behind `position`: one kind behind the other."""
    kinds, found = list(_WALKS), list[Kept]()
    first = kinds.index(position[0]) if position else 0
    for kind in kinds[first:]:
        behind = position[1:] if position and position[0] == kind else None
        rows = await _WALKS[kind].find(session, person, key, behind, limit - len(found))
        found += [Kept(kind, row) for row in rows]
        if len(found) == limit:
            break
    return found
