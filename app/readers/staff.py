"""The names of those who work for the newsroom, which nobody else may take: its authors', and its members' on staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, select

from app.authors.models import Author
from app.core.database import WriteSession
from app.core.lookups import Lookup
from app.core.sessions import Ahead
from app.events.models import Event
from app.events.queries import newest
from app.readers.models import Member
from app.readers.names import claims, skeleton

_CHANGES = ("author.created", "author.updated", "author.deleted")


def _latest(kind: str) -> Any:
    return newest(Event.type, kind).limit(1).scalar_subquery().label(kind.partition(".")[2])


def _is_staff(place: str) -> Any:
    found = select(Member.id).where(Member.skeleton == bindparam(place, type_=Text()), Member.kind == "staff")
    return found.exists().label(place)


_ASKING = Lookup(select(*(_latest(kind) for kind in _CHANGES), _is_staff("first"), _is_staff("second")))
"""How far the log tells of authors, and whether a member on staff is called so; one statement, five look-ups."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom a name may pass for, and the question whether the newsroom has somebody who is called so."""

    skeletons: Sequence[str]
    told: Ahead


class StaffNames:
    """Knows how the newsroom's authors are called, as the log has it: they are read again when that has changed."""

    def __init__(self) -> None:
        self._as_of: tuple[Any, ...] | None = None
        self._authors: frozenset[str] = frozenset()

    def ahead(self, session: WriteSession, name: str) -> Claim | None:
        """Put the question that `are_claimed` needs answered: the answer comes with whatever is asked next."""
        wanted = [claim for claim in claims(name) if claim]
        return Claim(wanted, session.ahead(_ASKING, first=wanted[0], second=wanted[-1])) if wanted else None

    async def are_claimed(self, session: WriteSession, claim: Claim | None) -> bool:
        """Whether a name passes for that of somebody on staff, by what was asked `ahead`."""
        if claim is None:
            return False
        row = (await claim.told.rows())[0]
        if (row.created, row.updated, row.deleted) != self._as_of:
            names = await session.scalars(select(Author.name))
            self._authors = frozenset(skeleton(each) for each in names)
            self._as_of = (row.created, row.updated, row.deleted)
        return bool(row.first or row.second) or not self._authors.isdisjoint(claim.skeletons)
