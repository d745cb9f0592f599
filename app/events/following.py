"""Following the log: what each event makes untrue is dropped from this process's answers, whoever wrote it.

The process that writes drops its own at the commit, before it answers. What others write is learnt from the database. SQLite tells with
`PRAGMA data_version` whether any other connection has committed, at once and for a few microseconds, so it is asked before every answer.
PostgreSQL sends a notification with each commit that numbers events.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import psycopg
import structlog
from pydantic_core import from_json
from sqlalchemy.engine import URL

from app.core.database import WATCHFUL, Database
from app.core.observability.telling import told
from app.events.actions import CHANNEL, DIRT
from app.events.news import News

log = structlog.get_logger("dateline.cache")
HEARTBEAT_SECONDS = 2.0
"""How often a silent connection is asked whether it still hears; with the time it has to answer, how long a deaf one goes unnoticed."""
_ANSWER_SECONDS = 3.0
_LOOKS_EVERY_SECONDS = 0.1
"""How often SQLite is asked for news while somebody waits for them."""
_LONGEST_PAUSE = 5.0
_BEHIND_SQLITE = "SELECT seq, tags FROM events WHERE seq > ? ORDER BY seq"
_BEHIND_POSTGRES = "SELECT seq, tags FROM events WHERE seq > %s ORDER BY seq"
_HEAD = "SELECT seq FROM log_head WHERE id = 1"
_HEARS = "SELECT count(*), (SELECT seq FROM log_head WHERE id = 1) FROM pg_listening_channels() AS channel WHERE channel = %s"


class Follower(Protocol):
    """Keeps the answers of this process true, and tells who waits for `news`."""

    news: News

    async def start(self) -> None:
        """Begin at the head of the log, with nothing kept."""

    @property
    def seq(self) -> int:
        """How far the log was read."""

    def sync(self, *, anew: bool = False) -> bool:
        """Drop what became untrue; False where that cannot be known at the moment. `anew` asks again what was asked just now."""

    def told(self) -> int | None:
        """The last event that this process has heard of, its own included; None where it may have missed some."""

    async def stop(self) -> None:
        """Stop following."""


class Kept(Protocol):
    """What a process keeps, and drops where the log says that it became untrue."""

    def drop(self, tags: Iterable[str]) -> Any:
        """Keep nothing any more that bears one of these tags."""

    def clear(self) -> Any:
        """Keep nothing any more."""


def follower_for(database: Database, *kept: Kept, url: URL | None = None) -> Follower:
    """The follower that this kind of database needs; this process's own commits are told to it directly.

    It listens at `url` where the database's own address leads through a pooler, which no notification passes.
    """
    kind = SqliteFollower if database.dialect == "sqlite" else PostgresFollower
    follower = kind(url or database.url, kept)
    database.committed.append(lambda info: follower.reader.apply_own(info.pop(DIRT, {})))
    return follower


class _Reader:
    """How far the log was read, and what of it was applied before: a commit of this process is not dropped for twice."""

    def __init__(self, kept: Sequence[Kept], news: News) -> None:
        self._kept = kept
        self.news = news
        self.seq = self.newest = -1
        self._own: set[int] = set()

    def begin(self, seq: int) -> None:
        """Begin at the head of the log, with nothing kept."""
        self.seq, self._own = seq, set()
        self.newest = max(self.newest, seq)
        self.clear()
        self.news.tell(seq)

    def clear(self) -> None:
        """Nothing that is kept is known to be true."""
        for kept in self._kept:
            kept.clear()

    def _drop(self, tags: Iterable[str]) -> None:
        for kept in self._kept:
            kept.drop(tags)

    def apply_own(self, dirt: Mapping[int, Iterable[str]]) -> None:
        """What this process has just committed."""
        for seq, tags in dirt.items():
            self._drop(tags)
            self.newest = max(self.newest, seq)
            if seq > self.seq:
                self._own.add(seq)
            self.news.tell(seq)

    def apply_told(self, payload: str) -> bool:
        """Whether the log goes no further than what this process has committed itself, by what a commit tells: then it need not be read."""
        told = int(payload) if payload.isdecimal() else -1
        if not self._own.issuperset(range(self.seq + 1, told + 1)) or told < 0:
            return False
        for seq in range(self.seq + 1, told + 1):
            self.apply(seq, ())
        return True

    def apply_all(self, events: Iterable[tuple[int, Iterable[str]]], head: int) -> None:
        """What came next. Where the log goes on behind numbers that nobody gave to events, a newsroom was brought in: all is dropped."""
        for seq, tags in events:
            if seq > self.seq + 1:
                self.begin(seq - 1)
            self.apply(seq, tags)
        if head > self.seq:
            self.begin(head)

    def apply(self, seq: int, tags: Iterable[str]) -> None:
        """The next event of the log."""
        if seq in self._own:
            self._own.discard(seq)
        else:
            self._drop(tags)
        self.seq = seq
        self.newest = max(self.newest, seq)
        self.news.tell(seq)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class SqliteFollower:
    """Asks before each answer. Its connection never writes and keeps no transaction open, or it would see no change."""

    def __init__(self, url: URL, kept: Sequence[Kept]) -> None:
        self._file = url.database or ""
        self.news = News()
        self.reader = _Reader(kept, self.news)
        self._task: asyncio.Task[None] | None = None
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._asked_now = False

    @property
    def seq(self) -> int:
        """How far the log was read."""
        return self.reader.seq

    async def start(self) -> None:
        """Begin at the head of the log, with nothing kept."""
        self._connection = sqlite3.connect(self._file, timeout=1, isolation_level=None, check_same_thread=False)
        self._version = self._ask("PRAGMA data_version")[0][0]
        self.reader.begin(self._ask(_HEAD)[0][0])
        self._task = asyncio.create_task(self._look_out())

    async def _look_out(self) -> None:
        """What others commit is learnt from the file; while somebody waits for it, the file is asked."""
        while True:
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)
            if self.news.waiting:
                self.sync(anew=True)

    def sync(self, *, anew: bool = False) -> bool:
        """Drop what became untrue; False where the file cannot be read.

        Requests that one turn of the event loop has brought are answered after one question: all of them came before it was asked.
        """
        if self._asked_now and not anew:
            return True
        try:
            version = self._ask("PRAGMA data_version")[0][0]
            if version != self._version:
                self._catch_up()
                self._version = version
        except sqlite3.Error:
            return False
        self._asked_now = True
        asyncio.get_running_loop().call_soon(self._ask_again)
        return True

    def _ask_again(self) -> None:
        self._asked_now = False

    def told(self) -> int | None:
        """The last event that this process has heard of, its own included; None where it may have missed some."""
        return self.reader.newest if self.sync() else None

    def _catch_up(self) -> None:
        head = self._ask(_HEAD)[0][0]  # First: an event that is written between the two is no gap then.
        events = self._ask(_BEHIND_SQLITE, self.reader.seq)
        self.reader.apply_all(((seq, from_json(tags)) for seq, tags in events), head)

    def _ask(self, question: str, *values: int) -> list[Any]:
        if self._connection is None:
            raise sqlite3.ProgrammingError("It does not follow yet, or not any more.")
        return self._connection.execute(question, values).fetchall()

    async def stop(self) -> None:
        """Stop following."""
        await _end(self._task)
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresFollower:
    """Listens on a connection of its own. While that is broken nothing is taken from what is held, and nothing is added to it."""

    def __init__(self, url: URL, kept: Sequence[Kept]) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.news = News()
        self.reader = _Reader(kept, self.news)
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self.hears = False

    @property
    def seq(self) -> int:
        """How far the log was read."""
        return self.reader.seq

    async def start(self) -> None:
        """Begin to listen; it goes on by itself, also where the database does not answer yet."""
        self._task = asyncio.create_task(self._follow())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), _ANSWER_SECONDS)

    def sync(self, *, anew: bool = False) -> bool:  # noqa: ARG002 - nothing is asked: it is told
        """Whether everything that was told was heard so far."""
        return self.hears

    def told(self) -> int | None:
        """The last event that this process has heard of, its own included; None where it may have missed some."""
        return self.reader.newest if self.hears else None

    async def stop(self) -> None:
        """Stop following."""
        await _end(self._task)

    async def _follow(self) -> None:
        pause = 0.1
        while True:
            try:
                async with await self._connect() as connection:
                    await self._begin(connection)
                    pause = 0.1
                    while True:
                        await self._hear(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("the log cannot be followed; answers are made anew", error=told(error))
            finally:
                self.hears = False
                self.reader.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._address, autocommit=True, application_name="dateline follows", **WATCHFUL)

    async def _begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Listen first and look at the head then: what is committed between the two is told as well."""
        await connection.execute(f"LISTEN {CHANNEL}")
        self.reader.begin((await self._ask(connection, _HEAD))[0][0])
        self.hears = True
        self._first.set()

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Wait for news, or for the time of a heartbeat, and drop what the log says is untrue."""
        told = [news.payload async for news in connection.notifies(timeout=HEARTBEAT_SECONDS, stop_after=1)]
        await asyncio.sleep(0)  # The bell may ring before whoever has committed in this process is told that it is done.
        if told and self.reader.apply_told(told[-1]):
            return
        hears, head = (1, 0) if told else (await self._ask(connection, _HEARS, CHANNEL))[0]
        if not hears:
            raise psycopg.OperationalError("A pooler in between took the LISTEN away.")
        self.reader.apply_all(await self._ask(connection, _BEHIND_POSTGRES, self.reader.seq), head)

    async def _ask(self, connection: psycopg.AsyncConnection[Any], question: Any, *values: Any) -> list[Any]:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await (await connection.execute(question, values)).fetchall()
