"""Endpoints on this machine that receive for real, and workers that deliver for real."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.core.settings import Settings
from app.worker import Worker
from tests.conftest import settings_for
from tests.newsroom import Newsroom, Wire, made

SECONDS = 60
"""After how long a test gives up to wait; nothing is said of how long anything takes."""


@dataclass(slots=True)
class Message:
    """What an endpoint was sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Wire:
        wire: Wire = json.loads(self.body)
        return wire

    @property
    def data(self) -> Wire:
        data: Wire = self.event["data"]
        return data


@dataclass(slots=True)
class Endpoint:
    """A receiver: it keeps what it was sent, and answers as `answer` says."""

    url: str = ""
    answer: bytes = b"HTTP/1.1 204 Taken\r\n\r\n"
    hold: Callable[[Message], Coroutine[Any, Any, Any]] | None = None
    got: list[Message] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        message = Message(headers, body)
        self.got.append(message)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if self.hold is not None:
                hung_up = asyncio.ensure_future(reader.read())
                await asyncio.wait({asyncio.ensure_future(self.hold(message)), hung_up}, return_when=asyncio.FIRST_COMPLETED)
                hung_up.cancel()
            writer.write(self.answer)
            await writer.drain()
        finally:
            self.under_way -= 1

    @property
    def seqs(self) -> list[int]:
        """The places in the log of what it was sent."""
        return [message.data["seq"] for message in self.got]

    async def wait_for(self, count: int) -> None:
        """Until it was sent so many messages."""
        await until(lambda: len(self.got) >= count)


async def until(true: Callable[[], Any]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = true()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def receiving(**options: Any) -> AsyncIterator[Endpoint]:
    """An endpoint, listening."""
    endpoint = Endpoint(**options)

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await endpoint.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"
    try:
        yield endpoint
    finally:
        server.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with receiving() as found:
        yield found


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Webhooks may lead to this machine here."""
    return settings_for(database_url).model_copy(update={"allowed_private_hosts": ["127.0.0.1"], "webhook_seconds": 2.0})


@asynccontextmanager
async def working(newsroom: Newsroom, settings: Settings) -> AsyncIterator[Worker]:
    """A worker beside the service; it has stopped when the block ends."""
    worker = Worker(newsroom.database, settings)
    worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def subscribe(newsroom: Newsroom, endpoint: Endpoint, **fields: Any) -> Wire:
    """A webhook of somebody whose key may do everything, leading to `endpoint`."""
    return made(await newsroom.desk.post("/v1/webhooks", {"name": "front end", "url": endpoint.url, **fields}))


async def deliveries(newsroom: Newsroom, hook: Wire, status: str = "") -> list[Wire]:
    """The deliveries of a webhook, the oldest first."""
    query = f"?status={status}" if status else ""
    return (await newsroom.desk.all_pages(f"/v1/webhooks/{hook['id']}/deliveries{query}"))[::-1]
