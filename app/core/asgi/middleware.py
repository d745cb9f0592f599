"""What happens around every request that reaches the application, as plain ASGI: its id, CORS, HEAD, and the guard."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import context
from app.core.asgi import guard
from app.core.asgi.problems import problem_response, unexpected
from app.core.asgi.request_ids import request_id
from app.core.errors import Problem, RequestTimeout
from app.core.observability.telemetry import present_trace_id
from app.core.settings import Settings

_EXPOSED = "ETag, Link, Location, Retry-After, Idempotent-Replayed, Cache-Tag, X-Request-ID, Allow, RateLimit, RateLimit-Policy"
_ANYONE_MAY_SEND = {
    "accept",
    "accept-language",
    "content-type",
    "if-none-match",
    "last-event-id",
    "range",
    "cache-control",
    "x-claim-token",
}
Vouch = Callable[[Scope], Awaitable[bool]]
_READING = {"GET", "HEAD", "OPTIONS"}
HEAD_ONLY = "dateline.head_only"
"""Where a scope says that nobody will read the body: what would go on for ever need not begin."""
_MOST_WITHOUT_KEY = 200_000
"""Bytes: enough for the longest comment, however its letters are written. More is read of who has a key, and a key is looked at before."""
_LET_PASS = 8
"""How many times the largest body is taken from who sends more, so that they may hear of it."""
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class RequestContext:
    """Ties everything that happens in a request to its id, and turns what nobody caught into a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = request_id(dict(scope["headers"]).get(b"x-request-id"))
        token, passage = context.request_id.set(own.decode()), context.passage.get()
        passage.trace_id = present_trace_id() or passage.trace_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started, sent = True, message["headers"]
                names = {name for name, _ in sent}
                message["headers"] = [*sent, *(pair for pair in _SECURITY if pair[0] not in names), (b"x-request-id", own)]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            if started:
                raise
            await unexpected(error)(scope, receive, send_with_id)
        finally:
            context.request_id.reset(token)


class Cors:
    """Any page may read what is public; a page may write, or send a key, only from an origin that the operator listed."""

    def __init__(self, app: ASGIApp, *, origins: Iterable[str]) -> None:
        self.app = app
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if scope["type"] != "http" or (origin is None and not _is_open(scope["method"], headers)):
            await self.app(scope, receive, send)
        elif origin is not None and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _empty(send, self._preflight(origin, headers))
        else:
            await self.app(scope, receive, self._allowing(send, self._origin_headers(origin, scope["method"], headers)))

    def _origin_headers(self, origin: str | None, method: str, headers: Headers) -> dict[str, str]:
        """An open answer says so whoever asks, so that caches may give it to everybody."""
        if _is_open(method, headers):
            return {"Access-Control-Allow-Origin": "*"}
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin in self.origins else {"Vary": "Origin"}

    def _preflight(self, origin: str, headers: Headers) -> dict[str, str]:
        method = headers["access-control-request-method"]
        wanted = {name.strip().lower() for name in headers.get("access-control-request-headers", "").split(",") if name.strip()}
        if origin in self.origins:
            allowed = {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
            }
            allowed["Access-Control-Allow-Headers"] = ", ".join(sorted(wanted | {"authorization", "content-type", "if-match"}))
        elif method in _READING and wanted <= _ANYONE_MAY_SEND:
            allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, HEAD"}
            allowed["Access-Control-Allow-Headers"] = ", ".join(sorted(_ANYONE_MAY_SEND))
        else:
            allowed = {}
        return {
            **allowed,
            "Access-Control-Max-Age": "600",
            "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        }

    @staticmethod
    def _allowing(send: Send, extra: dict[str, str]) -> Send:
        async def send_allowing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in extra.items():
                    if name == "Vary":
                        headers.add_vary_header(value)
                    else:
                        headers[name] = value
                headers["Access-Control-Expose-Headers"] = _EXPOSED
                message["headers"] = headers.raw
            await send(message)

        return send_allowing


def _is_open(method: str, headers: Headers) -> bool:
    return method in _READING and "authorization" not in headers


async def _empty(send: Send, headers: dict[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})


class Head:
    """HEAD works wherever GET does: the same answer without its body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", HEAD_ONLY: True}, receive, send_without_body)


class Guard:
    """Reads the whole body within its bounds, checks it, and hands it on.

    More than of a stranger is read of who has a key, as `vouch` finds out; it raises where that is not valid.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, vouch: Vouch) -> None:
        self.app, self.vouch = app, vouch
        self.limit, self.keyless = settings.max_body_bytes, min(settings.max_body_bytes, _MOST_WITHOUT_KEY)
        self.seconds = settings.body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, incoming = Headers(scope=scope), _Incoming(receive)
        limit = self.limit if "authorization" in headers else self.keyless
        until = asyncio.get_running_loop().time() + self.seconds
        try:
            guard.check_target(scope["path"], scope["query_string"])
            guard.check_declared_size(headers.get("content-length"), limit)
            body = b"" if scope["method"] in _READING else await self._read(scope, incoming, limit, until)
            guard.check_body(body, headers.get("content-type"))
        except Problem as problem:
            if _hangs_up(scope, headers):
                await self._let_pass(incoming, until)
            await problem_response(problem)(scope, receive, send)
            return
        await self.app(scope, receive if scope["method"] in _READING else _replaying(body, receive), send)

    async def _read(self, scope: Scope, incoming: "_Incoming", limit: int, until: float) -> bytes:
        try:
            async with asyncio.timeout_at(until):
                return b"".join([chunk async for chunk in self._chunks(scope, incoming, limit)])
        except TimeoutError:
            raise RequestTimeout(headers={"Connection": "close"}) from None

    async def _chunks(self, scope: Scope, incoming: "_Incoming", limit: int) -> AsyncIterator[bytes]:
        size = 0
        while incoming.more:
            chunk = await incoming.take()
            before, size = size, size + len(chunk)
            if size > limit:
                guard.refuse_size(limit)
            if before <= self.keyless < size and not await self.vouch(scope):
                guard.refuse_size(self.keyless)
            yield chunk

    async def _let_pass(self, incoming: "_Incoming", until: float) -> None:
        """Take what is still sent, within bounds, and keep nothing: to close the line on a client that sends would lose it its answer."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while incoming.more and size <= self.limit * _LET_PASS:
                    size += len(await incoming.take())


class _Incoming:
    """A body as it comes in, and whether more of it is to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.more = True

    async def take(self) -> bytes:
        """What came next; nothing where the client is gone."""
        message = await self._receive()
        self.more = message.get("more_body", False)
        return bytes(message.get("body", b""))


def _hangs_up(scope: Scope, headers: Headers) -> bool:
    """Whether the line ends with this answer, for a client that does not wait to be told to send its body."""
    return (scope["http_version"] == "1.0" or headers.get("connection", "").lower() == "close") and "expect" not in headers


def _replaying(body: bytes, receive: Receive) -> Receive:
    handed = False

    async def receive_again() -> Message:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
