"""What live updates do when an author is merged or deleted; other names they do not bear."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, select

from app.articles.models import LivePosting, LiveUpdate
from app.core import clock, ids, references
from app.core.database import WriteSession


class LiveUpdates:
    """Live updates as holders of references to authors."""

    async def count(self, session: WriteSession, kind: str, target: UUID) -> int:
        """How many updates it wrote: as the newsroom has them, or as readers see them now or later."""
        if kind != "author":
            return 0
        ref = ids.encode("aut", target)
        working = select(LiveUpdate.id).where(_names(LiveUpdate.content, ref), LiveUpdate.deleted_at.is_(None))
        alive = select(LivePosting.update_id).where(_names(LivePosting.authors, ref), LivePosting.visible_until > clock.now())
        return (await session.execute(select(func.count()).select_from(working.union(alive).subquery()))).scalar_one()

    async def occupied(self, session: WriteSession, addresses: Collection[str]) -> set[str]:  # noqa: ARG002 - the holder's form
        """None of the site's addresses is one of theirs."""
        return set()

    async def move(self, session: WriteSession, kind: str, target: UUID, to: UUID | None, by: Any) -> None:  # noqa: ARG002 - the holder's form
        """Let them name `to` instead, or with None nobody. The author's own event tells of it, and dirties whatever shows the name."""
        if kind != "author":
            return
        old, new = ids.encode("aut", target), None if to is None else ids.encode("aut", to)
        # Who edits one has it locked: what they write would be lost, and a posting of theirs not be found.
        updates = select(LiveUpdate).where(_names(LiveUpdate.content, old)).order_by(LiveUpdate.id).with_for_update()
        for update in await session.scalars(updates):
            update.content = {**update.content, "authors": _replaced(update.content["authors"], old, new)}
        for posting in await session.scalars(select(LivePosting).where(_names(LivePosting.authors, old))):
            posting.authors = " ".join(_replaced(posting.authors.split(), old, new))
        await session.flush()

    async def refresh(self, session: WriteSession, kind: str, target: UUID) -> None:
        """Names are put in when they are read."""


def _names(column: Any, ref: str) -> Any:
    return cast(column, Text).contains(ref, autoescape=True)


def _replaced(authors: list[str], old: str, new: str | None) -> list[str]:
    return [ref for ref in dict.fromkeys(new if ref == old else ref for ref in authors) if ref is not None]


def install() -> None:
    """Let authors know who refers to them."""
    references.register("live updates", LiveUpdates())
