"""When readers see which publication of an article, or of a list: the plan of its periods, before an order and after it.

Nothing is written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.caching import SHARED_SECONDS, STALE_SECONDS

KEPT_AT_MOST = timedelta(seconds=SHARED_SECONDS + STALE_SECONDS)
"""The longest that any cache may show an answer."""


@dataclass(frozen=True, slots=True)
class Period:
    """One publication as it was ordered: from when, until when at the longest, and what its dates follow from."""

    id: UUID
    start: datetime
    ordered_until: datetime
    revision: int
    significance: str
    printed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a publication that readers are told."""

    published_at: datetime
    first_published_at: datetime
    updated_at: datetime


def periods_of(rows: Sequence[Any]) -> list[Period]:
    """The plan that an article's publications, in the order of `visible_from`, say."""
    starts = {row.visible_from for row in rows}
    return [
        Period(row.id, row.visible_from, _ordered_until(row, starts), row.content_version, row.significance, _printed_at(row))
        for row in rows
    ]


def _ordered_until(row: Any, starts: set[datetime]) -> datetime:
    """What was ordered matters only where the next one cut it short; a version that did not keep it ordered for good."""
    until: datetime = row.visible_until if row.visible_until not in starts else row.ordered_until or clock.FOREVER
    return until


def _printed_at(row: Any) -> datetime | None:
    """The date that was set; a version that did not keep which were set is left its own."""
    printed: datetime | None = row.published_at if row.ordered_until is None else row.printed_at
    return printed


def placed(periods: Sequence[Period], new: Period, *, replacing: bool) -> list[Period]:
    """The plan with `new` in it: what begins later stays, unless it is `replacing` that.

    What follows with the same revision would change nothing for readers, so it goes: to order a revision again, earlier, moves it.
    """
    later = [] if replacing else [each for each in periods if each.start > new.start]
    while later and later[0].revision == new.revision and later[0].significance != "correction" and later[0].start < new.ordered_until:
        later.pop(0)
    return [*(each for each in periods if each.start < new.start), new, *later]


def says_already(plan: Sequence[Period], revision: int, start: datetime, end: datetime, *, replacing: bool) -> Period | None:
    """What says already that from `start` on exactly this revision is to be seen until `end`."""
    there = covering(plan, start)
    same = there is not None and (there.revision, there.ordered_until) == (revision, end)
    return there if same and not (replacing and plan[-1] is not there) else None


def without(periods: Sequence[Period], gone: UUID) -> list[Period]:
    """The plan without one of its publications: what was there before it goes on for as long as it was ordered."""
    return [each for each in periods if each.id != gone]


def cut(periods: Sequence[Period], end: datetime) -> list[Period]:
    """The plan in which nothing is seen from `end` on."""
    kept = [(each, until) for each, until in zip(periods, ends(periods), strict=True) if each.start < end]
    return [replace(each, ordered_until=end) if until > end else each for each, until in kept]


def ends(periods: Sequence[Period]) -> list[datetime]:
    """Until when readers see each: as long as was ordered, or until the next begins."""
    following = [*(each.start for each in periods), clock.FOREVER][1:]
    return [min(each.ordered_until, start) for each, start in zip(periods, following, strict=True)]


def moments(periods: Sequence[Period], after: datetime) -> set[datetime]:
    """The moments after `after` at which readers begin or cease to see one of them."""
    edges = {*(each.start for each in periods), *ends(periods)}
    return {moment for moment in edges if after < moment < clock.FOREVER}


def turns_soon(before: Sequence[Period], after: Sequence[Period]) -> bool:
    """Whether a plan was changed in a moment so near that an answer which was given before may be kept past it.

    Whatever was answered until now says how long it may be kept, and no longer than `KEPT_AT_MOST`.
    """
    now = clock.now()
    changed = moments(before, now) ^ moments(after, now)
    return min(changed, default=clock.FOREVER) - now <= KEPT_AT_MOST


def covering(periods: Sequence[Period], moment: datetime) -> Period | None:
    """What readers see at `moment`."""
    return next((each for each, end in zip(periods, ends(periods), strict=True) if each.start <= moment < end), None)


def dates_after(last: Dates | None, period: Period) -> Dates:
    """The dates of a publication that follows one with the dates `last`: the first date is kept for good, a minor change moves none."""
    printed = period.printed_at or (period.start if last is None else last.published_at)
    if last is None:
        return Dates(printed, period.start, printed)
    return Dates(printed, last.first_published_at, last.updated_at if period.significance == "minor" else period.start)


def dates_in(rows: Sequence[Any], plan: Sequence[Period], now: datetime) -> dict[UUID, Dates]:
    """The dates of every publication of a plan, by id: those that readers have seen stand, the others follow from them."""
    standing = {row.id: Dates(row.published_at, row.first_published_at, row.updated_at) for row in rows}
    found: dict[UUID, Dates] = {}
    last: Dates | None = None
    for period in plan:
        seen = period.id in standing and period.start <= now
        last = found[period.id] = standing[period.id] if seen else dates_after(last, period)
    return found
