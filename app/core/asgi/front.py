"""The front of the service: answers what it holds before any routing, and asks the application for the rest, once for all who wait.

It is a shared cache as HTTP knows them (RFC 9111), with purging: it keeps what `Cache-Control` allows it to, as long as that allows, under
the tags in `Cache-Tag`. The application behind it needs to know nothing of it.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import clock, context
from app.core.asgi.answers import Answer, Answers, Fill, Head, RawHeaders, Variant
from app.core.asgi.encodings import ENCODINGS, preferred
from app.core.asgi.request_ids import request_id
from app.core.observability.request_log import RequestLog
from app.core.observability.telemetry import trace_id
from app.core.observability.traffic import Traffic

_READING = ("GET", "HEAD")
_NOT_FOR_ALL = frozenset({b"authorization", b"x-claim-token"})
"""With one of these an answer may be its caller's alone: it is neither taken from the cache nor kept there."""
_ID = b"x-request-id"
_PARENT = b"traceparent"
_PASSED_BY = ("/static/", "/v1/changes", "/v1/export", "/v1/previews")
"""What begins so is never for all. Streams and those who wait for news would keep others waiting, who ask for the same."""
_STREAM = "/changes/stream"
_LONGEST_VALIDATOR = 2_000
_SHARED = re.compile(rb"^public,.*\bs-maxage=(\d+)")
_SUFFIX = re.compile(rf'-({"|".join(ENCODINGS)})"$'.encode())


class Coherence(Protocol):
    """Knows whether what is held is still true."""

    def sync(self, *, anew: bool = False) -> bool:
        """Drop whatever became untrue; False where that cannot be known at the moment. `anew` asks again what was asked just now."""


