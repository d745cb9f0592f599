"""Where readers are answered from: a replica, while it shows everything that this process knows to have happened.

A process learns of each commit from the log. An answer made of a replica that is behind would be kept although the news that should drop it
had come already, so such a replica is left out until it has caught up. Whoever sends a key is always answered by the primary: they see
their own writes.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import Database
from app.core.lookups import Lookup
from app.events.models import LogHead

log = structlog.get_logger("dateline.replica")
_HEAD = Lookup(select(LogHead.seq).where(LogHead.id == 1))
_ANSWER_SECONDS = 1.0
_BEHIND_SECONDS = 0.05
"""How long a replica that is behind is not asked again."""
_FAILED_SECONDS = 1.0


class Sources:
    """The primary and, where there is one, its replica.

    `told` gives the `seq` up to which this process knows the log, None where it may have missed something.
    """

    def __init__(self, primary: Database, replica: Database | None, told: Callable[[], int | None]) -> None:
        self.primary, self.replica = primary, replica
        self._told = told
        self._shown = -1
        self._not_before = 0.0

    async def for_readers(self) -> Database:
        """The database that answers a reader now."""
        told = self._told()
        if self.replica is None or told is None:
            return self.primary
        return self.replica if told <= self._shown or await self._has_caught_up(self.replica, told) else self.primary

    async def _has_caught_up(self, replica: Database, told: int) -> bool:
        if time.monotonic() < self._not_before:
            return False
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                self._shown = max(self._shown, (await replica.lookups.all(_HEAD))[0].seq)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self.leave_out(str(error))
            return False
        if self._shown < told:
            self._not_before = time.monotonic() + _BEHIND_SECONDS
        return self._shown >= told

    def leave_out(self, reason: str) -> None:
        """Ask the replica nothing for a while: it failed."""
        if self._shown >= 0 or time.monotonic() >= self._not_before:
            log.warning("the replica is left out", error=reason)
        self._shown = -1
        self._not_before = time.monotonic() + _FAILED_SECONDS

    async def dispose(self) -> None:
        """Close every connection."""
        if self.replica is not None:
            await self.replica.dispose()
        await self.primary.dispose()
