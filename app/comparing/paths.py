"""How a place in a document is named, and when two values are the same.

A pointer is a JSON pointer (RFC 6901), but in a list whose every item is an object with an `id` of its own the item's id stands instead of
its place: a block keeps its name when others come and go.
"""

from collections.abc import Sequence
from typing import Any

Json = Any
ROOT = "#"


def escape(step: str) -> str:
    """A step of a pointer."""
    return step.replace("~", "~0").replace("/", "~1")


def steps_of(pointer: str) -> list[str]:
    """The steps of a pointer."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def same(one: Json, other: Json) -> bool:
    """Whether two documents are the same JSON: unlike for Python, true is not 1 there, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def ids_in(items: Json) -> list[str] | None:
    """The ids of a list's items, where each item is an object with an id of its own."""
    if not isinstance(items, list) or not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        return None
    names = [item["id"] for item in items]
    return names if len(set(names)) == len(names) else None


def has_ids(items: Sequence[Json]) -> bool:
    """Whether any item could be taken for one that its id names."""
    return any(isinstance(item, dict) and "id" in item for item in items)


def walk(document: Json, steps: Sequence[str]) -> Json:
    """The value that the steps lead to; raises ValueError where they lead nowhere."""
    for step in steps:
        container, key = locate(document, step)
        document = container[key]
    return document


def locate(document: Json, step: str) -> tuple[Json, Any]:
    """The container and the key or place in it that a step names; raises ValueError where it names none."""
    if isinstance(document, dict) and step in document:
        return document, step
    names = ids_in(document) if isinstance(document, list) and document else None
    if names is not None and step in names:
        return document, names.index(step)
    if names is None and isinstance(document, list) and step.isascii() and step.isdigit() and int(step) < len(document):
        return document, int(step)
    raise ValueError(f"Nothing is called {step} here.")
