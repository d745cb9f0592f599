"""What holds for a discussion is what was said nearest to it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from app.discussion.kind import Policy
from app.discussion.rules import BEFORE, BETWEEN, DEFAULTS, FIXED, NOTHING_SAID, Rules, read
from app.policies import form
from app.screening import asking
from app.screening.bounds import Bounds

PUBLISHED = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SAID: Mapping[str, st.SearchStrategy[Any]] = {
    "state": st.sampled_from(["open", "closed", "disabled"]),
    "moderation": st.sampled_from(["pre", "post"]),
    "max_links": st.integers(0, 5),
    "close_after_days": st.sampled_from([0, 1, 7]),
    "votes": st.sampled_from(["none", "up", "up_down"]),
}
LAYER = st.fixed_dictionaries({}, optional=dict(SAID))


def test_every_field_has_a_default_and_its_place() -> None:
    assert set(DEFAULTS) == {*FIXED, "state", "close_after_days", "quiet_hours"}
    assert {one.name for one in fields(Policy)} == {*FIXED, "state", "reason", "closes_at", "opens_at"}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(layers=st.lists(LAYER, min_size=1, max_size=5), chance=st.randoms(use_true_random=False))
def test_whoever_speaks_nearest_is_heard(layers: Sequence[Mapping[str, Any]], chance: Any) -> None:
    """Whatever the order in which a database gives them."""
    parts = [f"{BEFORE}{'/world' * depth}{BETWEEN}{to_json(layer).decode()}" for depth, layer in enumerate(layers)]
    chance.shuffle(parts)

    rules = read("".join(parts))

    for name in SAID:
        nearest = next((layer[name] for layer in reversed(layers) if name in layer), DEFAULTS[name])
        assert rules.said.get(name, DEFAULTS[name]) == nearest


def test_a_discussion_closes_so_many_days_after_the_article_appeared() -> None:
    rules = Rules({"close_after_days": 7})

    before, after = (
        rules.stand(None, PUBLISHED, PUBLISHED + 7 * DAY - timedelta(microseconds=1)),
        rules.stand(None, PUBLISHED, PUBLISHED + 7 * DAY),
    )

    assert (before.state, before.turns_at, before.closes_at) == ("open", PUBLISHED + 7 * DAY, PUBLISHED + 7 * DAY)
    assert (after.state, after.reason, after.turns_at) == ("closed", "expired", None)
    assert rules.stand(None, None, PUBLISHED).closes_at is None, "what nobody has seen does not age"


def test_an_end_of_the_articles_own_goes_before_the_days() -> None:
    rules = Rules({"close_after_days": 7})

    assert rules.stand(PUBLISHED + 9 * DAY, PUBLISHED, PUBLISHED + 8 * DAY).state == "open"
    assert rules.under({"close_after_days": 0}).stand(None, PUBLISHED, PUBLISHED + 800 * DAY).state == "open"


def test_what_closes_in_the_night_does_not_open_in_the_morning() -> None:
    quiet = [{"time_zone": "UTC", "begins": "22:00", "ends": "06:00", "days": []}]
    rules = Rules({"quiet_hours": quiet})
    night, end = datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 3, 2, 3, tzinfo=UTC)

    stand = rules.stand(end, PUBLISHED, night)

    assert (stand.state, stand.reason, stand.opens_at, stand.turns_at) == ("closed", "quiet", None, end)
    assert rules.stand(None, PUBLISHED, night).opens_at == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert rules.stand(end, PUBLISHED, end).reason == "expired"


def test_where_nothing_is_said_all_is_as_it_always_was() -> None:
    assert NOTHING_SAID.policy(NOTHING_SAID.stand(None, PUBLISHED, PUBLISHED)) == Policy()


@pytest.mark.parametrize(
    ("bounds", "asked"),
    [
        (Bounds(), {"website": "nobody", "token": "nobody"}),
        (Bounds(form_asked=True, proof="guests"), {"website": "nobody", "token": "everyone", "proof": "guests"}),
    ],
)
def test_a_form_is_told_what_checks_want_of_it(bounds: Bounds, asked: dict[str, str]) -> None:
    asking.install(bounds)
    try:
        assert {name: want["asked_of"] for name, want in form.wanted().items()} == asked
    finally:
        asking.install(Bounds())
