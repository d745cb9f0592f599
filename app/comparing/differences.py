"""What differs between two documents, as changes that make the one into the other: item by item by id, word by word inside text.

Changes are to be made in their order, each to what the ones before it left. `words` keep the old text and the new one whole.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from app.comparing.paths import ROOT, Json, escape, has_ids, ids_in, locate, same, steps_of, walk
from app.comparing.words import Budget, rewritten, words_of

Change = dict[str, Any]


def differences(before: Json, after: Json) -> list[Change]:
    """The changes that make `before` into `after`.

    `{"op": "edit", "pointer", "words"}` for text, `{"op": "replace", "pointer", "before", "after"}` for any value, `{"op": "add",
    "pointer", "after"}` and `{"op": "remove", "pointer", "before"}`, `{"op": "move", "pointer"}`. In a list of items with ids, what is
    added or moved stands behind the item called `behind`, or at the beginning where that is null.
    """
    return list(_between(before, after, ROOT, Budget()))


def applied(document: Json, changes: Sequence[Change]) -> Json:
    """What `document` becomes by these changes; raises ValueError where they were made from another one."""
    holder = {"": deepcopy(document)}
    for change in changes:
        _apply(holder, change)
    return holder[""]


def _between(before: Json, after: Json, pointer: str, budget: Budget) -> Iterator[Change]:
    if same(before, after):
        return
    if isinstance(before, str) and isinstance(after, str):
        yield {"op": "edit", "pointer": pointer, "words": words_of(before, after, budget)}
    elif isinstance(before, dict) and isinstance(after, dict) and before.get("type") == after.get("type"):
        yield from _between_objects(before, after, pointer, budget)
    elif isinstance(before, list) and isinstance(after, list) and (before or after) and _are_named(before, after):
        yield from _between_named(before, after, pointer, budget)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after) and not has_ids([*before, *after]):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _between(old, new, f"{pointer}/{place}", budget)
    else:
        yield {"op": "replace", "pointer": pointer, "before": before, "after": after}


def _are_named(before: list[Json], after: list[Json]) -> bool:
    return ids_in(before) is not None and ids_in(after) is not None


def _between_objects(before: dict[str, Json], after: dict[str, Json], pointer: str, budget: Budget) -> Iterator[Change]:
    for name, value in before.items():
        if name not in after:
            yield {"op": "remove", "pointer": f"{pointer}/{escape(name)}", "before": value}
    for name, value in after.items():
        place = f"{pointer}/{escape(name)}"
        if name in before:
            yield from _between(before[name], value, place, budget)
        else:
            yield {"op": "add", "pointer": place, "after": value}


def _between_named(before: list[Json], after: list[Json], pointer: str, budget: Budget) -> Iterator[Change]:
    old, new = {item["id"]: item for item in before}, {item["id"]: item for item in after}
    for name, item in old.items():
        if name not in new:
            yield {"op": "remove", "pointer": f"{pointer}/{escape(name)}", "before": item}
    staying = _staying([name for name in old if name in new], list(new))
    behind = None
    for name, item in new.items():
        place = f"{pointer}/{escape(name)}"
        if name not in old:
            yield {"op": "add", "pointer": place, "after": item, "behind": behind}
        elif name not in staying:
            yield {"op": "move", "pointer": place, "behind": behind}
        behind = name
    for name, item in new.items():
        if name in old:
            yield from _between(old[name], item, f"{pointer}/{escape(name)}", budget)


def _staying(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The most items that need not move: the longest run of places that only grows."""
    places = {name: place for place, name in enumerate(new)}
    ends, tails = list[int](), list[str]()
    previous: dict[str, str | None] = {}
    for name in old:
        length = bisect_left(ends, places[name])
        previous[name] = tails[length - 1] if length else None
        ends[length : length + 1], tails[length : length + 1] = [places[name]], [name]
    found, name_or_none = set[str](), tails[-1] if tails else None
    while name_or_none is not None:
        found.add(name_or_none)
        name_or_none = previous[name_or_none]
    return found


def _apply(holder: dict[str, Json], change: Change) -> None:
    *above, last = ["", *steps_of(change["pointer"])]
    container = walk(holder, above) if above else holder
    op = change["op"]
    if op == "add":
        _add(container, last, change)
        return
    container, key = locate(container, last)
    if op == "edit":
        container[key] = rewritten(container[key], change["words"])
        return
    if op != "move" and not same(container[key], change["before"]):
        raise ValueError(f"{change['pointer']} is not what this change was made from.")
    if op == "replace":
        container[key] = deepcopy(change["after"])
        return
    item = container.pop(key)
    if op == "move":
        _place(container, item, change["behind"])


def _add(container: Json, name: str, change: Change) -> None:
    value = deepcopy(change["after"])
    if isinstance(container, list):
        _place(container, value, change["behind"])
    else:
        container[name] = value


def _place(items: list[Json], item: Json, behind: str | None) -> None:
    """Put an item behind the one of this id, or at the beginning."""
    places = {each["id"]: place for place, each in enumerate(items)}
    if behind is not None and behind not in places:
        raise ValueError(f"There is no item {behind}.")
    items.insert(0 if behind is None else places[behind] + 1, item)
