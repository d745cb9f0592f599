"""How following the log is refused."""

from app.core.errors import Problem


class TooManyStreams(Problem):
    """Your address keeps as many streams and waiting requests open as it may: `DATELINE_STREAMS_PER_ADDRESS`.

    Close one, or share one among those who read. Ask again after `Retry-After` seconds.
    """

    status, title = 429, "Too many streams from one address"
