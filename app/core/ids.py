"""Identifiers: UUIDv7 in the database, TypeIDs on the wire (https://github.com/jetify-com/typeid)."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

import uuid_utils
from typeid import TypeID
from uuid_utils.compat import uuid7

ID_LENGTH = 26
"""How many base-32 characters follow the prefix and its underscore."""

EXAMPLE = UUID("01a20451-99f1-7664-abff-67f03612063d")
"""The id that stands in the documentation's examples."""

SUFFIX_PATTERN = "[0-7][0-9a-hjkmnp-tv-z]{25}"
_SUFFIX = re.compile(SUFFIX_PATTERN)
_DIGITS = str.maketrans("abcdefghjkmnpqrstvwxyz", "abcdefghijklmnopqrstuv")
"""Crockford's digits, which leave out i, l, o and u, in the letters that Python counts by."""


def new() -> UUID:
    """A fresh id; ids made later sort later, to the millisecond."""
    return uuid7()


def moment_of(value: UUID) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


@lru_cache(maxsize=4096)
def encode(prefix: str, value: UUID) -> str:
    """`value` as it stands on the wire, such as `art_01m82536fhesjaqzv7y0v141hx`."""
    return str(TypeID.from_uuid(suffix=uuid_utils.UUID(int=value.int), prefix=prefix))


def decode(prefix: str, text: str) -> UUID | None:
    """The UUID behind `text`, or None where it is not an id of this prefix."""
    found, _, suffix = text.partition("_")
    if found != prefix or _SUFFIX.fullmatch(suffix) is None:
        return None
    return UUID(int=int(suffix.translate(_DIGITS), 32))


def pattern(prefix: str) -> str:
    """The ECMA-262 pattern of an id with this prefix."""
    return f"^{prefix}_{SUFFIX_PATTERN}$"
