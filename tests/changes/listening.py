"""Somebody who listens to a stream, over ASGI itself: a client that collects whole answers would wait for ever."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message

from tests.newsroom import Client, Newsroom, Wire

PATIENCE = 20


@dataclass(slots=True)
class Listener:
    """One stream: its status, its events as they come, and the most bytes that came at once."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    blocks: asyncio.Queue[dict[str, str] | None] = field(default_factory=asyncio.Queue)
    text: str = ""
    largest: int = 0

    async def send(self, message: Message) -> None:
        """What the service sends; it waits while the listener does not read."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], {name.decode(): value.decode() for name, value in message["headers"]}
            self.started.set()
            return
        self.largest = max(self.largest, len(message.get("body", b"")))
        await self.may_read.wait()
        *whole, self.text = (self.text + message.get("body", b"").decode()).split("\n\n")
        for block in whole:
            self.blocks.put_nowait(dict(line.split(": ", 1) for line in block.split("\n")))
        if not message.get("more_body", False):
            self.blocks.put_nowait(None)

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def block(self) -> dict[str, str] | None:
        """The next block of lines, whatever it is; None at the end."""
        async with asyncio.timeout(PATIENCE):  # `wait_for` may swallow that somebody wants to stop us.
            return await self.blocks.get()

    async def event(self) -> Wire | None:
        """The next event; None at the end."""
        while True:
            block = await self.block()
            if block is None:
                return None
            if "data" in block:
                event: Wire = json.loads(block["data"])
                assert block["id"] == str(event["seq"])
                return event

    async def events(self, so_many: int) -> list[Any]:
        return [await self.event() for _ in range(so_many)]


@asynccontextmanager
async def listening(
    newsroom: Newsroom, path: str = "/v1/changes/stream", *, who: Client | None = None, address: str = "10.0.0.1", method: str = "GET",
    reads: bool = True, **headers: str,
) -> AsyncIterator[Listener]:  # fmt: skip
    """A stream, as soon as it has begun; the listener hangs up when the block ends."""
    listener = Listener()
    if reads:
        listener.may_read.set()
    if who is not None and who.secret is not None:
        headers["authorization"] = f"Bearer {who.secret}"
    raw, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": raw, "raw_path": raw.encode(), "query_string": query.encode(), "root_path": "", "client": (address, 1), "server": ("x", 80),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()], "state": {},
    }  # fmt: skip
    task = asyncio.create_task(newsroom.app(scope, listener.receive, listener.send))
    begun = asyncio.create_task(listener.started.wait())
    try:
        await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
        yield listener
    finally:
        begun.cancel()
        listener.left.set()
        listener.may_read.set()
        await asyncio.shield(task)
