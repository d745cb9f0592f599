"""A request's attempts: what is undone by the database may be tried again, and is said to be so here."""

from dataclasses import dataclass

from starlette.types import Scope

TRIES = 3
STATE = "dateline.attempt"
"""Where a request's scope has the attempt that is under way."""


@dataclass(slots=True)
class Attempt:
    """One attempt; `from_replica` where it reads what may be read elsewhere, `undone` where it came to nothing."""

    number: int = TRIES
    from_replica: bool = False
    undone: bool = False

    @property
    def last(self) -> bool:
        """Whether its answer counts whatever it is."""
        return self.number == TRIES


def attempt_of(scope: Scope) -> Attempt:
    """The attempt that is under way."""
    found: Attempt = scope.get(STATE) or Attempt()
    return found
