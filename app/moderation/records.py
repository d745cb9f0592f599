"""Comments of a queue with all that moderators need to know of them, in as many statements however many there are."""

from collections.abc import Sequence
from typing import Any

from app.comments import pages
from app.core.database import ReadSession
from app.moderation import queries
from app.moderation.schemas import queued_out


async def queued(session: ReadSession, key: bytes, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The comments on the wire."""
    last = await queries.last_decisions(session, [row.id for row in rows])
    return [queued_out(row, pages.left_out(key, row), last.get(row.id)) for row in rows]
