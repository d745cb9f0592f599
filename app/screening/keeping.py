"""What the newsroom holds comments against, its word lists and its rules: both are kept alike. Rules live here; commits do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.errors import Problem
from app.core.pagination import Keyset
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version
from app.screening.errors import RuleNotFound, WordListNotFound
from app.screening.models import CommentRule, WordList

SCOPE = "comments:admin"
Kept = TypeVar("Kept", WordList, CommentRule)


@dataclass(frozen=True, slots=True)
class Shelf(Generic[Kept]):
    """All that is kept of one kind: how the log calls it, how its ids begin, and what of it may be changed."""

    model: type[Kept]
    name: str
    prefix: str
    fields: tuple[str, ...]
    missing: type[Problem]

    def content(self, found: Kept) -> Content:
        """What may be changed of it, as its history keeps it."""
        return {name: getattr(found, name) for name in self.fields}


WORD_LISTS = Shelf(WordList, "word_list", "wdl", ("name", "applies_to", "leaning", "terms", "enabled"), WordListNotFound)
RULES = Shelf(CommentRule, "rule", "rul", ("name", "leaning", "conditions", "enabled"), RuleNotFound)


async def list_kept(session: ReadSession, shelf: Shelf[Kept], position: Sequence[object] | None, limit: int) -> Sequence[Kept]:
    """At most `limit` of them, the oldest first, from behind `position`."""
    in_order = Keyset((shelf.model.id,), descending=False)
    return (await session.scalars(in_order.after(select(shelf.model), position).limit(limit))).all()


async def get_kept(session: ReadSession, shelf: Shelf[Kept], wanted: str, *, for_change: bool = False) -> Kept:
    """The one with this id; raises what the shelf says where there is none."""
    statement = select(shelf.model).where(shelf.model.id == ids.decode(shelf.prefix, wanted))
    found = (await session.scalars(statement.with_for_update() if for_change else statement)).one_or_none()
    if found is None:
        raise shelf.missing(f"There is no {shelf.name.replace('_', ' ')} {wanted}.")
    return found


async def create(session: WriteSession, shelf: Shelf[Kept], wanted: Content, *, by: Actor) -> Kept:
    """A new one; where it is enabled, comments are held against it from its commit on."""
    now = clock.now()
    made = shelf.model(id=ids.new(), created_at=now, revised_at=now, version=1, **wanted)
    session.add(made)
    await session.flush()
    _announce(session, shelf, "created", made, by, shelf.fields)
    return made


async def update(
    session: WriteSession, shelf: Shelf[Kept], found: Kept, yours: Content, *, by: Actor, if_match: int | None
) -> Kept:  # fmt: skip
    """Change it. What was said of comments before stays as it was. What changes nothing makes no event."""
    before = shelf.content(found)
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return found
    for name in changed:
        setattr(found, name, yours[name])
    found.version += 1
    found.revised_at = clock.now()
    await session.flush()
    _announce(session, shelf, "updated", found, by, changed)
    return found


async def delete(session: WriteSession, shelf: Shelf[Kept], found: Kept, *, by: Actor, if_match: int | None) -> None:
    """Remove it for good."""
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs={}, yours={})
    _announce(session, shelf, "deleted", found, by, ())
    await session.delete(found)
    await session.flush()


def _announce(session: WriteSession, shelf: Shelf[Kept], what: str, found: Kept, by: Actor, changed: tuple[str, ...]) -> None:
    """It ripples: whoever keeps the lists and rules in memory reads them anew."""
    snapshot: dict[str, Any] | None = None if what == "deleted" else shelf.content(found)
    happening = Happening(
        f"{shelf.name}.{what}", shelf.name, found.id, by, (), scope=SCOPE, version=found.version, changed=changed,
        data={"name": found.name}, snapshot=snapshot, ripples=True,
    )  # fmt: skip
    record(session, happening)
