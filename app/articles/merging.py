"""A change that was made from another version than the present one: held against what others changed meanwhile, and put upon it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app.articles import queries, revisions
from app.articles.models import Article
from app.articles.records import moment
from app.body import outline as bodies
from app.body.union import MAX_BLOCKS
from app.comparing.merging import Merge, merge
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.events.models import Event
from app.events.versions import Content, mismatch


async def base_of(session: WriteSession, article: Article, theirs: Content, version: int) -> Content:
    """What the article was at `version`; raises VersionMismatch where that is not known. `theirs` is what it is now."""
    await revisions.settle(session, article, theirs)
    base = await revisions.content_at(session, article, version)
    if base is None:
        raise mismatch(version, article.version, None)
    return base


def overlaps(base: Content, theirs: Content, yours: Content) -> Merge:
    """Put your content upon theirs.

    What follows from a body is left out and made anew: the anchors of headings, and the text that the body was made from, which is kept
    only where the body is wholly of one side.
    """
    sides = [{**side, "body": bodies.bare(side["body"])} for side in (base, theirs, yours)]
    sources = [side.pop("body_source", None) for side in sides]
    found = merge(*sides)
    body = found.merged["body"]
    if len(set(bodies.ids_of(body))) < len(bodies.ids_of(body)):
        whole = {name: side["body"] for name, side in zip(("base", "theirs", "yours"), sides, strict=True)}
        return replace(found, conflicts=[*found.conflicts, {"pointer": "#/body", **whole}])
    source = next((source for side, source in zip(sides[1:], sources[1:], strict=True) if side["body"] == body), None)
    merged = {**found.merged, "body": bodies.anchored(body), "body_source": source}
    return replace(found, merged=merged)


async def put_upon(
    session: WriteSession, article: Article, version: int, *, base: Content, theirs: Content, yours: Content,
    settings: Mapping[str, Any], apply: bool,
) -> Content:  # fmt: skip
    """Your content of an older `version` upon theirs; raises VersionMismatch where it does not go, or is not to be applied.

    Where anything overlaps, nothing is applied: half of a change may mean something else than the whole.
    """
    found = overlaps(base, theirs, yours)
    await _hold_settings(session, article, version, settings, found)
    if found.conflicts or not apply:
        raise mismatch(version, article.version, found)
    if len(bodies.ids_of(found.merged["body"])) > MAX_BLOCKS:
        raise ValidationFailed(errors=[Fault("too_long", f"The article would have more than {MAX_BLOCKS} blocks.", "#/body")])
    merged: Content = found.merged
    return merged


async def _hold_settings(session: WriteSession, article: Article, version: int, settings: Mapping[str, Any], found: Merge) -> None:
    """How the discussion is run is no content: only the log tells whether somebody changed it meanwhile."""
    thread = await queries.get_thread_for_change(session, article.id) if settings else None
    wanted = {name: value for name, value in settings.items() if getattr(thread, name) != value}
    if not wanted:
        return
    noted = await session.execute(select(Event.version, Event.changed).where(Event.object_id == article.id, Event.version > version))
    changed = {row.version: row.changed for row in noted}
    touched = len(changed) < article.version - version or any("comments" in names for names in changed.values())
    for name, value in wanted.items():
        theirs, yours = (moment(each) if name == "closes_at" else each for each in (getattr(thread, name), value))
        told = {"pointer": f"#/comments/{name}", "base": None if touched else theirs, "theirs": theirs, "yours": yours}
        (found.conflicts if touched else found.mergeable).append(told)
