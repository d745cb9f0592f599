"""What the newsroom does to its rules. Rules live here; commits do not."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.pagination import Keyset
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version
from app.screening.errors import RuleNotFound
from app.screening.models import CommentRule

SCOPE = "comments:admin"
_FIELDS = ("name", "leaning", "conditions", "enabled")
_IN_ORDER = Keyset((CommentRule.id,), descending=False)


async def list_rules(session: ReadSession, position: Sequence[object] | None, limit: int) -> Sequence[CommentRule]:
    """At most `limit` rules, the oldest first, from behind `position`."""
    return (await session.scalars(_IN_ORDER.after(select(CommentRule), position).limit(limit))).all()


async def get_rule(session: ReadSession, wanted: UUID | None, *, for_change: bool = False) -> CommentRule:
    """One rule; raises RuleNotFound."""
    statement = select(CommentRule).where(CommentRule.id == wanted)
    found = (await session.scalars(statement.with_for_update() if for_change else statement)).one_or_none()
    if found is None:
        raise RuleNotFound
    return found


async def create_rule(session: WriteSession, wanted: dict[str, Any], *, by: Actor) -> CommentRule:
    """A new rule; where it is enabled, comments are held against it from its commit on."""
    now = clock.now()
    made = CommentRule(id=ids.new(), created_at=now, revised_at=now, version=1, **wanted)
    session.add(made)
    await session.flush()
    _announce(session, "rule.created", made, by, _FIELDS)
    return made


async def update_rule(session: WriteSession, found: CommentRule, yours: dict[str, Any], *, by: Actor, if_match: int | None) -> CommentRule:
    """Change a rule. What it said of comments before stays as it was. What changes nothing makes no event."""
    before = _content(found)
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return found
    for name in changed:
        setattr(found, name, yours[name])
    found.version += 1
    found.revised_at = clock.now()
    await session.flush()
    _announce(session, "rule.updated", found, by, changed)
    return found


async def delete_rule(session: WriteSession, found: CommentRule, *, by: Actor, if_match: int | None) -> None:
    """Remove a rule for good."""
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs={}, yours={})
    _announce(session, "rule.deleted", found, by, ())
    await session.delete(found)
    await session.flush()


def _content(found: CommentRule) -> Content:
    return {name: getattr(found, name) for name in _FIELDS}


def _announce(session: WriteSession, kind: str, found: CommentRule, by: Actor, changed: tuple[str, ...]) -> None:
    """It ripples: whoever keeps the rules in memory reads them anew."""
    happening = Happening(
        kind, "rule", found.id, by, (), scope=SCOPE, version=found.version, changed=changed, data={"name": found.name},
        snapshot=None if kind == "rule.deleted" else _content(found), ripples=True,
    )  # fmt: skip
    record(session, happening)
