"""Live updates as events bring them along."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import select

from app.articles.models import LiveUpdate
from app.articles.shown import coverage, posting
from app.articles.shown.reading import Reading
from app.core.database import ReadSession
from app.live import queries
from app.live.actions import status_of


async def published(reading: Reading, updates: Sequence[UUID], at: datetime) -> dict[UUID, Any]:
    """What readers see of these updates; what they do not see is missing."""
    if not updates:
        return {}
    given = {f"update_{number}": update for number, update in enumerate(updates)}
    found = await coverage.read(reading, queries.posted(len(updates)), at=at, **given)
    return {row.update_id: from_json(text) for row, text in zip(found.rows, found.texts, strict=True)}


async def working(session: ReadSession, updates: Sequence[UUID]) -> dict[UUID, Any]:
    """These updates as the newsroom has them."""
    posts = (await session.scalars(select(LiveUpdate).where(LiveUpdate.id.in_(updates), LiveUpdate.deleted_at.is_(None)))).all()
    return {post.id: draft for post, draft in zip(posts, await drafts(session, posts), strict=True)}


async def drafts(session: ReadSession, posts: Sequence[LiveUpdate]) -> list[Any]:
    """Updates of working copies on the wire, with their authors by one statement."""
    names = await posting.stubs(session, posting.authors_of(posts))
    return [
        {**posting.block_of(post, [names[author] for author in post.content["authors"] if author in names]), "status": status_of(post)}
        for post in posts
    ]
