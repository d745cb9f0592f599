"""Quiet hours are hours of clocks on walls: in a time zone, past midnight, and through the two nights in which clocks are set."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.discussion.quiet import DAYS, LOUD, Quiet, hush
from app.policies.schemas import QuietHours

OSLO = "Europe/Oslo"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def night(**said: Any) -> Quiet:
    return Quiet.read({"time_zone": OSLO, "begins": "23:00", "ends": "06:30", "days": [], **said})


@pytest.mark.parametrize(
    ("moment", "quiet", "turns"),
    [
        ("2026-01-14T21:59:59", False, "2026-01-14T22:00"),
        ("2026-01-14T22:00:00", True, "2026-01-15T05:30"),
        ("2026-01-15T05:29:59", True, "2026-01-15T05:30"),
        ("2026-01-15T05:30:00", False, "2026-01-15T22:00"),
        ("2026-07-14T21:00:00", True, "2026-07-15T04:30"),
    ],
)
def test_a_night_is_quiet_from_its_first_second_to_its_last(moment: str, quiet: bool, turns: str) -> None:
    found = hush([night()], at(moment))

    assert (found.quiet, found.turns_at) == (quiet, at(turns))


def test_an_hour_that_clocks_show_twice_is_quiet_both_times() -> None:
    """On 25 October 2026 clocks in Oslo go from 03:00 back to 02:00, at 01:00 UTC."""
    hours = [night(begins="02:15", ends="02:45")]

    assert hush(hours, at("2026-10-25T00:20")).turns_at == at("2026-10-25T01:45")
    assert hush(hours, at("2026-10-25T01:44")).quiet
    assert not hush(hours, at("2026-10-25T01:45")).quiet


def test_an_hour_that_clocks_never_show_is_as_long_as_ever() -> None:
    """On 29 March 2026 clocks in Oslo go from 02:00 on to 03:00, at 01:00 UTC."""
    hours = [night(begins="02:15", ends="02:45")]

    assert hush(hours, at("2026-03-29T00:00")).turns_at == at("2026-03-29T01:15")
    assert hush(hours, at("2026-03-29T01:30")).turns_at == at("2026-03-29T01:45")


def test_days_are_those_on_which_it_begins() -> None:
    friday = [night(days=["friday"])]

    assert hush(friday, at("2026-11-28T05:00")).quiet  # Saturday morning.
    assert not hush(friday, at("2026-11-27T05:00")).quiet
    assert hush(friday, at("2026-11-28T06:00")).turns_at == at("2026-12-04T22:00")


def test_periods_that_meet_are_one() -> None:
    both = [night(), night(begins="06:30", ends="09:00")]

    assert hush(both, at("2026-01-14T23:00")).turns_at == at("2026-01-15T08:00")


def test_what_is_always_quiet_says_no_end() -> None:
    always = [night(begins="00:00", ends="12:00"), night(begins="12:00", ends="00:00")]

    found = hush(always, at("2026-01-14T23:00"))

    assert found.quiet
    assert found.turns_at is None


HOURS = st.times().map(lambda hour: hour.replace(second=0, microsecond=0))
ZONES = st.sampled_from([OSLO, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    zone=ZONES, begins=HOURS, ends=HOURS, days=st.sets(st.sampled_from(DAYS), min_size=1),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
)  # fmt: skip
def test_a_turn_is_the_first_moment_at_which_it_is_otherwise(zone: str, begins: time, ends: time, days: set[str], moment: datetime) -> None:
    hours = [Quiet(zone, begins, ends, tuple(sorted(days)))]
    found = hush(hours, moment)

    if found.turns_at is None:
        return
    assert found.turns_at > moment
    assert hush(hours, found.turns_at).quiet != found.quiet
    assert hush(hours, found.turns_at - timedelta(microseconds=1)).quiet == found.quiet
    local = moment.astimezone(ZoneInfo(zone))
    shown = local.replace(tzinfo=None).time()
    if begins < ends and abs((local.utcoffset() or timedelta()) - ((local + timedelta(days=1)).utcoffset() or timedelta())) == timedelta():
        assert found.quiet == (begins <= shown < ends and DAYS[local.weekday()] in days) or local.dst() != (local - timedelta(days=1)).dst()


def test_at_the_end_of_time_it_is_not_quiet() -> None:
    """A page may be asked for as it will be, however late."""
    assert hush([night()], at("9999-12-30T23:59:59")) == LOUD
    assert hush([night()], at("9998-12-31T23:59:59")).quiet


@pytest.mark.parametrize("zone", ["localtime", "Europe", "Europe/Nowhere", "../../etc/passwd", "a\0b", ""])
def test_what_is_no_zone_everywhere_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="no such time zone"):
        QuietHours(time_zone=zone, begins="23:00", ends="06:30")
