"""The one door to outbound HTTP. What is behind an address is looked up once, must be public, and has one deadline for everything.

There is no client library underneath: what those offer beside an exchange (redirects, proxies, cookies, kept connections, encodings) is
what must not happen here.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

import h11

from app.core.addresses import IPAddress, RefusedAddressError, Target, is_public, is_this_machine, parse

Failure = Literal["refused", "unresolved", "unreachable", "tls", "timeout", "garbled"]

_RESOLVERS = 16
_CONNECT_SECONDS = 5.0
_LONGEST_HEAD = 32_768
_READ_BYTES = 16_384
_LONGEST_REASON = 200
"""A fault quotes the line that it is found in, which may be as long as a head."""


class ExchangeFailedError(Exception):
    """No answer came; `failure` says of which kind it is, the text says why."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure: Failure = failure


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: names of headers in lower case, and the first bytes of the body. Where there were more, it is `cut`."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool
    seconds: float


class Outbound:
    """Sends requests to addresses that others have chosen. Hosts named in `allowed`, in lower case, may be private."""

    def __init__(self, allowed: Collection[str] = (), *, tls: ssl.SSLContext | None = None) -> None:
        self._allowed = frozenset(allowed)
        self._tls = tls or ssl.create_default_context()
        # Not the threads that SQLite's commits wait in: a slow name server must hold up nothing but what asks it.
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, "resolve")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, limit: int) -> Reply:
        """POST `body`, and read at most `limit` bytes of what is answered; raises ExchangeFailedError.

        `seconds` bound the whole exchange, from the look-up to the last byte: a server that sends a byte now and then gains nothing.
        """
        return await self._send("POST", url, body, headers, seconds, limit)

    async def get(self, url: str, headers: Mapping[str, str], *, seconds: float, limit: int) -> Reply:
        """GET what is at `url`, within the same bounds."""
        return await self._send("GET", url, b"", headers, seconds, limit)

    async def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], seconds: float, limit: int) -> Reply:
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(seconds):
                target = check(url, self._allowed)
                stream = await self._connect(target, await self._resolve(target))
                try:
                    return await _exchange(stream, _request(method, target, body, headers), body, limit, begun)
                finally:
                    stream[1].transport.abort()
        except RefusedAddressError as error:
            raise ExchangeFailedError("refused", str(error)) from None
        except TimeoutError:
            raise ExchangeFailedError("timeout", f"It took longer than {seconds:g} seconds.") from None
        except h11.RemoteProtocolError as error:
            raise ExchangeFailedError("garbled", f"It did not answer in HTTP: {str(error)[:_LONGEST_REASON]}") from None
        except OSError as error:
            raise ExchangeFailedError("unreachable", f"The connection broke: {_reason(error)}.") from None

    async def _resolve(self, target: Target) -> list[IPAddress]:
        """Every address of the host; raises unless all may be sent to, since it is not ours to choose among them."""
        literal = target.literal
        if literal is not None:
            return [literal]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._resolvers, _look_up, target.host, target.port)
        except OSError as error:
            raise ExchangeFailedError("unresolved", f"{target.host} cannot be looked up: {_reason(error)}.") from None
        if target.host not in self._allowed and not all(is_public(address) for address in found):
            raise RefusedAddressError(f"{target.host} leads to an address that is not public.")
        return found

    async def _connect(self, target: Target, addresses: Sequence[IPAddress]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first of just these addresses that takes one; the certificate must be that of the name."""
        tls = {"ssl": self._tls, "server_hostname": target.host} if target.scheme == "https" else {}
        refusal: Exception = OSError("it has no address")
        for address in addresses:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(str(address), target.port, **tls)  # type: ignore[arg-type] # one type for all
            except ssl.SSLError as error:
                raise ExchangeFailedError("tls", f"TLS failed: {error.reason or error}.") from None
            except (OSError, TimeoutError) as error:
                refusal = error
        raise ExchangeFailedError("unreachable", f"It cannot be connected to: {_reason(refusal)}.")

    def close(self) -> None:
        """Wait for no look-up any more."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)


def check(url: str, allowed: Collection[str] = ()) -> Target:
    """`url` taken apart; raises RefusedAddressError where its text alone says that it may not be sent to."""
    target = parse(url)
    if target.host in allowed:
        return target
    if is_this_machine(target.host) or (target.literal is not None and not is_public(target.literal)):
        raise RefusedAddressError(f"{target.host} is not a public address; DATELINE_ALLOWED_PRIVATE_HOSTS may allow it.")
    return target


def _look_up(host: str, port: int) -> list[IPAddress]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _request(method: str, target: Target, body: bytes, headers: Mapping[str, str]) -> h11.Request:
    own = {"Host": target.authority, "Content-Length": str(len(body)), "Accept-Encoding": "identity", "Connection": "close"}
    return h11.Request(method=method, target=target.path, headers=list({**headers, **own}.items()))


async def _exchange(
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: h11.Request, body: bytes, limit: int, begun: float
) -> Reply:
    reader, writer = stream
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    parts = (connection.send(request), connection.send(h11.Data(data=body)), connection.send(h11.EndOfMessage()))
    writer.write(b"".join(part or b"" for part in parts))
    head, kept, cut, before = None, bytearray(), False, 0
    while not cut:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if head is None and before > _LONGEST_HEAD:  # Answers that are to tell of the one to come would come without end.
                raise h11.RemoteProtocolError("what comes before its answer is too long")
            data = await reader.read(_READ_BYTES)
            before += len(data)
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            kept += event.data
            cut = len(kept) > limit
        elif isinstance(event, h11.EndOfMessage):
            break
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("the connection was closed")
    if head is None:
        raise h11.RemoteProtocolError("there was no answer")
    names = {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in head.headers}
    return Reply(head.status_code, names, bytes(kept[:limit]), cut, time.perf_counter() - begun)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it takes too long"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
