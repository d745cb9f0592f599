"""Whose eyes the log is seen with: what they may know, and what they want to know. Pages, streams and deliveries share this."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from app.access.scopes import EVERYTHING
from app.core import ids
from app.core.database import ReadSession
from app.core.errors import Fault, InvalidParameter
from app.events.models import Event
from app.events.types import matching, nearest
from app.sections import queries as sections
from app.sections.errors import SectionNotFound
from app.sections.models import Section


@dataclass(frozen=True, slots=True)
class Branch:
    """A section and everything below it: by what it was asked for, where it is, and the ids of all on the wire."""

    ref: str
    path: str
    ids: frozenset[str]

    def holds(self, event: Any) -> bool:
        """Whether the object stood here before the change, or stands here after it."""
        if event.object_type == "section":
            paths = [event.data.get("path"), event.data.get("old_path")]
            return any(path == self.path or path.startswith(f"{self.path}/") for path in paths if path is not None)
        return not self.ids.isdisjoint(event.data.get("sections", ()))


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one caller sees of the log."""

    scopes: frozenset[str]
    types: frozenset[str] | None = None
    branch: Branch | None = None
    article: UUID | None = None

    def sees(self, event: Any) -> bool:
        """Whether this event is for them."""
        return self.may_know(event) and self._wants(event)

    def may_know(self, event: Any) -> bool:
        """Whether they may know of it at all."""
        return event.scope is None or event.scope in self.scopes or EVERYTHING in self.scopes

    def _wants(self, event: Any) -> bool:
        if self.types is not None and event.type not in self.types:
            return False
        if self.article is not None and not _is_about(event, self.article):
            return False
        return self.branch is None or self.branch.holds(event)

    def condition(self) -> ColumnElement[bool]:
        """As much of `sees` as the database can say."""
        known = true() if EVERYTHING in self.scopes else or_(Event.scope.is_(None), Event.scope.in_(sorted(self.scopes)))
        return known if self.types is None else and_(known, Event.type.in_(sorted(self.types)))

    async def renewed(self, session: ReadSession) -> "Eyes":
        """The same, after the tree of sections has changed; where the section is gone, they look at where it was."""
        if self.branch is None:
            return self
        try:
            return replace(self, branch=await branch_at(session, self.branch.ref))
        except SectionNotFound:
            return self


def _is_about(event: Any, article: UUID) -> bool:
    if event.object_type == "article":
        return bool(event.object_id == article)
    return bool(event.data.get("article") == ids.encode("art", article))


async def branch_at(session: ReadSession, ref: str) -> Branch:
    """The section behind `ref` with everything below it; raises SectionNotFound."""
    top = await sections.get_section(session, ref)
    below = await session.scalars(select(Section.id).where(sections.below(top.path)))
    own = ids.encode("sec", top.id)
    return Branch(own, top.path, frozenset([own, *(ids.encode("sec", one) for one in below)]))


async def eyes_for(session: ReadSession, scopes: list[str], types: str | None, section: str | None) -> Eyes:
    """What a caller with `scopes` sees of these `types`, in this `section`; raises InvalidParameter naming what there is not."""
    faults: list[Fault] = []
    wanted = None if types is None else _types(types, faults)
    branch = None
    if section is not None:
        try:
            branch = await branch_at(session, section)
        except SectionNotFound as problem:
            faults.append(Fault("unknown_reference", problem.detail, parameter="section"))
    if faults:
        raise InvalidParameter(errors=faults)
    return Eyes(frozenset(scopes), wanted, branch)


def types_in(given: str) -> frozenset[str]:
    """The types that a list of types and patterns means; raises InvalidParameter naming what there is not."""
    faults: list[Fault] = []
    found = _types(given, faults)
    if faults:
        raise InvalidParameter(errors=faults)
    return found


def _types(given: str, faults: list[Fault]) -> frozenset[str]:
    found: set[str] = set()
    for pattern in given.split(","):
        named = matching(pattern)
        found.update(named)
        if not named:
            near = nearest(pattern)
            guess = "" if near is None else f" Did you mean '{near}'?"
            faults.append(Fault("unknown", f"There are no events {pattern[:60]}.{guess}", parameter="types", suggestion=near))
    return frozenset(found)
