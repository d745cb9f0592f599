"""The one reader of the log for all streams of a process: each event is read once, and written out once, for however many listen."""

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic_core import to_json

from app.articles.shown.reading import Reading
from app.changes import queries
from app.changes.errors import TooManyStreams
from app.changes.records import View, records_of
from app.core.database import Database
from app.core.settings import Settings
from app.events.news import News
from app.events.schemas import change
from app.events.types import FORGETTING

T = TypeVar("T")
_KEPT = 1_000
"""How many of the newest events are kept; whoever is further behind reads by itself."""
_BATCH = 200
_WITH_RECORDS = 50
_EXPORTS = 2
"""How many exports a process makes at a time: each holds a connection for as long as its client reads."""


@dataclass(slots=True, eq=False)
class Entry:
    """One event, and what of it was written out already."""

    event: Any
    texts: dict[bool, bytes] = field(default_factory=dict)
    records: dict[View, bytes] = field(default_factory=dict)

    def without_records(self) -> "Entry":
        """The same, once something has happened since: what its object is now must be read anew for whoever asks from now on."""
        return Entry(self.event, self.texts) if self.records else self

    def text(self, *, in_full: bool, view: View | None) -> bytes:
        """The event as JSON, with the record that `view` shows."""
        bare = self.texts.get(in_full)
        if bare is None:
            bare = self.texts[in_full] = to_json(change(self.event, in_full=in_full)).removesuffix(b"null}")
        return bare + (b"null" if view is None else self.records[view]) + b"}"


class Hub:
    """The newest events of the log, and who listens."""

    def __init__(self, database: Database, reading: Reading, news: News, settings: Settings) -> None:
        self.database = database
        self.reading = reading
        self.news = news
        self.settings = settings
        self.exports = asyncio.Semaphore(_EXPORTS)
        self._open: Counter[str] = Counter()
        self._kept: deque[Entry] = deque(maxlen=_KEPT)
        self._from = self._to = -1
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reads, self._writes = asyncio.Lock(), asyncio.Lock()

    @property
    def listening(self) -> int:
        """How many streams and waiting requests there are."""
        return self._open.total()

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """A place for one more who listens; raises TooManyStreams where their address has all that it may have."""
        if self._open[address] >= self.settings.streams_per_address:
            raise TooManyStreams(headers={"Retry-After": "5"})
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    async def behind(self, seq: int) -> Sequence[Entry]:
        """The next events behind `seq`, whoever may know of them; none where there is no more. Raises ChangesGone."""
        if seq >= self.news.seq:
            return []
        await self.apart(self._catch_up())
        if seq < self._from:
            return await self.apart(self._read(seq))
        found: list[Entry] = []
        for entry in reversed(self._kept):
            if entry.event.seq <= seq:
                break
            found.append(entry)
        return found[: -_BATCH - 1 : -1]

    async def apart(self, work: Coroutine[Any, Any, T]) -> T:
        """Ask the database in a task of its own: a listener who hangs up interrupts no statement, and spoils nothing for others."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return await asyncio.shield(task)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Whoever waited for it has seen it; where nobody waits any more, nobody needs to.

    async def stop(self) -> None:
        """Wait for what still asks the database."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _read(self, seq: int) -> Sequence[Entry]:
        async with self.database.reading() as session:
            await queries.head(session, seq)
            return [Entry(row) for row in await queries.read_all(session, since=seq, limit=_BATCH)]

    async def _catch_up(self) -> None:
        """Read what is new, once for all; where much happened while nobody listened, only the newest."""
        async with self._reads:
            if self.news.seq - self._to > _KEPT:
                self._kept.clear()
                self._from = self._to = self.news.seq - _BATCH
            while self._to < (newest := self.news.seq):
                async with self.database.reading() as session:
                    rows = await queries.read_all(session, since=self._to, limit=_BATCH)
                if not rows:  # These numbers are of no events: a newsroom was brought in.
                    self._kept.clear()
                    self._from = self._to = newest
                    return
                if any(row.type in FORGETTING for row in rows):
                    self._kept.clear()
                self._kept = deque(map(Entry.without_records, self._kept), maxlen=self._kept.maxlen)
                self._kept.extend(Entry(row) for row in rows)
                self._to = rows[-1].seq
                self._from = self._kept[0].event.seq - 1

    async def written(self, entries: Sequence[Entry], view: View | None) -> Sequence[Entry]:
        """So many of `entries` as are written out at a time, with the records that `view` shows."""
        if view is None:
            return entries
        some = entries[:_WITH_RECORDS]
        await self.apart(self._write(some, view))
        return some

    async def _write(self, some: Sequence[Entry], view: View) -> None:
        async with self._writes:
            entries = [entry for entry in some if view not in entry.records]
            if entries:
                await self._add_records(entries, view)

    async def _add_records(self, entries: Sequence[Entry], view: View) -> None:
        names = [(entry.event.object_type, entry.event.object_id) for entry in entries]
        async with self.database.reading() as session:
            found = await records_of(session, self.reading, names, view, key=self.settings.signing_key)
        texts = {name: to_json(record) for name, record in found.items()}
        for entry, name in zip(entries, names, strict=True):
            entry.records[view] = texts.get(name, b"null")
