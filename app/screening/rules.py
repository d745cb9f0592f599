"""Rules that the newsroom makes itself: what must be true of a comment, and what it leans to then. Pure: a rule is data, never code."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from app.core import ids
from app.core.html import to_text
from app.screening.kind import Leaning, Signal
from app.screening.terms import Finder, Term

Field = Literal["links", "length", "capitals", "words", "name", "author", "signal"]
MEASURED = frozenset({"links", "length", "capitals"})
"""Fields that are numbers: how many links, how many characters, how many of a hundred letters are capitals."""
_NOBODY = UUID(int=0)
_FEW_LETTERS = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """A comment, as rules look at it; whether it is about to be posted or was years ago."""

    name: str
    author: str
    body: str
    html: str
    links: int
    signals: Sequence[Signal] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be true: that a number lies within bounds, or that something is one of some.

    Of `signal` the names of checks are `any_of`, and `at_least` is their score.
    """

    field: Field
    at_least: float | None = None
    at_most: float | None = None
    any_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a comment leans to of which every condition is true."""

    id: UUID
    name: str
    version: int
    leaning: Leaning
    conditions: tuple[Condition, ...]

    def applies(self, subject: Subject) -> bool:
        """Whether every condition is true of the comment; a rule without any says nothing."""
        return bool(self.conditions) and all(_is_true(condition, subject) for condition in self.conditions)

    def signal(self) -> Signal:
        """What it says of a comment to which it applies."""
        return Signal(f"rule:{ids.encode('rul', self.id)}", self.version, self.leaning, 1.0, {"rule": self.name})


def read(condition: Mapping[str, Any]) -> Condition:
    """A condition out of its stored form."""
    return Condition(condition["field"], condition.get("at_least"), condition.get("at_most"), tuple(condition.get("any_of") or ()))


def said_by(rules: Sequence[Rule], subject: Subject) -> list[Signal]:
    """The signals of all rules that apply."""
    return [rule.signal() for rule in rules if rule.applies(subject)]


def _is_true(condition: Condition, subject: Subject) -> bool:
    if condition.field in MEASURED:
        return _within(condition, _MEASURES[condition.field](subject))
    if condition.field == "author":
        return subject.author in condition.any_of
    if condition.field == "signal":
        return any(signal.check in condition.any_of and _within(condition, signal.score) for signal in subject.signals)
    text = subject.name if condition.field == "name" else to_text(subject.html)
    return bool(_finder(condition.any_of).find(text))


def _within(condition: Condition, value: float) -> bool:
    low, high = condition.at_least, condition.at_most
    return (low is None or value >= low) and (high is None or value <= high)


def _capitals(subject: Subject) -> float:
    """Of a hundred letters; a text of a few letters shouts at nobody."""
    letters = [letter for letter in to_text(subject.html) if letter.isalpha()]
    return 100 * sum(letter.isupper() for letter in letters) / len(letters) if len(letters) >= _FEW_LETTERS else 0.0


_MEASURES: Mapping[str, Callable[[Subject], float]] = {
    "links": lambda subject: subject.links,
    "length": lambda subject: len(subject.body),
    "capitals": _capitals,
}


@lru_cache(maxsize=500)
def _finder(terms: tuple[str, ...]) -> Finder:
    return Finder(Term(text, _NOBODY, "", "hold") for text in terms)
