"""What a policy is, once inheritance is over. Pure: no rows, no requests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["open", "closed", "disabled"]
Moderation = Literal["pre", "post"]
People = Literal["everyone", "members"]
Voting = Literal["none", "up", "up_down"]
MOST_FIRST = 100
"""How many first comments of an author a policy may hold."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for the discussion of one article at one instant; every field has its value, from wherever it came.

    `reason` says why a discussion is not open: `closed` by the newsroom, `expired` at `closes_at`, `quiet` until `opens_at`, or
    `disabled`, where nothing is shown either.
    """

    state: State = "open"
    reason: str | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    moderation: Moderation = "post"
    authors: People = "everyone"
    hold_first: int = 0
    """How many first comments of an author wait for a moderator, though the rest do not."""
    max_links: int = 2
    """With more links than these a comment waits for a moderator."""
    max_length: int = 10_000
    """Characters of its text."""
    max_depth: int = 8
    edit_minutes: int = 15
    """How long its author may edit a comment."""
    votes: Voting = "up_down"
    voters: People = "everyone"
    hold_attacks: bool = True
    """Whether a comment that attacks staff by name waits for a moderator."""
