"""No edit is lost: what a change was made from is held against what is there now."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.database import ReadSession
from app.core.errors import VersionMismatch
from app.core.guard import escape
from app.events.models import Event

Content = dict[str, Any]


async def check_version(
    session: ReadSession, object_id: UUID, *, present: int, if_match: int | None, theirs: Content, yours: Content
) -> None:
    """Raise VersionMismatch unless the change was made from the present version, or from any.

    The problem tells every field that both sides changed: what it was, what it is, what it would be.
    """
    if if_match is None or if_match == present:
        return
    base = await snapshot_at(session, object_id, if_match)
    conflicts = [] if base is None else conflicts_between(base, theirs, yours)
    raise VersionMismatch(f"You changed version {if_match}; it is at {present} now.", version=present, conflicts=conflicts)


async def snapshot_at(session: ReadSession, object_id: UUID, version: int) -> Content | None:
    """The object's content as it was at `version`; None where there was no such version."""
    known = select(Event.snapshot).where(Event.object_id == object_id, Event.version <= version, Event.snapshot.is_not(None))
    return (await session.scalars(known.order_by(Event.version.desc()).limit(1))).one_or_none()


def conflicts_between(base: Content, theirs: Content, yours: Content) -> list[dict[str, Any]]:
    """The fields that `yours` sets and that changed from `base` to `theirs`."""
    return [
        {"pointer": f"#/{escape(name)}", "base": base.get(name), "theirs": theirs.get(name), "yours": wanted}
        for name, wanted in yours.items()
        if base.get(name) != theirs.get(name) != wanted
    ]


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
