"""What holds for a discussion by what is said of the site, of sections and of the article: whoever says it nearest is heard. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from app.core.caching import earliest
from app.core.clock import FOREVER
from app.discussion.kind import Policy, State
from app.discussion.quiet import LOUD, Hush, Quiet, hush

Said = Mapping[str, Any]
BEFORE, BETWEEN = "\x1e", "\x1f"
"""What stands before each policy, and between the path and the settings of one, in one text: no path and no JSON text holds them."""
_AT_AN_INSTANT = {"state", "reason", "closes_at", "opens_at"}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_MOST_BELOW = 1000
FIXED = tuple(one.name for one in fields(Policy) if one.name not in _AT_AN_INSTANT)
"""What does not depend on the moment."""
DEFAULTS: Said = {"state": "open", **{name: getattr(Policy(), name) for name in FIXED}, "close_after_days": 0, "quiet_hours": []}
"""What holds where nobody says anything: also every name that a policy may speak of."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How a discussion stands at a moment, why, and until when that is so; None where it does not turn by itself."""

    state: State
    reason: str | None
    closes_at: datetime | None
    opens_at: datetime | None
    turns_at: datetime | None


class Rules:
    """What was said on the way from the site down, and what follows from it."""

    __slots__ = ("_below", "_heard", "closes_after", "quiet", "said", "state")

    def __init__(self, said: Said) -> None:
        self.said = said
        self.state: State = said.get("state", "open")
        days = said.get("close_after_days")
        self.closes_after = timedelta(days=days) if days else None
        self.quiet = tuple(Quiet.read(one) for one in said.get("quiet_hours", ()))
        self._below: dict[str, Rules] = {}
        self._heard = (_NEVER, _NEVER, LOUD)

    def under(self, own: Said) -> "Rules":
        """What holds where `own` is said below. It is remembered: many articles say the same."""
        if not own:
            return self
        called = repr(own)
        found = self._below.get(called)
        if found is None:
            found = Rules({**self.said, **own})
            if len(self._below) > _MOST_BELOW:
                self._below.clear()
            self._below[called] = found
        return found

    def _hush(self, at: datetime) -> Hush:
        """Whether it is quiet; what was found holds until it turns, and the articles of a list ask at the same moment."""
        if not self.quiet:
            return LOUD
        since, until, found = self._heard
        if not since <= at < until:
            found = hush(self.quiet, at)
            self._heard = (at, found.turns_at or at, found)
        return found

    def stand(self, closes_at: datetime | None, first_published_at: datetime | None, at: datetime) -> Stand:
        """How a discussion stands at `at`; `closes_at` is the end that its article has of its own."""
        closing = closes_at or self._closing(first_published_at)
        if self.state != "open":
            return Stand(self.state, self.state, closing, None, None)
        if closing is not None and closing <= at:
            return Stand("closed", "expired", closing, None, None)
        now = self._hush(at)
        if not now.quiet:
            return Stand("open", None, closing, None, earliest(closing, now.turns_at))
        opens = now.turns_at if now.turns_at is not None and (closing is None or now.turns_at < closing) else None
        return Stand("closed", "quiet", closing, opens, earliest(closing, now.turns_at))

    def _closing(self, first_published_at: datetime | None) -> datetime | None:
        if self.closes_after is None or first_published_at is None or first_published_at > FOREVER - self.closes_after:
            return None
        return first_published_at + self.closes_after

    def policy(self, stand: Stand) -> Policy:
        """All that holds, with how the discussion stands."""
        fixed = {name: self.said[name] for name in FIXED if name in self.said}
        return Policy(state=stand.state, reason=stand.reason, closes_at=stand.closes_at, opens_at=stand.opens_at, **fixed)


NOTHING_SAID = Rules({})


@lru_cache(maxsize=1000)
def read(text: str | None) -> Rules:
    """The rules in a text as `queries.said_above` makes it: policies with the paths of their sections, in any order."""
    found = NOTHING_SAID
    for _, settings in sorted((part.split(BETWEEN) for part in text.split(BEFORE)[1:]), key=lambda part: len(part[0])) if text else ():
        found = found.under(from_json(settings))
    return found
