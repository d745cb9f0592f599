"""How a connection is served: uvicorn's protocol, with the bounds that it lacks, and with a short way for what is held already.

No request pays for the bounds with a timer of its own: one sweep a second looks at every connection of the process. What the front holds
(`Front.at_once`, which the application hands over as `at_once` in its state) goes out as soon as the request's head has come: to make a
task and a cycle of messages for it would take longer than to find it.
"""

import asyncio
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote
from weakref import WeakSet

import httptools
from pydantic_core import to_json
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.core.asgi.front import Reply
from app.core.errors import MEDIA_TYPE, HeadTooLarge, MalformedRequest, Problem, RequestTimeout
from app.core.settings import Settings

MOST_HEAD_BYTES = 32_768
"""Request line and headers together; more that comes at once is refused as soon as it is more than this."""
_SWEEP_SECONDS = 1.0
_LINGER_SECONDS = 2.0
_LEAST_READ = 65_536
"""Who is slow reads so much in the time in which one who reads nothing is hung up on."""
_FIRST_REQUEST_SECONDS = 0.5
_REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}
_STATUS_LINES = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}
_SHORT = (b"GET", b"HEAD")
_WITH_A_BODY = (b"content-length", b"transfer-encoding", b"expect")
_sweeping = WeakSet[ServerState]()
"""The servers of this process that are being swept."""


