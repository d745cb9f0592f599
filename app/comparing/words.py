"""What differs between two texts, word by word, at a bounded cost."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_TOKEN = re.compile(r"<[^<>]*>|&\w{1,32};|\w+|\s+|.", re.DOTALL)
KEEP, REMOVE, ADD = "keep", "remove", "add"
STEPS = 300_000
"""How much comparing all the texts of one document may take: a fraction of a second."""
_SHORT = 2
_Edit = tuple[str, str]


@dataclass(slots=True)
class Budget:
    """What is left of the steps that a comparison may take; where none are, what differs is replaced whole."""

    left: int = STEPS


def words_of(before: str, after: str, budget: Budget) -> list[dict[str, str]]:
    """How `after` comes from `before`: runs of text that are kept, removed and added, in order."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle = _script(old[start : len(old) - end], new[start : len(new) - end], budget)
    edits = [*((KEEP, token) for token in old[:start]), *middle, *((KEEP, token) for token in old[len(old) - end :])]
    return [{"op": op, "text": text} for op, text in _runs(edits)]


def rewritten(before: str, words: Sequence[Any]) -> str:
    """What `before` becomes by these words; raises ValueError where they were made from another text."""
    if "".join(word["text"] for word in words if word["op"] != ADD) != before:
        raise ValueError("The text is not what these words were made from.")
    return "".join(word["text"] for word in words if word["op"] != REMOVE)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tokens both begin with."""
    return next((place for place, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs), min(len(one), len(other)))


def _runs(edits: Sequence[_Edit]) -> Iterator[_Edit]:
    """Edits of one kind as one; between two that are kept, first what is removed and then what is added."""
    for changes, group in groupby(edits, key=lambda edit: edit[0] != KEEP):
        run = list(group)
        for op in (REMOVE, ADD) if changes else (KEEP,):
            text = "".join(token for kind, token in run if kind == op)
            if text:
                yield op, text


def _script(old: Sequence[str], new: Sequence[str], budget: Budget) -> list[_Edit]:
    """The shortest script by Myers' greedy algorithm, or all of the one removed and all of the other added."""
    replaced = [*((REMOVE, token) for token in old), *((ADD, token) for token in new)]
    if not old or not new:
        return replaced
    trail = _search(old, new, budget)
    return replaced if trail is None else list(_walk_back(old, new, trail))[::-1]


def _search(old: Sequence[str], new: Sequence[str], budget: Budget) -> list[dict[int, int]] | None:
    """How far each diagonal came after each number of edits; None where the budget does not reach to the end."""
    furthest: dict[int, int] = {1: 0}
    trail = []
    for edits in range(len(old) + len(new) + 1):
        trail.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            began, y = x, x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(old) and y >= len(new):
                return trail
            budget.left -= x - began + _SHORT
        budget.left -= len(furthest)
        if budget.left <= 0:
            return None
    return None


def _walk_back(old: Sequence[str], new: Sequence[str], trail: Sequence[dict[int, int]]) -> Iterator[_Edit]:
    """The edits from the end to the beginning."""
    x, y = len(old), len(new)
    for edits in range(len(trail) - 1, -1, -1):
        furthest, diagonal = trail[edits], x - y
        down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        came_x = furthest[before]
        came_y = came_x - before
        while x > came_x and y > came_y:
            x, y = x - 1, y - 1
            yield KEEP, old[x]
        if edits:
            yield (ADD, new[came_y]) if down else (REMOVE, old[came_x])
            x, y = came_x, came_y
