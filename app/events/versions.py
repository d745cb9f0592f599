"""No edit is lost: what a change was made from is held against what is there now."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.comparing.merging import Merge, merge
from app.core.database import ReadSession
from app.core.errors import VersionMismatch
from app.events.models import Event

Content = dict[str, Any]


async def check_version(
    session: ReadSession, object_id: UUID, *, present: int, if_match: int | None, theirs: Content, yours: Content
) -> None:
    """Raise VersionMismatch unless the change was made from the present version, or from any.

    The problem tells where both sides changed the same, and what else `yours` would change.
    """
    if if_match is not None and if_match != present:
        base = await snapshot_at(session, object_id, if_match) if yours else {}
        raise mismatch(if_match, present, None if base is None else merge(base, theirs, base | yours))


def mismatch(if_match: int, present: int, found: Merge | None) -> VersionMismatch:
    """The refusal of a change that was made from another version than the present one; of what that was, nothing may be known."""
    forgotten = "" if found else ", of which nothing is known any more" if if_match < present else ", which there never was"
    return VersionMismatch(
        f"You changed version {if_match}{forgotten}; it is at {present} now.",
        version=present, base_known=found is not None,
        conflicts=found.conflicts if found else [], mergeable=found.mergeable if found else [],
    )  # fmt: skip


async def snapshot_at(session: ReadSession, object_id: UUID, version: int) -> Content | None:
    """The object's content as it was at `version`; None where there was no such version."""
    known = select(Event.snapshot).where(Event.object_id == object_id, Event.version <= version, Event.snapshot.is_not(None))
    return (await session.scalars(known.order_by(Event.version.desc()).limit(1))).one_or_none()


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` after a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        merged[name] = merge_patch(merged.get(name), value)
        if value is None:
            merged[name] = None
    return merged


def changed_fields(before: Content, after: Content) -> tuple[str, ...]:
    """The names of the fields that differ."""
    return tuple(name for name in after if before.get(name) != after[name])
