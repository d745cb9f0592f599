"""How an object is named in a request: by id, by slug, or by path where it has one."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from fastapi import Path
from sqlalchemy import ColumnElement, and_, or_

from app.core import ids
from app.core.text import SLUG_PATTERN

_SLUG = SLUG_PATTERN.strip("^$")
MAX_SLUG = 120
MAX_PATH = 1000


def ref_pattern(prefix: str, *, path: bool = False) -> str:
    """The ECMA-262 pattern of a reference: an id with this prefix, a slug, or a path."""
    by_id = ids.pattern(prefix).strip("^$")
    slug = rf"/?{_SLUG}(/{_SLUG})*" if path else _SLUG
    return f"^({by_id}|{slug})$"


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference, taken apart: exactly one of the three is set."""

    text: str
    id: UUID | None = None
    slug: str | None = None
    path: str | None = None

    @classmethod
    def of(cls, prefix: str, text: str) -> "Ref":
        """Take `text` apart. An id has an underscore and a slug never has, so no text is both."""
        found = ids.decode(prefix, text)
        if found is not None:
            return cls(text, id=found)
        if "/" in text:
            return cls(text, path="/" + text.strip("/"))
        return cls(text, slug=text)


def path_ref(prefix: str, what: str, *, example: str | None = None) -> Any:
    """The `{ref}` of an address; `example` is a slug of the invented newsroom, so that it can be tried."""
    return Path(
        pattern=ref_pattern(prefix), max_length=MAX_SLUG + 40, description=f"The {what}'s id or slug.",
        examples=[example or ids.encode(prefix, ids.EXAMPLE)],
    )  # fmt: skip


def first_free(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or with the first number behind it that makes a slug which is not taken."""
    return next(slug for number in count(1) if (slug := wanted if number == 1 else f"{wanted}-{number}") not in taken)


def slug_begins(column: Any, slug: Any) -> ColumnElement[bool]:
    """Whether a slug is `slug`, with or without a number behind it: a range of the index, which LIKE is not on SQLite."""
    return or_(column == slug, and_(column > slug + "-", column < slug + "."))