class Reply(NamedTuple):
    """An answer on its way to one client, under the id of their request."""

    head: Head
    own: bytes
    body: bytes

    async def send(self, send: Send) -> None:
        """Hand it to the server."""
        headers = [*self.head.headers, (_ID, self.own)]
        await send({"type": "http.response.start", "status": self.head.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Front:
    """Outermost of all. Whoever sends a key is asked for it by the application, each time; what only its caller may see passes by."""

    def __init__(
        self, app: ASGIApp, *, answers: Answers, coherence: Callable[[], Coherence], log: RequestLog | None, traffic: Traffic | None = None
    ) -> None:
        self.app = app
        self.answers = answers
        self.coherence = coherence
        self.log = log
        self.traffic = traffic or Traffic()
        self._under_way: dict[str, tuple[Fill, asyncio.Future[Answer | None]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and log and count it once, under the id that it has everywhere."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        reply = self.at_once(scope)
        if reply is not None:
            await reply.send(send)
            return
        began, headers = time.perf_counter(), dict(scope["headers"])
        own = request_id(headers.get(_ID))
        asked = _named(scope, own)
        if not _may_be_for_all(scope, headers):
            await self._noted(asked, own, began, send, lambda noting: self.app(asked, receive, noting))
            return
        key, now, shared = _key(scope), clock.now(), self._is_shared(headers)
        await self._noted(asked, own, began, send, lambda noting: self._miss(key, now, asked, receive, noting, keep=shared))

    def at_once(self, scope: Scope) -> Reply | None:
        """What is held of the answer, logged and counted; None where the application must be asked.

        Nothing is awaited, so that a server may ask before it makes a task of the request.
        """
        began, headers = time.perf_counter(), dict(scope["headers"])
        if not _may_be_for_all(scope, headers) or not self._is_shared(headers):
            return None
        answer = self.answers.get(_key(scope), clock.now())
        if answer is None:
            return None
        self.answers.counts.hits += 1
        reply = self._reply(answer, scope, headers, request_id(headers.get(_ID)))
        seconds = time.perf_counter() - began
        self.traffic.note(answer.route, scope["method"], reply.head.status, seconds)
        self._log(scope, reply.head.status, seconds, reply.own, trace_id(headers.get(_PARENT)))
        return reply

    def _is_shared(self, headers: dict[bytes, bytes]) -> bool:
        """Whether what is held may be given to this client, and is known to be true."""
        return self.answers.limit > 0 and _NOT_FOR_ALL.isdisjoint(headers) and self.coherence().sync()

    async def _noted(self, scope: Scope, own: bytes, began: float, send: Send, serve: Callable[[Send], Awaitable[None]]) -> None:
        """Serve what is answered elsewhere, and note the status that went out; 500 where none did."""
        status, passage = 500, context.Passage(trace_id=trace_id(dict(scope["headers"]).get(_PARENT)))

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = context.passage.set(passage)
        self.traffic.under_way += 1
        try:
            await serve(noting)
        finally:
            self.traffic.under_way -= 1
            context.passage.reset(token)
            seconds = time.perf_counter() - began
            self.traffic.note_passage(passage, scope["method"], status, seconds)
            self._log(scope, status, seconds, own, passage.trace_id)

    def _log(self, scope: Scope, status: int, seconds: float, own: bytes, trace: str) -> None:
        if self.log is not None:
            self.log.note(scope["method"], scope["path"], status, seconds * 1000, own.decode(), trace)

    async def _miss(self, key: str, now: datetime, scope: Scope, receive: Receive, send: Send, *, keep: bool) -> None:
        answer = await self._make(key, now, scope, receive, send, keep=keep)
        if answer is not None:
            context.passage.get().route = answer.route
            headers = dict(scope["headers"])
            await self._reply(answer, scope, headers, headers[_ID]).send(send)

    async def _make(self, key: str, now: datetime, scope: Scope, receive: Receive, send: Send, *, keep: bool) -> Answer | None:
        """The answer, made here or by somebody who asks for the same; None where it was not for all, and has been sent.

        What was begun before this request came may have ended before it came: a scheduled change lies between the two then.
        """
        while keep and (under_way := self._under_way.get(key)) is not None and under_way[0].is_current:
            made = await asyncio.shield(under_way[1])
            if made is None:
                break
            if now < made.until or now <= made.since:
                return made
        return await self._lead(key, scope, receive, send, keep=keep)

    async def _lead(self, key: str, scope: Scope, receive: Receive, send: Send, *, keep: bool) -> Answer | None:
        now = clock.now()
        self.answers.counts.misses += 1
        fill = self.answers.begin(key)
        mine = (fill, asyncio.get_running_loop().create_future())
        if keep:
            self._under_way[key] = mine
        made: Answer | None = None
        try:
            made = await _render(self.app, key, now, _for_all(scope) if keep else scope, receive, send)
            keep = keep and self.coherence().sync(anew=True)
        finally:
            self.answers.end(fill, made if keep else None)
            mine[1].set_result(made)
            if self._under_way.get(key) is mine:
                del self._under_way[key]
        return made

    def _reply(self, answer: Answer, scope: Scope, headers: dict[bytes, bytes], own: bytes) -> Reply:
        """The answer in the encoding that the client wants, or the news that it has this already."""
        variant = self.answers.variant(answer, preferred(headers.get(b"accept-encoding")))
        held = headers.get(b"if-none-match")
        unchanged = None if held is None else _unchanged(held, answer, variant)
        if unchanged is not None:
            self.answers.counts.unchanged += 1
            return Reply(unchanged, own, b"")
        return Reply(variant.head, own, b"" if scope["method"] == "HEAD" else variant.body)


def _may_be_for_all(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether the answer could be one that is kept. A validator that is too long is refused by the application, as its description says.

    A question mark that stands in the path itself would make the key of another address.
    """
    return (
        scope["method"] in _READING
        and "?" not in scope["path"]
        and not scope["path"].startswith(_PASSED_BY)
        and not scope["path"].endswith(_STREAM)
        and len(headers.get(b"if-none-match", b"")) <= _LONGEST_VALIDATOR
    )


def _named(scope: Scope, own: bytes) -> Scope:
    """The request as the application meets it: under the id that it has here."""
    return {**scope, "headers": [*(pair for pair in scope["headers"] if pair[0] != _ID), (_ID, own)]}


def _key(scope: Scope) -> str:
    """The address, its parameters in order."""
    query = scope["query_string"]
    if not query:
        path: str = scope["path"]
        return path
    return f"{scope['path']}?{'&'.join(sorted(query.decode('latin-1').split('&')))}"


def _unchanged(held: bytes, answer: Answer, variant: Variant) -> Head | None:
    """The head of a 304 where the client holds this answer in any encoding; they name the validator that it holds."""
    if held in (variant.etag, b"*"):
        return variant.unchanged
    for candidate in held.split(b","):
        tag = candidate.strip().removeprefix(b"W/")
        if tag == b"*" or _SUFFIX.sub(b'"', tag) == answer.etag:
            etag = variant.etag if tag == b"*" else tag
            return Head(304, [pair if pair[0] != b"etag" else (b"etag", etag) for pair in variant.unchanged.headers])
    return None


def _for_all(scope: Scope) -> Scope:
    """The request without what this client has already: what is made for others too is made whole."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]}


async def _render(app: ASGIApp, key: str, now: datetime, scope: Scope, receive: Receive, send: Send) -> Answer | None:
    """Ask the application for the answer; what is not for all is sent on as it comes."""
    capture = _Capture(key, now, send, head=scope["method"] == "HEAD")
    await app({**scope, "method": "GET"}, receive, capture.take)
    return capture.answer()


class _Capture:
    """Collects an answer that may be kept, and lets any other pass."""

    def __init__(self, key: str, now: datetime, send: Send, *, head: bool) -> None:
        self.key, self.now, self.send, self.head = key, now, send, head
        self.seconds: int | None = None
        self.headers: RawHeaders = []
        self.chunks: list[bytes] = []
        self.whole = False

    async def take(self, message: Message) -> None:
        """One message of the application."""
        if message["type"] == "http.response.start":
            self.headers = list(message["headers"])
            self.seconds = _seconds_to_share(message["status"], dict(self.headers))
        if self.seconds is None:
            await self.send({**message, "body": b""} if self.head and message["type"] == "http.response.body" else message)
        elif message["type"] == "http.response.body":
            self.chunks.append(message.get("body", b""))
            self.whole = not message.get("more_body", False)

    def answer(self) -> Answer | None:
        """What was collected."""
        if self.seconds is None or not self.whole:
            return None
        named = dict(self.headers)
        kept = [pair for pair in self.headers if pair[0] != _ID]
        tags = frozenset(named[b"cache-tag"].decode().split(","))
        until = self.now + timedelta(seconds=self.seconds)
        return Answer(self.key, kept, b"".join(self.chunks), named[b"etag"], tags, self.now, until, context.passage.get().route)


def _seconds_to_share(status: int, headers: dict[bytes, bytes]) -> int | None:
    """For how long this answer may be given to others; None where it is not for all."""
    allowed = _SHARED.match(headers.get(b"cache-control", b""))
    if status != 200 or allowed is None or not {b"cache-tag", b"etag"} <= headers.keys():  # noqa: PLR2004 - OK
        return None
    return int(allowed[1])


class Service(FastAPI):
    """The application behind its front: what the front holds is answered before FastAPI's own layers begin."""

    front: Front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.front(scope, receive, send)

    async def behind_the_front(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what the front asks for."""
        await super().__call__(scope, receive, send)
