"""Counters that are kept, held against what they count: each thread is recounted from its comments and votes, and mended where it differs.

The counters are moved in the transaction of each change, so there should be nothing to find. That is what this proves.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from app.articles.models import CommentThread
from app.comments import queries
from app.comments.announcing import announce_recount
from app.comments.models import STEP, Comment
from app.comments.ranking import wilson
from app.comments.schemas import comment_id
from app.comments.votes import DOWN, UP, CommentVote, tally
from app.core import clock, ids
from app.core.database import Database, ReadSession, WriteSession

_BATCH = 1_000
_BASE = 36
_HELD = frozenset({"pending", "rejected", "spam"})
_COUNTED = ("open", "visible", "reply_count", "descendant_count", "next_child", "up_votes", "down_votes", "score")
_COLUMNS = [getattr(Comment, name) for name in ("id", "path", "status", "carried_up", "carried_down", *_COUNTED)]


@dataclass(frozen=True, slots=True)
class Difference:
    """A counter that is not what it counts; `comment` is None where it is the thread's own."""

    article: UUID
    comment: UUID | None
    name: str
    kept: int | bool
    counted: int | bool

    def __str__(self) -> str:
        whose = ids.encode("art", self.article) if self.comment is None else comment_id(self.comment)
        return f"{whose}: {self.name} is {self.kept}, and should be {self.counted}"


@dataclass(slots=True)
class _Below:
    """What was met below a place so far."""

    places: int = 0
    words: int = 0
    next_child: int = 0

    def add(self, path: str, *, places: int, words: int) -> None:
        self.places, self.words = self.places + places, self.words + words
        self.next_child = max(self.next_child, int(path[-STEP:], _BASE) + 1)


class Counted(NamedTuple):
    """What a thread's counters should be: the thread's own, and those of each comment by its id."""

    thread: dict[str, int]
    comments: dict[UUID, dict[str, int | bool]]


def recount(rows: Sequence[Any], votes: dict[UUID, tuple[int, int]]) -> Counted:
    """Count a thread whose `rows` come in the order of their paths; `votes` tells up and down by comment. Pure.

    A place that was once given is never given again, so `next_child` may be more than what stands there needs.
    """
    below, found = {"": _Below()}, dict[UUID, dict[str, int | bool]]()
    for row in reversed(rows):
        mine, opens = below.pop(row.path, _Below()), _opens(row)
        words = mine.words + (row.status == "approved") if opens else 0
        below.setdefault(row.path[:-STEP], _Below()).add(row.path, places=min(words, 1), words=words)
        up, down = (cast + carried for cast, carried in zip(votes.get(row.id, (0, 0)), (row.carried_up, row.carried_down), strict=True))
        found[row.id] = {
            "open": opens, "visible": words > 0, "reply_count": mine.places, "descendant_count": mine.words,
            "next_child": max(row.next_child, mine.next_child), "up_votes": up, "down_votes": down, "score": wilson(up, down),
        }  # fmt: skip
    reached = {"": True}
    for row in rows:
        counted, passes = found[row.id], reached[row.path[:-STEP]]
        counted["visible"] = passes and bool(counted["visible"])
        reached[row.path] = passes and bool(counted["open"])
    top = below[""]
    return Counted({"root_count": top.places, "visible_count": top.words, "next_root": top.next_child}, found)


def _opens(row: Any) -> bool:
    """Whether the comment lets readers pass. One that is gone keeps what it was: as that its row says how it stood before."""
    if row.status in _HELD:
        return False
    return True if row.status == "approved" else bool(row.open)


async def check(database: Database, *, mend: bool, article: UUID | None = None) -> AsyncGenerator[tuple[UUID, list[Difference]]]:
    """Recount every thread, or that of one article: each with its differences. With `mend` they are put right and told to the log.

    Each thread is looked at as it is at one moment; to be mended, behind its lock.
    """
    async for thread in _threads(database, article):
        if mend:
            async with database.writing() as session:
                yield thread, await _mend(session, thread)
        else:
            async with database.snapshot() as session:
                yield thread, (await _differences(session, thread))[0]


async def _threads(database: Database, article: UUID | None) -> AsyncIterator[UUID]:
    """Those that have comments, or say so; found in batches, so that no transaction is open while they are counted."""
    last = UUID(int=0)
    while True:
        wanted = select(CommentThread.article_id).where(CommentThread.article_id > last).order_by(CommentThread.article_id).limit(_BATCH)
        if article is not None:
            wanted = wanted.where(CommentThread.article_id == article)
        async with database.reading(patiently=True) as session:
            found = (await session.scalars(wanted)).all()
        for one in found:
            yield one
        if len(found) < _BATCH:
            return
        last = found[-1]


async def _differences(session: ReadSession, article: UUID) -> tuple[list[Difference], Sequence[Any]]:
    thread = (await session.execute(select(CommentThread).where(CommentThread.article_id == article))).scalar_one()
    rows = (await session.execute(select(*_COLUMNS).where(Comment.article_id == article).order_by(Comment.path))).all()
    votes = select(CommentVote.comment_id, tally(UP), tally(DOWN)).where(CommentVote.article_id == article)
    cast = {comment: (up, down) for comment, up, down in await session.execute(votes.group_by(CommentVote.comment_id))}
    counted = recount(rows, cast)
    kept = {name: getattr(thread, name) for name in counted.thread}
    counted.thread["next_root"] = max(counted.thread["next_root"], thread.next_root)
    found = [Difference(article, None, name, kept[name], value) for name, value in counted.thread.items() if kept[name] != value]
    for row in rows:
        own = counted.comments[row.id]
        found += [Difference(article, row.id, name, getattr(row, name), own[name]) for name in _COUNTED if getattr(row, name) != own[name]]
    return found, rows


async def _mend(session: WriteSession, article: UUID) -> list[Difference]:
    thread = await queries.lock_thread(session, article)
    found, _ = await _differences(session, article)
    mended: dict[UUID, dict[str, int | bool]] = {}
    for one in found:
        if one.comment is None:
            setattr(thread, one.name, one.counted)
        else:
            mended.setdefault(one.comment, {})[one.name] = one.counted
    for comment, values in mended.items():
        await session.execute(
            update(Comment).where(Comment.id == comment).values(**values), execution_options={"synchronize_session": False}
        )
    if found:
        await announce_recount(session, thread, mended, clock.now())
    return found
