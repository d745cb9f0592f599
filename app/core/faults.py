"""Pydantic's errors in words for whoever sent the request: what was probably meant, and how that which is asked for is written.

Both are taken from where the documentation has them, the JSON Schema of the body and what is said of each parameter.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from app.core.errors import Fault, pointer_step

_NEAR = 0.75
"""How much alike two names must be: `titel` and `title` are, `page` and `stage` are not."""
_MEMBERS = ("anyOf", "oneOf", "allOf")
_AN_OBJECT = "An object is needed here, in braces."
_SAID: Mapping[str, str] = {"model_attributes_type": _AN_OBJECT, "model_type": _AN_OBJECT, "dict_type": _AN_OBJECT}

Place = dict[str, Any]
"""The JSON Schema of what may stand somewhere in a body."""


def unknown(name: str, known: Iterable[str]) -> tuple[str, str | None]:
    """What is said of a name that is not known, and the one that was probably meant."""
    names = sorted(known)
    near = next(iter(get_close_matches(name[:100], names, n=1, cutoff=_NEAR)), None)
    return (f"Did you mean '{near}'?" if near else f"Known here: {', '.join(names) or 'none'}."), near


def parameter_fault(fault: Any, said: Mapping[str, FieldInfo]) -> Fault:
    """A fault of a parameter, of which `said` tells what the documentation does."""
    name = ".".join(str(step) for step in fault["loc"][1:]) or str(fault["loc"][0])
    field = said.get(name)
    places = [] if field is None else [{"description": field.description, "examples": field.examples}]
    return Fault(str(fault["type"]), _written(fault, places), parameter=name)


def body_faults(errors: Iterable[Any], annotation: Any) -> list[Fault]:
    """Faults of a body, which should have been an `annotation`, with JSON pointers into it."""
    return [_body_fault(fault, fault["loc"][1:], annotation) for fault in errors]


def _body_fault(fault: Any, steps: tuple[Any, ...], annotation: Any) -> Fault:
    kind, where = str(fault["type"]), _pointer(steps)
    if kind == "extra_forbidden":
        places = _places(annotation, steps[:-1])
        detail, near = unknown(str(steps[-1]), {name for place in places for name in place.get("properties", ())})
        return Fault(kind, f"There is no such field here. {detail}", where, suggestion=near)
    if kind == "missing" and not steps:
        return Fault(kind, "A body is needed: a JSON object, {} at the least.", where)
    return Fault(kind, _written(fault, _places(annotation, steps)), where)


def _pointer(steps: Iterable[Any]) -> str:
    """Where `steps` lead, as a JSON pointer; a step like `<paragraph>` says which member of a union was tried, and leads nowhere."""
    return "#" + "".join(f"/{pointer_step(str(step))}" for step in steps if _tag(step) is None)


def _tag(step: Any) -> str | None:
    return step[1:-1] if isinstance(step, str) and step.startswith("<") and step.endswith(">") else None


def _written(fault: Any, places: Iterable[Place]) -> str:
    """What is wrong; of a text that does not fit its pattern, what is asked for, where that is known."""
    kind, said = fault["type"], str(fault["msg"])
    if kind != "string_pattern_mismatch":
        return _SAID.get(kind, said)
    told = [(place.get("description"), _example_of(place)) for place in places]
    about, example = next((one for one in told if one[1]), next((one for one in told if one[0]), (None, None)))
    wanted = f"Write it like '{example}'." if example else "It cannot be that."
    return f"{wanted} {about or ''}".strip() if about or example else said


def _example_of(place: Place) -> str | None:
    return next((one for one in place.get("examples") or () if isinstance(one, str)), None)


def _places(annotation: Any, steps: Iterable[Any]) -> list[Place]:
    """What may stand where `steps` lead from the outermost on."""
    whole = _schema(annotation)
    found = list(_members(whole, whole))
    for step in steps:
        tag = _tag(step)
        if tag is None:
            found = [one for place in found for one in _members(_below(place, step), whole)]
        else:
            found = [place for place in found if _type_of(place) == tag] or found
    return found


@cache
def _schema(annotation: Any) -> Place:
    return {} if annotation is None else TypeAdapter(annotation).json_schema()


def _members(place: Place, whole: Place) -> Iterator[Place]:
    """The place, and each of which it may be one."""
    if "$ref" in place:
        place = whole["$defs"][place["$ref"].rpartition("/")[2]]
    yield place
    for member in (one for key in _MEMBERS for one in place.get(key, ())):
        yield from _members(member, whole)


def _below(place: Place, step: Any) -> Place:
    below: Place = place.get("items", {}) if isinstance(step, int) else place.get("properties", {}).get(step, {})
    return below


def _type_of(place: Place) -> Any:
    return place.get("properties", {}).get("type", {}).get("const")
