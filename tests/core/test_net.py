"""The one door to outbound HTTP: whom it lets us speak to, and for how long."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme

from app.core.addresses import RefusedAddressError, is_public, parse
from app.core.net import ExchangeFailedError, Outbound, Reply, check

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PRIVATE = [
    "http://127.0.0.1/", "http://127.255.255.254/", "http://0.0.0.0/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://100.100.100.200/", "http://192.0.0.192/", "http://192.0.2.1/",
    "http://198.18.0.1/", "http://198.51.100.7/", "http://203.0.113.9/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/", "http://192.88.99.1/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[0:0:0:0:0:ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::169.254.169.254]/", "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/",
    "http://[2002:c0a8:101::1]/", "http://[2001::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[fc00::1]/",
    "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[::127.0.0.1]/", "http://[100::1]/",
    "http://[5f00::1]/", "http://localhost/", "http://LOCALHOST/", "http://api.localhost/",
]  # fmt: skip
UNREADABLE = [
    "", "x", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "//example.org/",
    "http:/example.org", "http://", "http:///x", "http://?x", "http://user@example.org/", "http://user:word@example.org/", "http://example.org@127.0.0.1/",
    "http://127.0.0.1#@example.org/", "http://example.org/#fragment", "http://example.org\\@127.0.0.1/", "http://example.org/a\\b",
    "http://exa mple.org/", " http://example.org/", "http://example.org/ ", "http://example.org/\r\nX: y", "http://exam\tple.org/",
    "http://example.org\x00/", "http://example.org/é", "http://example.org/\ud800", "http://\ud800.org/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://127.1/",
    "http://127.0.1/", "http://127.0.0.1.1/", "http://1/", "http://0/", "http://256.256.256.256/", "http://127.0.0.01/", "http://0x/",
    "http://１２７.０.０.１.1/", "http://127.0.0.1./", "http://localhost./", "http://example.org./", "http://example..org/", "http://.org/",
    "http://-a.org/", "http://a-.org/", "http://a_b.org/", f"http://{'a' * 64}.org/", f"http://{'é' * 64}.org/", f"http://{'a.' * 130}org/",
    "http://%31%32%37.0.0.1/", "http://[::1/", "http://::1/", "http://[::1]x/", "http://[::1%25eth0]/", "http://[fe80::1%eth0]/",
    "http://[127.0.0.1]/", "http://[v1.x]/", "http://[]/", "http://example.org:/", "http://example.org:x/", "http://example.org:0/",
    "http://example.org:22/", "http://example.org:25/", "http://example.org:65536/", "http://example.org:999999/", "http://example.org:-1/",
    "http://example.org:80:80/", "http://example.org:８０/",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_what_is_not_public_is_refused_by_its_text(url: str) -> None:
    with pytest.raises(RefusedAddressError, match="not a public address"):
        check(url)


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        parse(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example.org", "hooks.example.org", 443, "/", "hooks.example.org"),
        ("HTTPS://Hooks.Example.ORG/In?a=b%20c", "hooks.example.org", 443, "/In?a=b%20c", "hooks.example.org"),
        ("http://example.org:8080?x", "example.org", 8080, "/?x", "example.org:8080"),
        ("http://example.org:443/", "example.org", 443, "/", "example.org:443"),
        ("https://zeitung.bücher.example/", "zeitung.xn--bcher-kva.example", 443, "/", "zeitung.xn--bcher-kva.example"),
        ("http://１.１.１.１/", "1.1.1.1", 80, "/", "1.1.1.1"),
        ("https://[2606:4700:0::1111]:8443/x", "2606:4700::1111", 8443, "/x", "[2606:4700::1111]:8443"),
    ],
)
def test_an_address_is_read_in_one_way(url: str, host: str, port: int, path: str, authority: str) -> None:
    target = check(url)

    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_what_is_public_is_public_in_any_wrapping(text: str) -> None:
    assert is_public(parse(f"http://[{text}]/" if ":" in text else f"http://{text}/").literal)  # type: ignore[arg-type] # it is one


@asynccontextmanager
async def answering(handle: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on this machine; its port."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(raw: bytes, heard: list[bytes] | None = None) -> Handler:
    """A server that reads a request and says just this."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head)
        writer.write(raw)
        await writer.drain()

    return handle


async def post(port: int, *, scheme: str = "http", host: str = "127.0.0.1", seconds: float = 5, outbound: Outbound | None = None) -> Reply:
    outbound = outbound or Outbound([host])
    try:
        return await outbound.post(f"{scheme}://{host}:{port}/in?a=b", b'{"a":1}', {"webhook-id": "evt_1"}, seconds=seconds, limit=100)
    finally:
        outbound.close()


async def refusal(*args: Any, **options: Any) -> str:
    with pytest.raises(ExchangeFailedError) as failed:
        await post(*args, **options)
    return failed.value.failure


