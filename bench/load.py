"""A small load generator: HTTP/1.1 over kept connections, each with one request under way.

It is a closed loop: a connection asks again only when it was answered, so a server that stalls is asked less, and its pauses weigh less in
the percentiles than readers who keep arriving would feel them ("coordinated omission").
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

HOST = "127.0.0.1"


@dataclass(slots=True)
class Load:
    """What was sent, and how long each answer took."""

    requests: Iterator[bytes]
    status: int
    until: float
    at_most: int
    latencies: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    """Sends, waits for the whole answer, sends again."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.ended = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.length = 0
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("The server closed a kept connection."))

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.length and not self._read_head():
            return
        if len(self.received) >= self.length:
            self.load.latencies.append(time.perf_counter() - self.sent_at)
            self._ask()

    def _read_head(self) -> bool:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.received[:end]).lower()
        _, found, rest = head.partition(b"content-length:")
        assert found, head
        self.length = end + 4 + int(rest.partition(b"\r\n")[0])
        if int(head[9:12]) != self.load.status:
            self.load.wrong.append(head)
        return True

    def _ask(self) -> None:
        self.received.clear()
        self.length = 0
        now = time.perf_counter()
        request = None
        if now < self.load.until and len(self.load.latencies) < self.load.at_most and not self.load.wrong:
            request = next(self.load.requests, None)
        if request is None:
            self.ended.set_result(None)
            self.transport.close()
            return
        self.sent_at = now
        self.transport.write(request)


def http(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it goes over the wire; header names are written with underscores."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


async def drive(
    port: int, requests: Iterator[bytes], *, status: int, connections: int, seconds: float, at_most: int
) -> tuple[list[float], float]:
    """Send `requests` until the time, their number or the supply ends: every latency in seconds, and how long it took in all.

    Raises AssertionError at the first answer that has not the expected status: a benchmark of errors is worth nothing.
    """
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    load = Load(requests, status, began + seconds, at_most)
    opened = [await loop.create_connection(lambda: _Connection(load), HOST, port) for _ in range(connections)]
    await asyncio.gather(*(connection.ended for _, connection in opened))
    assert not load.wrong, load.wrong[0]
    return load.latencies, time.perf_counter() - began
