"""A small load generator for what wrk cannot do: writes that each need a body of their own, and arrivals at a fixed rate.

`drive` is a closed loop, as wrk is: a connection asks again only when it was answered, so a server that stalls is asked less, and its
pauses weigh less in the percentiles than readers who keep arriving would feel them ("coordinated omission"). `arrive` is the open loop
that shows them: requests are due by the clock, and a request that waited for its turn has waited.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.servers import HOST


@dataclass(slots=True)
class Load:
    """What was sent, how long each answer took in seconds, and what was answered where that is wanted."""

    status: int
    keep: bool = False
    latencies: list[float] = field(default_factory=list)
    answers: list[tuple[bytes, bytes]] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Connection(asyncio.Protocol):
    """Sends one request, waits for the whole answer, and then asks its owner what to do next."""

    def __init__(self, load: Load, when_free: Callable[["_Connection"], None]) -> None:
        self.load, self.when_free = load, when_free
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.end_of_head = self.length = 0
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_exception(exc or ConnectionResetError("The server closed a kept connection."))

    def ask(self, request: bytes, due: float) -> None:
        self.received.clear()
        self.length = 0
        self.due = due
        self.transport.write(request)

    def close(self) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.length and not self._read_head():
            return
        if len(self.received) >= self.length:
            self.load.latencies.append(time.perf_counter() - self.due)
            if self.load.keep:
                self.load.answers.append((bytes(self.received[: self.end_of_head]), bytes(self.received[self.end_of_head :])))
            self.when_free(self)

    def _read_head(self) -> bool:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.received[:end]).lower()
        _, found, rest = head.partition(b"content-length:")
        assert found, head
        self.end_of_head = end + 4
        self.length = end + 4 + int(rest.partition(b"\r\n")[0])
        if int(head[9:12]) != self.load.status:
            self.load.wrong.append(bytes(self.received))
        return True


def http(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it goes over the wire; header names are written with underscores."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


async def drive(port: int, requests: Iterator[bytes], *, status: int, connections: int, seconds: float, keep: bool = False) -> Load:
    """Send `requests` until the time or the supply ends.

    Raises AssertionError at the first answer that has not the expected status: a benchmark of errors is worth nothing.
    """
    load = Load(status, keep)
    began = time.perf_counter()

    def ask_again(connection: _Connection) -> None:
        now = time.perf_counter()
        request = next(requests, None) if now < began + seconds and not load.wrong else None
        if request is None:
            connection.close()
        else:
            connection.ask(request, now)

    opened = await _open(port, load, ask_again, connections)
    began = time.perf_counter()
    for connection in opened:
        ask_again(connection)
    await asyncio.gather(*(connection.lost for connection in opened))
    load.seconds = time.perf_counter() - began
    assert not load.wrong, load.wrong[0]
    return load


async def arrive(port: int, requests: Iterator[bytes], *, status: int, connections: int, seconds: float, rate: float) -> Load:
    """Send `rate` requests a second whether or not the ones before were answered; latencies count from the moment each was due."""
    load = Load(status)
    free: deque[_Connection] = deque()
    waiting: deque[float] = deque()

    all_free = asyncio.Event()

    def take_next(connection: _Connection) -> None:
        if waiting:
            connection.ask(next(requests), waiting.popleft())
            return
        free.append(connection)
        if len(free) == connections:
            all_free.set()

    opened = await _open(port, load, take_next, connections)
    free.extend(opened)
    began = time.perf_counter()
    due = (began + number / rate for number in range(int(rate * seconds)))
    for moment in due:
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        waiting.append(moment)
        if free:
            all_free.clear()
            take_next(free.popleft())
    await all_free.wait()
    load.seconds = time.perf_counter() - began
    for connection in opened:
        connection.close()
    assert not load.wrong, load.wrong[0]
    return load


async def _open(port: int, load: Load, when_free: Callable[[_Connection], None], connections: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(lambda: _Connection(load, when_free), HOST, port))[1] for _ in range(connections)]
