"""Comments of a queue with all that moderators need to know of them, in as many statements however many there are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.comments import pages
from app.core.database import ReadSession
from app.moderation import leasing, queries
from app.moderation.schemas import lease_out, queued_out


async def queued(session: ReadSession, key: bytes, rows: Sequence[Any], holder: UUID | None) -> list[dict[str, Any]]:
    """The comments on the wire, as the one sees them whose key `holder` is."""
    comments = [row.id for row in rows]
    last, leases = await queries.last_decisions(session, comments), await leasing.leases_of(session, comments)
    return [queued_out(row, pages.left_out(key, row), last.get(row.id), lease_out(leases.get(row.id), holder)) for row in rows]
