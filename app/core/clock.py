"""The house's one clock: every instant that Dateline compares, stores or answers comes from here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The end of a period that has no end yet; a value, not NULL, so that a period is one range test."""

_stopped_at: datetime | None = None


def now() -> datetime:
    """The present instant, in UTC, to the microsecond."""
    return _stopped_at or datetime.now(UTC)


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` for as long as the block lasts; for tests and for rehearsals of a schedule."""
    global _stopped_at  # noqa: PLW0603 - one clock for the whole process is the point
    before, _stopped_at = _stopped_at, moment
    try:
        yield
    finally:
        _stopped_at = before
