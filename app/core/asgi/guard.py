"""The door before the framework: what is too large, too deep or not text at all never comes in."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from app.core.errors import (
    MAX_FAULTS,
    BodyTooLarge,
    Fault,
    InvalidParameter,
    MalformedBody,
    UnsupportedMediaType,
    ValidationFailed,
    pointer_step,
)

MAX_DEPTH = 64
_INT64 = 2**63
_LONGEST_POINTER = 2_000
_NOT_IN_ADDRESS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"
ADDRESS_TEXT = f"^[^{_NOT_IN_ADDRESS}]*$"
"""What any part of an address may hold, as an ECMA-262 pattern."""
_BAD_ADDRESS = re.compile(f"[{_NOT_IN_ADDRESS}\ud800-\udfff]")
_REPLACED = "\ufffd"  # What servers make of a path that is not UTF-8; in a query it may be meant.
_BAD_TEXT = re.compile("[\ud800-\udfff\x00]")
_TOO_DEEP = f"It nests more than {MAX_DEPTH} levels deep."
_JSON_TYPE = re.compile(r"^application/([\w.+-]+\+)?json\s*(;.*)?$", re.IGNORECASE)


def check_target(path: str, query: bytes) -> None:
    """Refuse an address that is not UTF-8, or that holds control characters."""
    try:
        text = path + unquote_to_bytes(query.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise InvalidParameter("The address is not UTF-8 under its percent-encoding.") from None
    if _BAD_ADDRESS.search(text) or _REPLACED in path:
        raise InvalidParameter("The address holds a character that no address may hold.")


def check_declared_size(length: str | None, limit: int) -> None:
    """Refuse a body that says it is too large, before reading it."""
    if length is not None and length.isascii() and length.isdigit() and int(length[:20]) > limit:
        refuse_size(limit)


def refuse_size(limit: int) -> NoReturn:
    """Say how much would be accepted."""
    raise BodyTooLarge(f"At most {limit} bytes are accepted.", limit=limit)


def check_body(body: bytes, content_type: str | None) -> None:
    """Refuse a body that is not one clean JSON document.

    The framework reads the same bytes again, and must find nothing new in them.
    """
    if not body:
        return
    if content_type is None or not _JSON_TYPE.match(content_type):
        raise UnsupportedMediaType(f"It was sent as {content_type or 'nothing'}.", headers={"Accept-Patch": "application/merge-patch+json"})
    faults = list(islice(_faults(_parse(body)), MAX_FAULTS))
    if faults:
        raise ValidationFailed(errors=faults)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise MalformedBody(f"It is not UTF-8: byte {error.start} fits no character.") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedBody(_TOO_DEEP) from None
    except ValueError:
        raise MalformedBody("A number in it has more digits than any number here may have.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise MalformedBody(f"The key {json.dumps(twice)} stands twice in one object.")
    return found


_Place = tuple[Any, ...]
"""Where a value stands: the place of what holds it, and the step from there; nothing for the whole document."""


def _faults(document: Any) -> Iterator[Fault]:
    """Walk the document without recursion, and name every value that no database or later reader could take.

    Places are written out for faults alone: a long key around a long list would be written as often as that has items.
    """
    waiting: list[tuple[_Place, Any, int]] = [((), document, 1)]
    while waiting:
        place, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise MalformedBody(_TOO_DEEP)
        if isinstance(value, dict):
            for key in value:
                if _BAD_TEXT.search(key):
                    yield Fault("character", "A key holds a NUL or half a surrogate pair.", _pointer(place))
            waiting.extend(((place, key), child, depth + 1) for key, child in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(((place, index), child, depth + 1) for index, child in reversed(list(enumerate(value))))
        elif (fault := _scalar_fault(value)) is not None:
            yield Fault(*fault, _pointer(place))


def _pointer(place: _Place) -> str:
    """The place as a JSON pointer; where that would be too long, the last one before it that is not."""
    steps: list[str] = []
    while place:
        place, step = place
        steps.append(str(step))
    pointer = "#"
    for step in reversed(steps):
        if len(pointer) + len(step) > _LONGEST_POINTER:
            break
        pointer += f"/{pointer_step(step)}"
    return pointer


def _scalar_fault(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str) and _BAD_TEXT.search(value):
        return "character", "Text may not hold a NUL or half a surrogate pair."
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return "number", "A whole number here has at most 64 bits."
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "number", "The number is too large."
    return None