class _Answered:
    """What stands in the place of uvicorn's cycle for a request that was answered at once."""

    __slots__ = ("scope",)
    response_complete = True
    message_event = asyncio.Event()

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self.scope = scope


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose heads come whole, small and in time, and whose client reads what it asked for."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.head_since: float | None = self.loop.time()
        self.paused_since: float | None = None
        self._unread = 0
        self.refused_at: float | None = None
        self._head_bytes = self._arriving = 0
        self._at_once: Callable[[Scope], Reply | None] | None = app_state.get("at_once")
        self._stamp: list[tuple[bytes, bytes]] = []
        self._stamped = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """A client has connected; its first byte is due."""
        super().connection_made(transport)
        _sweep_from_now_on(self.server_state, self.loop)

    def data_received(self, data: bytes) -> None:
        """Some bytes came: of a head, of a body, of several requests in one."""
        if self._is_refused():
            return
        if len(data) > MOST_HEAD_BYTES and self._head_is_due() and data.find(b"\r\n\r\n", 0, MOST_HEAD_BYTES) < 0:
            self.refuse(HeadTooLarge)
            return
        self._arriving = len(data)
        super().data_received(data)
        if self._is_refused():
            return
        if not self._head_is_due():
            self.head_since, self._head_bytes = None, 0
            return
        if self.head_since is None:
            self.head_since = self.loop.time()
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self.refuse(HeadTooLarge)

    def on_headers_complete(self) -> None:
        """A head has come whole: what is held goes out, anything else becomes a task."""
        if not self._names_one_host():
            raise ValueError("A request names the host that it is for, and one (RFC 9112, 3.2).")  # The parser answers it with 400.
        if not self.url.startswith(b"/"):
            self.url = _with_a_path(self.url)
        reply = self._held()
        if reply is None:
            super().on_headers_complete()
            return
        answered: Any = _Answered(cast("Scope", self.scope))
        self.cycle = answered
        head = (_STATUS_LINES[reply.head.status], self._defaults(), reply.head.lines, b"x-request-id: ", reply.own, b"\r\n\r\n")
        self.transport.write(b"".join((*head, reply.body)))
        self.on_response_complete()

    def _held(self) -> Reply | None:
        """The reply to a plain request on an idle line that would stay open, where it is held."""
        if self._at_once is None or self.parser.get_method() not in _SHORT or not self._is_plain() or not self._is_idle():
            return None
        scope, address = cast("Scope", self.scope), httptools.parse_url(self.url)
        path = address.path.decode("ascii")
        scope["method"] = self.parser.get_method().decode()
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["query_string"] = address.query or b""
        return self._at_once(scope)

    def _names_one_host(self) -> bool:
        """Whether it is told whom the request is for, as HTTP/1.1 demands: of two, what stands in front might have read the other."""
        return self.parser.get_http_version() != "1.1" or sum(name == b"host" for name, _ in self.headers) == 1

    def _is_plain(self) -> bool:
        """Whether nothing follows the head, and the line is meant to be used again."""
        parser = self.parser
        return (
            parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not any(name in _WITH_A_BODY for name, _ in self.headers)
        )

    def _is_idle(self) -> bool:
        """Whether no other answer goes before, and the client reads what is sent."""
        cycle: RequestResponseCycle | None = self.cycle
        return (cycle is None or cycle.response_complete) and not self.flow.write_paused and self.limit_concurrency is None

    def _defaults(self) -> bytes:
        """The headers that every answer has; uvicorn makes them anew each second."""
        if self._stamp is not self.server_state.default_headers:
            self._stamp = self.server_state.default_headers
            self._stamped = b"".join(b"%b: %b\r\n" % pair for pair in self._stamp)
        return self._stamped

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what the parser says of it helps nobody
        """Refuse what the parser cannot read; it gives up too on an address that is too long."""
        self.refuse(HeadTooLarge if self._head_bytes + self._arriving > MOST_HEAD_BYTES else MalformedRequest)

    def resume_writing(self) -> None:
        """The client has read what was sent, but for a little: for what comes next it has its time anew."""
        super().resume_writing()
        self.paused_since = None

    def _is_refused(self) -> bool:
        return self.refused_at is not None

    def _head_is_due(self) -> bool:
        """Whether a head has not come whole: uvicorn makes the cycle of a request when it has."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.scope is not self.scope

    def refuse(self, kind: type[Problem]) -> None:
        """Say why, and hang up when the client has read it: to close while it still sends would reset the line, and lose the answer."""
        if not self.transport.is_closing():
            self.transport.write(_refusal(kind))
            self.transport.write_eof()
            self.refused_at = self.loop.time()

    def shutdown(self) -> None:
        """The process is about to end: the application is told, so that what would go on for ever comes to its end.

        Who has just connected is given a moment: their first request may be on its way, and to hang up would lose it.
        """
        close = self.app_state.get("close")
        if close is not None:
            close()
        first: RequestResponseCycle | None = self.cycle
        if first is None and not self.transport.is_closing():
            self.loop.call_later(_FIRST_REQUEST_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def check(self, now: float, seconds: float) -> None:
        """Hang up on a client that takes longer than `seconds` for a head, or reads next to nothing of an answer for so long."""
        cycle: RequestResponseCycle | None = self.cycle
        waiting = cycle is not None and not cycle.response_complete
        if self.refused_at is not None:
            if now - self.refused_at > _LINGER_SECONDS:
                self.transport.abort()
            return
        if self.head_since is not None and not waiting and now - self.head_since > seconds:
            self.refuse(RequestTimeout)
        unread = self.transport.get_write_buffer_size()
        if not self.flow.write_paused:
            self.paused_since = None
        elif self.paused_since is None or self._unread - unread >= _LEAST_READ:
            self.paused_since, self._unread = now, unread
        elif now - self.paused_since > seconds:
            self.transport.abort()


def _with_a_path(target: bytes) -> bytes:
    """An absolute address, which may end with its host, as one that always has a path (RFC 9112, 3.2.2); what is none is refused."""
    address = httptools.parse_url(target)
    if address.path:
        return target
    return b"/?" + address.query if address.query else b"/"


def _sweep_from_now_on(state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    if state not in _sweeping:
        _sweeping.add(state)
        loop.call_later(_SWEEP_SECONDS, _sweep, state, loop)


def _sweep(state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    now, seconds = loop.time(), _patience()
    for connection in list(state.connections):
        if isinstance(connection, BoundedProtocol):
            connection.check(now, seconds)
    if state.connections:
        loop.call_later(_SWEEP_SECONDS, _sweep, state, loop)
    else:
        _sweeping.discard(state)


@lru_cache(maxsize=1)
def _patience() -> float:
    return Settings().head_seconds


def _refusal(kind: type[Problem]) -> bytes:
    """The whole answer, as it goes over the wire."""
    body = to_json(kind().wire(""))
    lines = (
        f"HTTP/1.1 {kind.status} {_REASONS[kind.status]}", f"content-type: {MEDIA_TYPE}", f"content-length: {len(body)}",
        "cache-control: no-store", "connection: close", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + body
