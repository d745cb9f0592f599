"""Quiet hours: times of the day, on some days of the week, at which no comments are taken. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEK = timedelta(days=7)
_BACK, _AHEAD = -2, 9
"""How many days around a moment are looked at: what began the day before may last, and what comes once a week must be found."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one time of the day to another, by the clocks of a place, on the days on which it begins; past midnight where it ends sooner."""

    time_zone: str
    begins: time
    ends: time
    days: tuple[str, ...] = DAYS

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Quiet":
        """As it is kept."""
        return cls(said["time_zone"], time.fromisoformat(said["begins"]), time.fromisoformat(said["ends"]), tuple(said["days"] or DAYS))

    def periods(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Its periods around `at`, in UTC."""
        zone = ZoneInfo(self.time_zone)
        today = at.astimezone(zone).date()
        for number in range(_BACK, _AHEAD):
            day = today + timedelta(days=number)
            if DAYS[day.weekday()] in self.days:
                begin, end = _first(day, self.begins, zone), _last(day + timedelta(days=self.ends <= self.begins), self.ends, zone)
                if begin < end:
                    yield begin, end


def _first(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """When a clock shows `hour`; the first time where it is set back, and when it would have shown it where it is set ahead."""
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _last(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The same, but the last time where a clock is set back: nobody is heard in an hour that is quiet, whichever of the two it is."""
    local = datetime.combine(day, hour, zone)
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Hush:
    """Whether it is quiet, and when that turns; None where it does not within a week."""

    quiet: bool
    turns_at: datetime | None


LOUD = Hush(quiet=False, turns_at=None)


def hush(hours: Sequence[Quiet], at: datetime) -> Hush:
    """Whether it is quiet at `at`; in the last year that there is it is not, since nothing can be said of what comes after it."""
    return _hush(tuple(hours), at.replace(second=0, microsecond=0)) if hours and at.year < MAXYEAR else LOUD


@lru_cache(maxsize=1000)
def _hush(hours: tuple[Quiet, ...], minute: datetime) -> Hush:
    """The same of a whole minute: hours begin and end with one, so that what was found holds for all of it."""
    end: datetime | None = None
    for begins, ends in sorted(period for each in hours for period in each.periods(minute)):
        if ends <= minute:
            continue
        if begins > (end or minute):
            return Hush(quiet=False, turns_at=begins) if end is None else Hush(quiet=True, turns_at=end)
        end = max(ends, end or ends)
    return LOUD if end is None else Hush(quiet=True, turns_at=end if end - minute < _WEEK else None)
