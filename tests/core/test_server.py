"""What a connection may and may not do to the server: real sockets, a real uvicorn."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.core import server
from app.core.server import MOST_HEAD_BYTES, BoundedProtocol

SMALL = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port of a server whose patience ends after a second."""
    monkeypatch.setattr(server, "_patience", lambda: 1.0)
    config = uvicorn.Config(_hello, port=0, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False)
    running = uvicorn.Server(config)
    serving = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    await serving


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


async def test_one_that_waits_between_two_requests_is_not(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(SMALL)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(5) == b"hello"
        await asyncio.sleep(2.5)
    writer.close()
