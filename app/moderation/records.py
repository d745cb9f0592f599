"""Comments of a queue with all that moderators need to know of them, in as many statements however many there are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.comments import signals
from app.comments.schemas import signal_out
from app.comments.threads import pages
from app.core.database import ReadSession
from app.moderation import leasing, queries, reporting
from app.moderation.schemas import Known, lease_out, queued_out


async def queued(session: ReadSession, key: bytes, rows: Sequence[Any], holder: UUID | None) -> list[dict[str, Any]]:
    """The comments on the wire, as the one sees them whose key `holder` is."""
    comments = [row.id for row in rows]
    last, leases = await queries.last_decisions(session, comments), await leasing.leases_of(session, comments)
    said, against = await signals.of(session, comments), await reporting.open_against(session, comments)

    def known(row: Any) -> Known:
        lease = lease_out(leases.get(row.id), holder)
        return Known(last.get(row.id), lease, [signal_out(signal) for signal in said.get(row.id, ())], against.get(row.id, {}))

    return [queued_out(row, pages.left_out(key, row), known(row)) for row in rows]
