"""In which order a list shows what it has: pure, so that it can be tried with anything."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def arrange(pinned: Mapping[int, T], flowing: Sequence[T], filling: Iterable[T], length: int) -> list[T]:
    """At most `length` of them: what is `pinned` in its place (from 1), around it what is `flowing`, then what is `filling`.

    Nothing comes twice. Where less is there than places, what is pinned further down moves up: there are no holes.
    """
    rest = iter(dict.fromkeys(one for one in (*flowing, *filling) if one not in set(pinned.values())))
    placed: list[T] = []
    waiting = sorted(pinned)
    for place in range(1, length + 1):
        if waiting and waiting[0] <= place:
            placed.append(pinned[waiting.pop(0)])
            continue
        following = next(rest, None)
        if following is None:
            break
        placed.append(following)
    return [*placed, *(pinned[place] for place in waiting)][:length]
