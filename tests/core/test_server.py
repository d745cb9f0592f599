"""What a connection may and may not do to the server: real sockets, a real uvicorn."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from app.access.errors import Unauthorized
from app.core.asgi import server
from app.core.asgi.middleware import Guard, Vouch
from app.core.asgi.server import MOST_HEAD_BYTES, BoundedProtocol
from app.core.settings import Settings

SMALL = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def _talk(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(100):
        await send({"type": "http.response.body", "body": b"x" * 300_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _serving(app: ASGIApp) -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(app, port=0, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False)
    running = uvicorn.Server(config)
    serving = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    yield running
    running.should_exit = True
    await serving


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port of a server whose patience ends after a second."""
    monkeypatch.setattr(server, "_patience", lambda: 1.0)
    async with _serving(_hello) as running:
        yield running.servers[0].sockets[0].getsockname()[1]


async def _answer(port: int, *parts: bytes, pause: float = 0) -> tuple[int, Any]:
    """Send the parts and read until the server hangs up, or has said hello."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    body = await asyncio.wait_for(reader.read(5 if b" 200 " in head else -1), 20)
    writer.close()
    return int(head.split()[1]), body


async def test_a_request_in_pieces_is_answered_as_one(port: int) -> None:
    assert await _answer(port, SMALL) == (200, b"hello")
    assert await _answer(port, SMALL[:9], SMALL[9:20], SMALL[20:], pause=0.05) == (200, b"hello")


@pytest.mark.parametrize("pieces", [1, 40])
async def test_a_head_that_is_too_large_is_refused(port: int, pieces: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Padding: " + b"a" * (2 * MOST_HEAD_BYTES)
    size = -(-len(head) // pieces)

    status, body = await _answer(port, *(head[at : at + size] for at in range(0, len(head), size)))

    assert status == 431
    assert json.loads(body)["code"] == "head-too-large"


async def test_an_address_that_is_too_large_is_refused_on_a_line_that_was_used_before(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(SMALL)
    await asyncio.wait_for(reader.readuntil(b"hello"), 20)
    writer.write(b"GET /" + b"a" * 3 * MOST_HEAD_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = (await asyncio.wait_for(reader.read(-1), 20)).partition(b"\r\n\r\n")
    writer.close()

    assert head.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["code"] == "head-too-large"


async def test_what_is_no_request_is_told_so(port: int) -> None:
    status, body = await _answer(port, b"HELLO?\r\n\r\n")

    assert (status, json.loads(body)["code"]) == (400, "malformed-request")


async def test_whoever_writes_letters_into_an_address_as_they_are_is_told_how(port: int) -> None:
    status, body = await _answer(port, "GET /v1/articles?q=fähre HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert (status, json.loads(body)["code"]) == (400, "malformed-request")
    assert "ä is %C3%A4" in json.loads(body)["detail"]


@pytest.mark.parametrize("hosts", [b"", b"Host: x\r\nHost: x\r\n", b"Host: x\r\nhost: y\r\n"])
async def test_a_request_that_names_no_host_or_two_is_refused(port: int, hosts: bytes) -> None:
    """RFC 9112, 3.2; with a body behind it, too."""
    for rest in (b"\r\n", b"Content-Length: 2\r\n\r\n{}"):
        status, body = await _answer(port, b"POST / HTTP/1.1\r\n" + hosts + rest)
        assert (status, json.loads(body)["code"]) == (400, "malformed-request")


async def test_before_http_1_1_no_host_need_be_named(port: int) -> None:
    assert await _answer(port, b"GET / HTTP/1.0\r\n\r\n") == (200, b"hello")


async def test_a_head_that_drips_is_not_waited_for(port: int) -> None:
    """Each byte comes in time; the whole does not."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    status, body = await _answer(port, SMALL[:5], SMALL[5:8], SMALL[8:12], SMALL[12:14], pause=0.4)

    assert (status, json.loads(body)["code"]) == (408, "request-timeout")
    assert 0.9 < loop.time() - began < 15


async def test_a_client_that_says_nothing_is_hung_up_on(port: int) -> None:
    assert (await _answer(port))[0] == 408


def test_every_server_is_swept_whatever_stood_before_at_its_place_in_memory() -> None:
    begun: list[object] = []
    forgetful: Any = SimpleNamespace(call_later=lambda _seconds, sweep, *_: begun.append(sweep))

    for _ in range(50):
        server._sweep_from_now_on(ServerState(), forgetful)

    assert len(begun) == 50


async def test_one_that_waits_between_two_requests_is_not(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(SMALL)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(5) == b"hello"
        await asyncio.sleep(2.5)
    writer.close()


async def test_who_reads_slowly_is_waited_for_and_who_reads_nothing_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever somebody looks, such a client has still to read: an answer that is longer than what is on its way never lets go."""
    monkeypatch.setattr(server, "_sweep_from_now_on", lambda _state, _loop: None)
    loop = asyncio.get_running_loop()
    async with _serving(_talk) as running:
        door = running.servers[0].sockets[0]
        door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        client.setblocking(False)
        await loop.sock_connect(client, door.getsockname())
        await loop.sock_sendall(client, SMALL)
        await _until(lambda: _is_stuck(running))
        connection = next(one for one in running.server_state.connections if isinstance(one, BoundedProtocol))

        read, now = 0, loop.time()
        for _ in range(20):
            while read < 100_000:
                read += len(await loop.sock_recv(client, 20_000))
            read -= 100_000
            await _until(lambda: connection.flow.write_paused)
            now += 9
            connection.check(now, 10)
            assert not connection.transport.is_closing()
        connection.check(now + 9, 10)
        assert not connection.transport.is_closing()
        connection.check(now + 11, 10)
        assert connection.transport.is_closing()
        client.close()


def _is_stuck(running: uvicorn.Server) -> bool:
    return any(isinstance(one, BoundedProtocol) and one.flow.write_paused for one in running.server_state.connections)


async def _for_anybody(_scope: Scope) -> bool:
    return True


async def _for_nobody(_scope: Scope) -> bool:
    raise Unauthorized


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - the kernel has no event for what it has sent on
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("framing", [b"Content-Length: 9000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n895440\r\n"])
@pytest.mark.parametrize(
    ("vouch", "most", "code"), [(_for_anybody, 2_000_000, b"body-too-large"), (_for_nobody, 20_000_000, b"unauthorized")]
)
async def test_who_is_refused_while_sending_and_hangs_up_then_is_told_so(framing: bytes, vouch: Vouch, most: int, code: bytes) -> None:
    """As Python's own `urllib` does: it sends all before it reads."""
    async with _serving(Guard(_hello, settings=Settings(max_body_bytes=most), vouch=vouch)) as running:
        port = running.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nConnection: close\r\n" + framing)
        for _ in range(90):
            writer.write(b"x" * 100_000)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"\r\n0\r\n\r\n" if b"chunked" in framing else b"")
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 4")
    assert code in answer
