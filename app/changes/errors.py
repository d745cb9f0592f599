"""How following the log is refused."""

from typing import Any, ClassVar

from app.core.errors import Problem


class ChangesGone(Problem):
    """The log does not reach back to where you want to go on: what is older than `DATELINE_LOG_RETENTION_DAYS` was forgotten.

    Begin anew: take everything from `restart`, whose first line tells a `seq`, and follow the changes since that. `floor` is the least
    `since` that can still be asked for.
    """

    status, title = 410, "These changes were forgotten"
    example: ClassVar[dict[str, Any]] = {"restart": "/v1/export", "floor": 120_000}


class TooManyStreams(Problem):
    """Your address keeps as many streams and waiting requests open as it may: `DATELINE_STREAMS_PER_ADDRESS`.

    Close one, or share one among those who read. Ask again after `Retry-After` seconds.
    """

    status, title = 429, "Too many streams from one address"
