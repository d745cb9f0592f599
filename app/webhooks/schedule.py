"""When a delivery that failed is tried again, and how long an endpoint that keeps failing is left alone. Pure."""

import email.utils
import random
from datetime import UTC, datetime, timedelta

DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # fmt: skip
"""What the Standard Webhooks specification recommends: 5 s, 5 min, 30 min, then 2, 5, 10, 14, 20 and 24 hours."""

ATTEMPTS = len(DELAYS) + 1
_JITTER = 0.2
_LONGEST_WAIT = timedelta(days=1)
_PATIENCE = 5
_FIRST_REST, _LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)


def next_attempt(made: int, now: datetime, *, asked: timedelta | None, chance: float) -> datetime | None:
    """When to try again after `made` attempts; None when there were enough.

    Up to a fifth is added by `chance` (0 to 1), so that what failed together does not come back together. Where the endpoint `asked` for
    more time (Retry-After), it gets that, up to a day.
    """
    if made >= ATTEMPTS:
        return None
    wait = max(DELAYS[made - 1], min(asked or timedelta(0), _LONGEST_WAIT))
    return now + wait * (1 + _JITTER * chance)


def rest(failures: int, now: datetime) -> datetime | None:
    """Until when an endpoint gets nothing at all after so many failures in a row; None while it may be chance."""
    if failures < _PATIENCE:
        return None
    doublings = min(failures - _PATIENCE, 10)
    return now + min(_FIRST_REST * float(2**doublings), _LONGEST_REST)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110, 10.2.3); None where it says nothing that makes sense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:10]), 10**9))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(moment - now, timedelta(0))


def chance() -> float:
    """A number between 0 and 1, for the jitter."""
    return random.random()  # noqa: S311 - it spreads load, and guards nothing
