"""What is held goes out past the application's machinery, and nobody can tell by the answer: real sockets, a real uvicorn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.core.asgi.answers import Answers
from app.core.asgi.front import Front
from app.core.asgi.server import BoundedProtocol

Head = tuple[bytes, dict[bytes, bytes]]


class AlwaysTrue:
    def sync(self, *, anew: bool = False) -> bool:
        return True


async def _everything(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the address; what begins with /private is not for all."""
    shared = b"no-store" if scope["path"].startswith("/private") else b"public, max-age=0, s-maxage=60"
    body = f"{scope['path']}?{scope['query_string'].decode()} ".encode() * 40
    headers = [(b"cache-control", shared), (b"cache-tag", b"x"), (b"etag", b'"1-a"'), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Served:
    """A front behind a server; `asked` holds whatever went the long way through ASGI."""

    front: Front
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            scope["state"].update(at_once=self.front.at_once)
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.asked.append(scope["path"])
        await self.front(scope, receive, send)

    async def talk(self, *requests: bytes) -> list[tuple[bytes, dict[bytes, bytes], bytes]]:
        """Send all the requests in one piece over one line; the answers in the order in which they came."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"".join(requests))
        answers = [await _read(reader, has_body=not request.startswith(b"HEAD")) for request in requests]
        writer.close()
        return answers


async def _read(reader: asyncio.StreamReader, *, has_body: bool) -> tuple[bytes, dict[bytes, bytes], bytes]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode().split("\r\n")
    headers = {name.encode(): value.encode() for name, _, value in (line.partition(": ") for line in head[1:-2])}
    length = int(headers.get(b"content-length", b"0")) if has_body else 0
    return head[0].encode(), headers, await asyncio.wait_for(reader.readexactly(length), 10)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A server whose front knows nothing yet."""
    app = Served(Front(_everything, answers=Answers(1_000_000), coherence=AlwaysTrue, log=None))
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=BoundedProtocol, lifespan="on", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    app.port = server.servers[0].sockets[0].getsockname()[1]
    yield app
    server.should_exit = True
    await serving


def get(path: bytes, *headers: bytes, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    return b"\r\n".join([b"%b %b HTTP/%b" % (method, path, version), b"Host: x", *headers, b"", b""])


def without(answer: tuple[bytes, dict[bytes, bytes], bytes], *names: bytes) -> Any:
    line, headers, body = answer
    return line, {name: value for name, value in headers.items() if name not in {b"date", *names}}, body


@pytest.mark.parametrize(
    "request_of",
    [
        lambda path: get(path, b"X-Request-ID: one-of-mine"),
        lambda path: get(path, b"X-Request-ID: one-of-mine", method=b"HEAD"),
        lambda path: get(path, b"X-Request-ID: one-of-mine", b"Accept-Encoding: gzip"),
        lambda path: get(path, b"X-Request-ID: one-of-mine", b'If-None-Match: "1-a"'),
        lambda path: get(path, b"X-Request-ID: one-of-mine", b'If-None-Match: W/"1-a-gzip", "2"', b"Accept-Encoding: gzip"),
    ],
    ids=["get", "head", "gzip", "304", "304 of several"],
)
async def test_the_short_way_answers_as_the_long_one_does(served: Served, request_of: Callable[[bytes], bytes]) -> None:
    """The first answer comes the long way, made; the second from what was kept."""
    (made,) = await served.talk(request_of(b"/a%20b?z=1&y=2"))
    (kept,) = await served.talk(request_of(b"/a%20b?z=1&y=2"))

    assert without(kept) == without(made)
    assert list(kept[1]) == list(made[1])
    assert served.asked == ["/a b"]


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_an_absolute_address_is_answered_as_its_path_is(served: Served, method: bytes) -> None:
    """RFC 9112, 3.2.2: every server takes it."""
    targets = b"/held?a", b"http://x/held?a", b"HTTP://other:80/held?a"

    made, *kept = [without((await served.talk(get(target, method=method)))[0], b"x-request-id") for target in targets]

    assert kept == [made, made]
    assert served.asked == ["/held"]


async def test_an_absolute_address_that_ends_with_its_host_is_the_root(served: Served) -> None:
    bodies = [(await served.talk(get(target)))[0][2] for target in (b"/?a=1", b"http://x?a=1", b"http://x:80/?a=1", b"http://x", b"/")]

    assert [body.split()[0] for body in bodies] == [b"/?a=1"] * 3 + [b"/?"] * 2
    assert served.asked == ["/", "/"]


async def test_what_is_no_address_is_refused(served: Served) -> None:
    for target in (b"http://", b"http:///held", b"http:/held", b"http://x:99999/held", b"http://x y/held", b"held", b"x:80"):
        ((line, _, _),) = await served.talk(get(target))
        assert line == b"HTTP/1.1 400 Bad Request", target
    assert served.asked == []


async def test_requests_in_one_piece_are_answered_in_order(served: Served) -> None:
    """One that is held must not overtake one before it that is not."""
    await served.talk(get(b"/held"))

    answers = await served.talk(get(b"/held"), get(b"/new"), get(b"/held"), get(b"/private"), get(b"/held"))

    assert [body.split(b"?")[0] for _, _, body in answers] == [b"/held", b"/new", b"/held", b"/private", b"/held"]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (get(b"/held", b"Authorization: Bearer x"), "a key is asked for it"),
        (get(b"/held", b"Connection: close"), "the line ends with it"),
        (get(b"/held", version=b"1.0"), "an old client"),
        (get(b"/held", b"Content-Length: 2") + b"{}", "something follows"),
        (get(b"/held", method=b"OPTIONS"), "another method"),
        (get(b"/private/held"), "not for all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_whatever_is_not_plain_goes_the_long_way(served: Served, request_: bytes, why: str) -> None:
    await served.talk(get(b"/held"), get(b"/private/held"))
    served.asked.clear()

    await served.talk(request_)

    assert len(served.asked) == 1, why


async def test_a_line_that_was_answered_the_short_way_takes_a_body_next(served: Served) -> None:
    await served.talk(get(b"/held"))

    first, posted, last = await served.talk(
        get(b"/held"), get(b"/elsewhere", b"Content-Length: 11", method=b"POST") + b"hello world", get(b"/held"),
    )  # fmt: skip

    assert [line.split()[1] for line, *_ in (first, posted, last)] == [b"200"] * 3
    assert first[2] == last[2]
    assert posted[2].startswith(b"/elsewhere")


async def test_what_goes_the_short_way_is_counted(served: Served) -> None:
    await served.talk(get(b"/held"))

    await served.talk(get(b"/held"), get(b"/held", b'If-None-Match: "1-a"'))

    counts = served.front.answers.counts
    assert (counts.hits, counts.misses, counts.unchanged) == (2, 1, 1)
    assert sum(sum(series.buckets) for series in served.front.traffic.kinds.values()) == 3
