"""A change that was made from another version than the present one: held against what others changed meanwhile, and put upon it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app.articles import queries
from app.articles.discussing import own_of
from app.articles.models import Article
from app.articles.records import moment
from app.articles.working_copy import assigning, revisions
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
    beside: Mapping[str, Any], apply: bool,
) -> Content:  # fmt: skip
    """Your content of an older `version` upon theirs; raises VersionMismatch where it does not go, or is not to be applied.

    `beside` is what else was sent: `comments` and `assignees` are no content. Where anything overlaps, nothing is applied: half of a change
    may mean something else than the whole.
    """
    found = overlaps(base, theirs, yours)
    await _hold_beside(session, article, version, beside, found)
    if found.conflicts or not apply:
        raise mismatch(version, article.version, found)
    if len(bodies.ids_of(found.merged["body"])) > MAX_BLOCKS:
        raise ValidationFailed(errors=[Fault("too_long", f"The article would have more than {MAX_BLOCKS} blocks.", "#/body")])
    merged: Content = found.merged
    return merged


async def _hold_beside(session: WriteSession, article: Article, version: int, sent: Mapping[str, Any], found: Merge) -> None:
    """What stands beside the content has no revisions: only the log tells whether somebody changed it meanwhile."""
    pairs = await _settings(session, article, sent["comments"]) if sent.get("comments") else {}
    if "assignees" in sent:
        pairs["assignees"] = await assigning.assigned(session, article), list(dict.fromkeys(sent["assignees"]))
    wanted = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not wanted:
        return
    touched = await _touched_since(session, article, version)
    for name, (theirs, yours) in wanted.items():
        unseen = touched is None or name.partition("/")[0] in touched
        told = {"pointer": f"#/{name}", "base": None if unseen else theirs, "theirs": theirs, "yours": yours}
        (found.conflicts if unseen else found.mergeable).append(told)


async def _settings(session: WriteSession, article: Article, sent: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """How the discussion is run, and how it shall be."""
    thread = await queries.get_thread_for_change(session, article.id)
    here = {**own_of(thread), "closes_at": moment(thread.closes_at)}
    wanted = {**sent, **({"closes_at": moment(sent["closes_at"])} if "closes_at" in sent else {})}
    return {f"comments/{name}": (here.get("state" if name == "status" else name), value) for name, value in wanted.items()}


async def _touched_since(session: WriteSession, article: Article, version: int) -> set[str] | None:
    """The names of all that changed behind `version`; None where the log does not go back so far."""
    noted = await session.execute(select(Event.version, Event.changed).where(Event.object_id == article.id, Event.version > version))
    rows = noted.all()
    if len({row.version for row in rows}) < article.version - version:
        return None
    return {name for row in rows for name in row.changed}
