"""The marks of a submission: made, looked for among those of others, entered, forgotten."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, insert, literal_column, select, union_all

from app.core.database import WriteSession
from app.core.lookups import Asked, Lookup
from app.core.models import table_of
from app.core.rows import entering as rows_entering
from app.discussion.kind import MOST_FIRST
from app.events.models import LogHead
from app.readers.kind import Commenter
from app.screening import texts
from app.screening.bounds import Bounds, Rate
from app.screening.models import ADDRESS, APPROVED, BAND, COPY, NETWORK, PASSING, PERSON, THREAD, CommentMark

_MARKS = table_of(CommentMark)
_COPIED_WITHIN = timedelta(days=1)
_MOST_COPIES = 20
_FEWEST_WORDS, _FEWEST_ALIKE = 5, 12
"""Shorter texts are written by many people, and mean nothing."""
_NONE = -1
_COUNTED = ("account", "address", "network", "thread", "approved")
_KINDS = {"account": PERSON, "address": ADDRESS, "network": NETWORK, "thread": THREAD, "approved": APPROVED}


class Mark(NamedTuple):
    """One mark of a comment, before it is a row."""

    kind: int
    mark: int
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks of one submission."""

    person: int | None = None
    is_member: bool = False
    address: int | None = None
    network: int | None = None
    thread: int | None = None
    copy: int | None = None
    sketch: int | None = None
    bands: Sequence[int] = ()

    def rows(self, *, approved: bool) -> list[Mark]:
        """Those that are kept of a comment."""
        own = [(PERSON, self.person, int(self.is_member)), (ADDRESS, self.address, None), (NETWORK, self.network, None)]
        own += [(THREAD, self.thread, None)]
        own += [(APPROVED, self.person if approved else None, int(self.is_member)), (COPY, self.copy, self.person)]
        kept = [Mark(kind, mark, value) for kind, mark, value in own if mark is not None]
        return kept + [Mark(BAND, band, self.sketch) for band in self.bands]


@dataclass(frozen=True, slots=True)
class Past:
    """What was found of a submission's marks, and `seq`, where names in the log stood then.

    How many were posted by account, address, network and in the thread, and how many of its author's comments were approved; whose copies
    there are; the sketches of what may be alike.
    """

    seq: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    copies: Sequence[int | None] = ()
    alike: Sequence[int] = ()


def marks_of(author: Commenter, words: Sequence[str], key: bytes, *, thread: UUID | None = None) -> Marks:
    """The marks that a comment of these words bears; of its `thread`, where that counts."""
    sketched, bands = texts.sketch(words) if len(words) >= _FEWEST_ALIKE else (None, [])
    return Marks(
        person=_digest(key, "person", author.voter), is_member=author.member_id is not None,
        address=_digest(key, "address", author.address_digest), network=_digest(key, "network", author.network_digest),
        thread=None if thread is None else _digest(key, "thread", str(thread)),
        copy=_digest(key, "copy", " ".join(words)) if len(words) >= _FEWEST_WORDS else None, sketch=sketched,
        bands=[mark for number, band in enumerate(bands) if (mark := _digest(key, f"band {number}", str(band))) is not None],
    )  # fmt: skip


def _digest(key: bytes, kind: str, text: str | None) -> int | None:
    """A mark in 63 bits, as both databases keep them."""
    if text is None:
        return None
    return int.from_bytes(blake2b(f"{kind}:{text}".encode(), key=key[:64], digest_size=8).digest()) >> 1


def looking_back(marks: Marks, bounds: Bounds, at: datetime) -> Asked:
    """The question what is known of the marks at `at`: one statement."""
    asked: dict[str, Any] = {"copied_since": at - _COPIED_WITHIN, "copy": _or_none(marks.copy)}
    for number, band in enumerate([*marks.bands, *[_NONE] * 4][:4]):
        asked[f"band_{number}"] = band
    rates = {
        "account": (marks.person, bounds.account),
        "address": (marks.address, bounds.address),
        "network": (marks.network, bounds.network),
        "thread": (marks.thread, bounds.thread),
    }
    for name, (mark, rate) in rates.items():
        asked |= _counting(name, mark, rate, at)
    asked |= {"approved": _or_none(marks.person), "approved_since": datetime.min.replace(tzinfo=at.tzinfo), "approved_most": MOST_FIRST}
    return _LOOKING_BACK, asked


def seen(rows: Sequence[Any]) -> Past:
    """What the answer says."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.part, []).append(row.value)
    counts = {name: found[name][0] for name in _COUNTED}
    return Past(found["seq"][0], counts, found.get("copy", []), [each for each in found.get("band", []) if each is not None])


def _counting(name: str, mark: int | None, rate: Rate | None, at: datetime) -> dict[str, Any]:
    if rate is None:
        return {name: _NONE, f"{name}_since": at, f"{name}_most": 1}
    return {name: _or_none(mark), f"{name}_since": at - rate.within, f"{name}_most": rate.most}


def _or_none(mark: int | None) -> int:
    return _NONE if mark is None else mark


def _question() -> Lookup:
    """Everything at once. Each part stops where enough was counted, so that a flood costs no more than a trickle."""
    parts = [select(_part("seq"), LogHead.names_seq.label("value")).where(LogHead.id == 1)]
    for name in _COUNTED:
        counted = _borne(_KINDS[name], name, f"{name}_since").limit(bindparam(f"{name}_most", type_=BigInteger())).subquery()
        parts.append(select(_part(name), func.count().label("value")).select_from(counted))
    copies = _borne(COPY, "copy", "copied_since").limit(_MOST_COPIES).subquery()
    parts.append(select(_part("copy"), copies.c.value))
    for number in range(4):
        alike = _borne(BAND, f"band_{number}", "copied_since").limit(_MOST_COPIES).subquery()
        parts.append(select(_part("band"), alike.c.value))
    return Lookup(union_all(*parts))


def _part(name: str) -> Any:
    return literal_column(f"'{name}'").label("part")


def _borne(kind: int, mark: str, since: str) -> Any:
    """The newest comments with a mark."""
    table = _MARKS.c
    borne = (table.kind == kind, table.mark == bindparam(mark, type_=BigInteger()), table.at > bindparam(since, type_=table.at.type))
    return select(table.value).where(*borne).order_by(table.at.desc())


_LOOKING_BACK = _question()


def entering(comment: UUID, at: datetime, rows: Sequence[Mark]) -> list[Asked]:
    """What enters the marks of a comment."""
    return rows_entering(CommentMark, ({**row._asdict(), "at": at, "comment_id": comment} for row in rows))


async def note_approved(session: WriteSession, comment: UUID, *, approved: bool) -> None:
    """That a moderator approved a comment, or approves of it no more: whether its author is new is counted by it."""
    table = _MARKS.c
    await session.execute(delete(_MARKS).where(table.comment_id == comment, table.kind == APPROVED))
    if approved:
        person = select(literal_column(str(APPROVED)), table.mark, table.at, table.comment_id, table.value)
        person = person.where(table.comment_id == comment, table.kind == PERSON)
        await session.execute(insert(_MARKS).from_select(["kind", "mark", "at", "comment_id", "value"], person))


async def forget_of(session: WriteSession, comments: Collection[UUID]) -> None:
    """Let go of every mark of these comments."""
    await session.execute(delete(_MARKS).where(_MARKS.c.comment_id.in_(comments)))


async def forget(session: WriteSession, before: datetime) -> None:
    """Let go of marks that are older, but for those that say that a member's comment was approved."""
    await session.execute(delete(_MARKS).where(_MARKS.c.at < before, PASSING))
