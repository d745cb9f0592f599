"""Many words looked for at once: how a list's terms become one automaton, and what it finds. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ahocorasick_rs import AhoCorasick

from app.core.text import CJK
from app.screening import texts
from app.screening.kind import Leaning

_UNSPACED = re.compile(f"[{CJK}]")
_MOST_LABELS = 127
STRENGTH: Sequence[Leaning] = ("pass", "hold", "spam", "reject")


@dataclass(frozen=True, slots=True)
class Term:
    """One term of one list."""

    text: str
    list_id: UUID
    list_name: str
    leaning: Leaning


def pattern_of(text: str) -> str:
    """What is looked for in a plain text that has a blank at both ends; empty for a term without any letter or digit.

    A term is a word or a phrase, and ends where words do: `ass` is not found in `passage`. With `*` at an end it may go on there.
    Where words are not set apart, as in Chinese, it is found anywhere.
    """
    words = texts.plain(text)
    if not words or _UNSPACED.search(words):
        return words
    return ("" if text.startswith("*") else " ") + words + ("" if text.endswith("*") else " ")


class Finder:
    """An automaton of all terms: what it costs to search a text does not grow with their number."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._by_pattern: dict[str, list[Term]] = {}
        for term in terms:
            if pattern := pattern_of(term.text):
                self._by_pattern.setdefault(pattern, []).append(term)
        self._patterns = list(self._by_pattern)
        self._automaton = AhoCorasick(self._patterns) if self._patterns else None

    def find(self, *written: str) -> list[Term]:
        """The terms that stand in a text, plainly or in disguise."""
        if self._automaton is None:
            return []
        found: dict[Term, None] = {}
        for form in {f" {words} " for text in written for words in (texts.plain(text), texts.unmasked(text))}:
            for number in {number for number, _, _ in self._automaton.find_matches_as_indexes(form, overlapping=True)}:
                found |= dict.fromkeys(self._by_pattern[self._patterns[number]])
        return sorted(found, key=lambda term: (-STRENGTH.index(term.leaning), term.text, term.list_name))


class Domains:
    """Domains, each with everything below it."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms: dict[str, list[Term]] = {}
        for term in terms:
            self._terms.setdefault(texts.domain(term.text).strip("*."), []).append(term)

    def find(self, hosts: Iterable[str]) -> list[Term]:
        """The terms that one of the hosts is, or stands below."""
        if not self._terms:
            return []
        found = {term: None for host in hosts for name in above(host) for term in self._terms.get(name, ())}
        return sorted(found, key=lambda term: (-STRENGTH.index(term.leaning), term.text, term.list_name))


def above(host: str) -> list[str]:
    """A host and the domains that it stands below; of what has more parts than a name may have (RFC 1035), those of the last."""
    labels = texts.domain(host).strip(".").split(".")[-_MOST_LABELS:]
    return [".".join(labels[place:]) for place in range(len(labels))]
