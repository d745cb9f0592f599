"""Keyset pages: opaque, signed cursors bound to their list, at the same cost at any depth."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Select, literal, tuple_

from app.core.errors import CursorMismatch

_SIGNATURE_BYTES = 12
_STEP = 10

Row = TypeVar("Row")
Statement = Select[*tuple[Any, ...]]
"""A SELECT of whatever columns."""

_READERS: dict[str, Callable[[Any], Any]] = {"i": datetime.fromisoformat, "u": UUID, "s": str, "n": int}


@dataclass(frozen=True, slots=True)
class Pager:
    """Reads and writes the cursors of one list. `purpose` names everything that a cursor is bound to: address, filters, sort."""

    key: bytes
    purpose: str

    def encode(self, position: Sequence[Any]) -> str:
        """The cursor that stands behind the row with these sort values."""
        payload = json.dumps([_pack(value) for value in position], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(payload) + payload).decode().rstrip("=")

    def decode(self, cursor: str) -> list[Any]:
        """The sort values behind `cursor`; raises CursorMismatch where it was not made by us, for this list."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise CursorMismatch from None
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            raise CursorMismatch
        return [_READERS[code](value) for code, value in json.loads(payload)]

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self.key, self.purpose.encode() + b"\0" + payload, hashlib.sha256)[:_SIGNATURE_BYTES]


def _pack(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["i", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", value.hex]
    return ["n" if isinstance(value, int) else "s", value]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and where the next ones begin."""

    rows: list[Row]
    limit: int
    next_cursor: str | None
    total: int | None = None

    @property
    def has_more(self) -> bool:
        """Whether rows follow."""
        return self.next_cursor is not None

    def wire(self, data: list[dict[str, Any]]) -> dict[str, Any]:
        """The list's envelope around `data`, the wire form of the rows."""
        return {"data": data, "page": self.info}

    @property
    def info(self) -> dict[str, Any]:
        """Where the page stands in its list, in wire form."""
        return {"limit": self.limit, "has_more": self.has_more, "next_cursor": self.next_cursor, "total": self.total}

    def raw(self, texts: Sequence[str]) -> bytes:
        """The list's envelope around `texts`, the rows as JSON."""
        return b'{"data":[%b],"page":%b}' % (",".join(texts).encode(), to_json(self.info))


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: its sort columns, the id always last, all running one way, so that one row-value test finds the place."""

    columns: tuple[Any, ...]
    descending: bool

    def after(self, statement: Statement, position: Sequence[Any] | None) -> Statement:
        """`statement` in this order, from behind `position` on."""
        ordered = statement.order_by(*(column.desc() if self.descending else column.asc() for column in self.columns))
        if position is None:
            return ordered
        if len(position) != len(self.columns):
            raise CursorMismatch
        here = tuple_(*self.columns)
        there = tuple_(*(literal(value, column.type) for value, column in zip(position, self.columns, strict=True)))
        return ordered.where(here < there if self.descending else here > there)


def enough_for(limit: int) -> int:
    """How many rows tell a page of `limit` and whether more follow, where the number stands in the statement's text.

    The pages are counted in tens then: each form of a statement that is kept takes some tens of kilobytes.
    """
    return -(-limit // _STEP) * _STEP + 1


def cut(rows: Sequence[Any], limit: int, pager: Pager, position_of: Callable[[Any], Sequence[Any]], total: int | None = None) -> Page[Any]:
    """A page of at most `limit` rows out of the `limit + 1` or more that were asked for."""
    more = len(rows) > limit
    kept = list(rows[:limit])
    return Page(kept, limit, pager.encode(position_of(kept[-1])) if more else None, total)