async def test_a_request_says_what_it_should_and_nothing_else() -> None:
    heard: list[bytes] = []
    async with answering(saying(b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 4\r\n\r\ndone", heard)) as port:
        reply = await post(port)

    assert (reply.status, reply.body, reply.cut, reply.headers["x-a"]) == (200, b"done", False, "b")
    assert heard == [
        b"POST /in?a=b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nwebhook-id: evt_1\r\nContent-Length: 7\r\n"
        b"Accept-Encoding: identity\r\nConnection: close\r\n\r\n" % port
    ]


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    heard: list[bytes] = []
    async with answering(saying(b"HTTP/1.1 307 See\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", heard)) as port:
        reply = await post(port)

    assert (reply.status, len(heard)) == (307, 1)


@pytest.mark.parametrize("framing", [b"Content-Length: 10000000000\r\n\r\n", b"\r\n", b"Transfer-Encoding: chunked\r\n\r\nFFFFFF\r\n"])
async def test_of_a_long_answer_only_the_beginning_is_read(framing: bytes) -> None:
    async with answering(saying(b"HTTP/1.1 200 OK\r\n" + framing + b"x" * 50_000)) as port:
        reply = await post(port)

    assert (reply.body, reply.cut) == (b"x" * 100, True)


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 100 Go\r\n\r\n"]
)
async def test_a_dripping_server_gains_no_time(begin: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with answering(drip) as port:
        assert await refusal(port, seconds=0.3) == "timeout"


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(mute) as port:
        assert await refusal(port, seconds=0.2) == "timeout"


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000, b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_what_is_not_http_is_no_answer(said: bytes) -> None:
    async with answering(saying(said)) as port:
        assert await refusal(port) in {"garbled", "unreachable"}


async def test_answers_before_the_answer_have_an_end() -> None:
    """To read them without end would leave a process no time for anybody else."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

    async def hint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(early * 100)
            await writer.drain()

    async with answering(saying(early * 100 + b"HTTP/1.1 204 Taken\r\n\r\n")) as few, answering(hint) as endless:
        assert (await post(few)).status == 204
        assert await refusal(endless, seconds=1) == "garbled"


async def test_what_is_wrong_is_told_in_a_line_however_much_is() -> None:
    """It is kept with each attempt: an endpoint must not fill the database with it."""
    async with answering(saying(b"HTTP/1.1 200 OK\r\nx" + b"\x01" * 30_000 + b"\r\n\r\n")) as port:
        with pytest.raises(ExchangeFailedError, match="illegal header line") as failed:
            await post(port)

    assert len(str(failed.value)) < 300


async def test_nobody_listening_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert await refusal(port) == "unreachable"


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, list[str]], list[str]]:
    """A name server of this test's own: what it knows, and what it was asked."""
    known: dict[str, list[str]] = {}
    asked: list[str] = []

    def look_up(host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        if host not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known, asked


async def test_a_name_that_leads_inside_is_refused_and_nothing_is_connected_to(resolver: tuple[dict[str, list[str]], list[str]]) -> None:
    heard: list[bytes] = []
    known, _ = resolver
    async with answering(saying(b"HTTP/1.1 200 OK\r\n\r\n", heard)) as port:
        for addresses in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["fe80::1%eth0"]):
            known["inside.example.org"] = addresses
            assert await refusal(port, host="inside.example.org", outbound=Outbound()) == "refused"

    assert heard == []


async def test_a_name_is_looked_up_once_and_no_second_answer_is_believed(resolver: tuple[dict[str, list[str]], list[str]]) -> None:
    known, asked = resolver
    known["receiver.example.org"] = ["127.0.0.1"]
    heard: list[bytes] = []
    async with answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", heard)) as port:
        reply = await post(port, host="receiver.example.org")

    assert reply.status == 200
    assert asked == ["receiver.example.org"]
    assert b"Host: receiver.example.org:%d\r\n" % port in heard[0]


async def test_a_name_that_nobody_knows_is_told_as_such(resolver: tuple[dict[str, list[str]], list[str]]) -> None:
    assert await refusal(80, host="nowhere.example.org") == "unresolved"


async def test_the_next_address_is_tried_where_one_does_not_answer(resolver: tuple[dict[str, list[str]], list[str]]) -> None:
    known, _ = resolver
    known["receiver.example.org"] = ["127.0.0.9", "127.0.0.1"]
    async with answering(saying(b"HTTP/1.1 204 Done\r\n\r\n")) as port:
        assert (await post(port, host="receiver.example.org")).status == 204


async def test_the_certificate_must_be_that_of_the_name(resolver: tuple[dict[str, list[str]], list[str]]) -> None:
    known, _ = resolver
    known["receiver.example.org"] = known["other.example.org"] = ["127.0.0.1"]
    authority, serving = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("receiver.example.org").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    hosts = ["receiver.example.org", "other.example.org"]

    async with answering(saying(b"HTTP/1.1 204 Done\r\n\r\n"), tls=serving) as port:
        good = await post(port, scheme="https", host=hosts[0], outbound=Outbound(hosts, tls=trusting))
        another_name = await refusal(port, scheme="https", host=hosts[1], outbound=Outbound(hosts, tls=trusting))
        unknown_authority = await refusal(port, scheme="https", host=hosts[0], outbound=Outbound(hosts))

    assert (good.status, another_name, unknown_authority) == (204, "tls", "tls")


async def test_a_dripping_server_gains_no_time_behind_tls_either() -> None:
    authority, serving = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(drip, tls=serving) as port:
        assert await refusal(port, scheme="https", seconds=0.4, outbound=Outbound(["127.0.0.1"], tls=trusting)) in {"timeout", "garbled"}
    async with answering(mute) as port:
        assert await refusal(port, scheme="https", seconds=0.3, outbound=Outbound(["127.0.0.1"], tls=trusting)) == "timeout"
