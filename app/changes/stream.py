"""The log as Server-Sent Events: the same events under the same numbers, as they happen (HTML, 9.2)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.access.guards import Caller
from app.changes.eyes import Eyes
from app.changes.hub import Entry, Hub
from app.changes.records import View
from app.core import clock
from app.core.asgi.middleware import HEAD_ONLY
from app.core.caching import NO_STORE
from app.events.errors import ChangesGone

log = structlog.get_logger("dateline.changes")
_RETRY_MILLISECONDS = 2_000
_PAUSE_SECONDS = 1.0
_PIECE_BYTES = 65_536
"""About so much goes out at a time: who does not read holds that, and what is written out for all who listen."""


@dataclass(slots=True)
class Telling:
    """What one stream tells: to whom, from where on, seen with whose eyes, with what records."""

    hub: Hub
    caller: Caller
    eyes: Eyes
    seq: int
    view: View | None
    revoked: bool = False

    async def lines(self) -> AsyncIterator[bytes]:
        """Events as they come, and signs of life between them, until the process ends or the key is worth no more.

        A sign of life names how far the log was looked at, so that whoever comes again goes on from there. While the database cannot
        be reached, signs of life are all there is.
        """
        every, now = self.hub.settings.stream_heartbeat_seconds, asyncio.get_running_loop().time
        yield b"retry: %d\n\n" % _RETRY_MILLISECONDS
        due = now() + every
        while self._goes_on():
            try:
                told = await self._next(max(due - now(), 0))
            except ChangesGone:
                return
            except (DBAPIError, PoolTimeout, OSError) as error:
                log.warning("a stream waits for the database", error=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                told = ()
            pieces = self._pieces(told)
            while piece := next(pieces, b""):
                yield piece
                due = now() + every
            if now() >= due:
                yield b": still here\nid: %d\n\n" % self.seq
                due = now() + every

    def _goes_on(self) -> bool:
        key = self.caller.key
        expired = key is not None and key.expires_at is not None and key.expires_at <= clock.now()
        return not (self.hub.news.closed or self.revoked or expired)

    async def _next(self, seconds: float) -> Sequence[Entry]:
        """What comes next; nothing where that is not for these eyes, or does not come within `seconds`."""
        entries = await self.hub.behind(self.seq)
        if not entries:
            await self.hub.news.beyond(self.seq, seconds)
            return ()
        mine = [entry for entry in entries if await self._is_told(entry)]
        told = await self.hub.written(mine, self.view)
        self.seq = told[-1].event.seq if len(told) < len(mine) else entries[-1].event.seq
        return told

    def _pieces(self, told: Iterable[Entry]) -> Iterator[bytes]:
        """These events as they go out, several at a time, and one that is large alone."""
        in_full, piece = self.caller.key is not None, b""
        for entry in told:
            piece += b"id: %d\ndata: %b\n\n" % (entry.event.seq, entry.text(in_full=in_full, view=self.view))
            if len(piece) >= _PIECE_BYTES:
                yield piece
                piece = b""
        if piece:
            yield piece

    async def _is_told(self, entry: Entry) -> bool:
        event, key = entry.event, self.caller.key
        if event.type == "key.revoked" and key is not None and event.object_id == key.id:
            self.revoked = True
        sees = not self.revoked and self.eyes.sees(event)
        if event.object_type == "section" and self.eyes.branch is not None:
            self.eyes = await self.hub.apart(self._renewed())
        return sees

    async def _renewed(self) -> Eyes:
        async with self.hub.database.reading() as session:
            return await self.eyes.renewed(session)


class Lines(StreamingResponse):
    """An answer of many lines of JSON. To whoever asked with HEAD, none; to whoever hangs up, no more, once the present step is done."""

    media_type = "application/x-ndjson"

    def __init__(self, lines: AsyncGenerator[bytes], headers: dict[str, str]) -> None:
        super().__init__(lines, headers=headers)
        self.lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines as they are made; whoever hangs up interrupts no statement."""
        left = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            async with aclosing(self.lines):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                if not scope.get(HEAD_ONLY):
                    async for chunk in self.lines:
                        if left.done():
                            return
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            left.cancel()


class Stream(StreamingResponse):
    """An answer that goes on. It takes up a place of its address until it ends, however it ends."""

    media_type = "text/event-stream"

    def __init__(self, telling: Telling, place: ExitStack) -> None:
        # nginx passes each event on as it comes; no cache keeps it.
        super().__init__(telling.lines(), headers={**NO_STORE, "X-Accel-Buffering": "no"})
        self.place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell until one side has had enough; to whoever asked with HEAD, nothing."""
        with self.place:
            if scope.get(HEAD_ONLY):
                self.body_iterator = _nothing()
            await super().__call__(scope, receive, send)


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def follow(telling: Telling, address: str) -> Stream:
    """The stream for a client at `address`; raises TooManyStreams."""
    place = ExitStack()
    place.enter_context(telling.hub.place(address))
    return Stream(telling, place)
