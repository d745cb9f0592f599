"""How an article's discussion stands: by what the article says itself, and by what is said above it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from app.discussion.rules import NOTHING_SAID, Rules, Stand, read

_OPEN = Stand("open", None, None, None, None)
USUAL = {"state": ("status", "open"), "moderation": ("moderation", "post")}
"""What has a column of its own, with the value that says nothing: who means just that has it in `policy`."""


@dataclass(frozen=True, slots=True)
class Discussion:
    """The row of a discussion, and all that holds for it but for the moment."""

    row: Any
    rules: Rules

    @classmethod
    def of(cls, row: Any, said_above: str | None) -> "Discussion":
        """Of what a statement finds: the row, and what is said above (`queries.said_above`)."""
        return cls(row, read(said_above).under(own_of(row)))

    def stand(self, first_published_at: datetime | None, at: datetime) -> Stand:
        """How it stands at `at`."""
        return self.rules.stand(self.row.closes_at, first_published_at, at)


def own_of(thread: Any) -> dict[str, Any]:
    """What the article itself says of its discussion."""
    told = {name: getattr(thread, column) for name, (column, usual) in USUAL.items() if getattr(thread, column) != usual}
    return {**(thread.policy or {}), **told}


def columns_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The row's columns for what an article says; what is None is not said."""
    rest = {name: value for name, value in said.items() if value is not None}
    columns: dict[str, Any] = {"closes_at": rest.pop("closes_at", None)}
    for name, (column, usual) in USUAL.items():
        columns[column] = rest.get(name, usual)
        if columns[column] != usual:
            del rest[name]
    return {**columns, "policy": rest or None}


def stand(thread: Any, above: Rules, first_published_at: datetime | str | None, at: datetime) -> Stand:
    """The same as `Discussion.stand`, at the least cost, and of a row that does not tell how it is moderated.

    The row's `policy` and `first_published_at` may be as the database gave them: they are read only where something depends on them.
    """
    own: dict[str, Any] = {} if thread.policy is None else _said(thread.policy)
    if thread.status != "open":
        own = {**own, "state": thread.status}
    if above is NOTHING_SAID and not own and thread.closes_at is None:
        return _OPEN
    rules = above.under(own)
    return rules.stand(thread.closes_at, _read(first_published_at) if rules.closes_after else None, at)


def _said(policy: dict[str, Any] | str) -> dict[str, Any]:
    """What is said, in whichever form a database has it."""
    found: dict[str, Any] = from_json(policy) if isinstance(policy, str) else policy
    return found


def _read(moment: datetime | str | None) -> datetime | None:
    """An instant in whichever form a database has it."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC) if isinstance(moment, str) else moment
