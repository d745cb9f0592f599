"""Two people's changes of one document: what goes together, and exactly what does not.

Each is held against the state that both began with. What only one of them changed is taken; what both changed to the same is no conflict;
what both changed differently is one, at the deepest place at which it can be told. Items that are known by an id, an author or themselves
are merged one by one, wherever they stand. Where both put something else in the place of an item with an id, the conflict has the lists of
what they put there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from app.comparing.paths import ROOT, Json, escape, ids_in, same

NOTHING = object()
"""Stands where one side has no value."""
_BY_MEMBER = {"authors": "author", "related": "article"}
_BY_THEMSELVES = {"tags", "other_sections"}
Naming = Callable[[Json], str]


@dataclass(slots=True)
class Merge:
    """What comes of two changes: `merged`, where they overlap nowhere; the overlaps; and what else you changed."""

    merged: Json = None
    conflicts: list[dict[str, Json]] = field(default_factory=list)
    mergeable: list[dict[str, Json]] = field(default_factory=list)


def merge(base: Json, theirs: Json, yours: Json, *, below: str = ROOT) -> Merge:
    """Put your change of `base` upon theirs. Pointers begin with `below`."""
    found = Merge()
    found.merged = _merged(found, below, "", base, theirs, yours)
    return found


def _merged(found: Merge, pointer: str, name: str, base: Json, theirs: Json, yours: Json) -> Json:
    if same(theirs, yours) or same(base, yours):
        return theirs
    if all(isinstance(each, dict) for each in (base, theirs, yours)) and base.get("type") == theirs.get("type") == yours.get("type"):
        return _merged_objects(found, pointer, base, theirs, yours)
    naming = _naming(name, base, theirs, yours)
    if naming is not None:
        return _merged_items(found, pointer, naming, base, theirs, yours)
    told = _told(pointer, base, theirs, yours)
    if same(base, theirs):
        found.mergeable.append(told)
        return yours
    found.conflicts.append(told)
    return theirs


def _told(pointer: str, base: Json, theirs: Json, yours: Json) -> dict[str, Json]:
    """A place and its three values; one that is not there is null."""
    sides = {"base": base, "theirs": theirs, "yours": yours}
    return {"pointer": pointer, **{side: None if value is NOTHING else value for side, value in sides.items()}}


def _merged_objects(found: Merge, pointer: str, base: Json, theirs: Json, yours: Json) -> Json:
    merged = {}
    for name in [*theirs, *(name for name in yours if name not in theirs)]:
        sides = (each.get(name, NOTHING) for each in (base, theirs, yours))
        value = _merged(found, f"{pointer}/{escape(name)}", name, *sides)
        if value is not NOTHING:
            merged[name] = value
    return merged


def _naming(name: str, *sides: Json) -> Naming | None:
    """How the items of a list are known, where they are; each by another name."""
    if not all(isinstance(side, list) for side in sides):
        return None
    if all(ids_in(side) is not None for side in sides):
        return lambda item: str(item["id"])
    if name in _BY_THEMSELVES and all(_are_texts(side) for side in sides):
        return str
    member = _BY_MEMBER.get(name)
    if member is not None and all(_are_texts([item.get(member) if isinstance(item, dict) else None for item in side]) for side in sides):
        return lambda item: str(item[member])
    return None


def _are_texts(items: list[Json]) -> bool:
    """Whether these are texts, each another."""
    return all(isinstance(item, str) for item in items) and len(set(items)) == len(items)


def _merged_items(found: Merge, pointer: str, naming: Naming, *sides: list[Json]) -> list[Json]:
    base, theirs, yours = ({naming(item): item for item in side} for side in sides)
    merged: dict[str, Json] = {}
    for name in dict.fromkeys([*theirs, *yours, *base]):
        values = (each.get(name, NOTHING) for each in (base, theirs, yours))
        value = _merged(found, f"{pointer}/{escape(name)}", "", *values)
        if value is not NOTHING:
            merged[name] = value
    if ids_in(sides[0]) is not None:
        _note_rivals(found, pointer, base, theirs, yours)
    order = _ordered(found, pointer, [list(base), list(theirs), list(yours)], merged)
    return [merged[name] for name in order]


def _note_rivals(found: Merge, pointer: str, base: dict[str, Json], theirs: dict[str, Json], yours: dict[str, Json]) -> None:
    """Where both put something else into the place of an item, these are rivals: side by side they would say the same thing twice."""
    gaps: dict[str | None, str] = {}
    survivor: str | None = None
    for name in base:
        if name in theirs and name in yours:
            survivor = name
        elif name not in theirs and name not in yours:
            gaps.setdefault(survivor, name)
    for behind, name in gaps.items():
        put = [_new_behind(behind, side, base) for side in (theirs, yours)]
        if all(put) and not same(*put):
            found.conflicts.append(_told(f"{pointer}/{escape(name)}", base[name], *put))


def _new_behind(behind: str | None, side: dict[str, Json], base: dict[str, Json]) -> list[Json]:
    """What one side has put behind an item that is still there, or at the beginning."""
    names = list(side)
    start = 0 if behind is None else names.index(behind) + 1
    return [side[name] for name in takewhile(lambda name: name not in base, names[start:])]


def _ordered(found: Merge, pointer: str, sides: Sequence[list[str]], kept: dict[str, Json]) -> list[str]:
    """The order of what is kept: that of who moved something, and what only the other added behind what it stood behind there."""
    common = set.intersection(*map(set, sides)) & kept.keys()
    base, theirs, yours = ([name for name in side if name in common] for side in sides)
    if yours not in (base, theirs):
        told = _told(pointer, base, theirs, yours)
        (found.mergeable if theirs == base else found.conflicts).append(told)
    leading, other = (sides[2], sides[1]) if theirs == base else (sides[1], sides[2])
    order = [name for name in leading if name in kept]
    placed = set(order)
    for place, name in enumerate(other):
        if name in kept and name not in placed:
            behind = next((before for before in reversed(other[:place]) if before in placed), None)
            order.insert(0 if behind is None else order.index(behind) + 1, name)
            placed.add(name)
    return order
