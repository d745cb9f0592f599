"""What the newsroom says of discussions. Rules live here; commits do not."""

from typing import Any

from sqlalchemy import select

from app.core import clock, ids
from app.core.database import WriteSession
from app.core.rows import enter_unless_taken
from app.discussion.models import SITE, CommentPolicy
from app.discussion.rules import DEFAULTS
from app.discussion.tags import dirtied
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version
from app.policies.queries import FIRST_VERSION
from app.policies.schemas import PolicyUpdate
from app.sections.models import Section


async def say(session: WriteSession, place: Section | None, patch: PolicyUpdate, *, by: Actor, if_match: int | None) -> None:
    """Change what is said of the site, or of a section and all below it, at once. What changes nothing makes no event."""
    row = await _locked(session, place)
    before, yours = content(row), patch.said()
    await check_version(session, row.id, present=row.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return
    row.settings = {name: value for name, value in (before | yours).items() if value is not None}
    row.version += 1
    row.revised_at = clock.now()
    await session.flush()
    record(session, _happening(row, place, by, changed))


async def _locked(session: WriteSession, place: Section | None) -> CommentPolicy:
    """The row, made where there is none: two that are the first to speak wait for each other."""
    own, now = SITE if place is None else place.id, clock.now()
    fresh = CommentPolicy(
        id=own, section_id=None if place is None else place.id, settings={}, version=FIRST_VERSION, created_at=now, revised_at=now
    )
    if await enter_unless_taken(session, fresh):
        return fresh
    statement = select(CommentPolicy).where(CommentPolicy.id == own).with_for_update()
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one()


def content(row: CommentPolicy) -> Content:
    """What is said, as its history keeps it; None where nothing is."""
    return {**dict.fromkeys(DEFAULTS), **row.settings}


def _happening(row: CommentPolicy, place: Section | None, by: Actor, changed: tuple[str, ...]) -> Happening:
    data: dict[str, Any] = {"section": None if place is None else ids.encode("sec", place.id)}
    return Happening(
        "comment_policy.updated", "comment_policy", row.id, by, dirtied(row.id), scope=None, version=row.version, changed=changed,
        data=data, snapshot=content(row), ripples=True,
    )  # fmt: skip
