"""Requests that the service puts to itself: the same routes and rules, without the layers that the one from outside has passed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Message, Scope

from app.core import context
from app.core.database import WriteSession

_INSIDE = "dateline.inside"
_KEPT = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", "app")


class Shared:
    """A transaction that several requests share, each within a savepoint: what one of them did can be undone alone."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    @asynccontextmanager
    async def part(self, *, keep: bool) -> AsyncIterator[WriteSession]:
        """The session for one of them. Afterwards it knows no object any more: the next reads what is there, as one alone would."""
        try:
            async with self._session.savepoint() as savepoint:
                yield self._session
                await self._session.send()
                if not keep:
                    await savepoint.rollback()
        finally:
            self._session.expunge_all()


@dataclass(frozen=True, slots=True)
class Inside:
    """What a request from within brings along: who asks, as the one from outside has proven, and a transaction that is shared."""

    caller: Any
    shared: Shared | None


def inside_of(scope: Scope) -> Inside | None:
    """What the request brings along; None where it came from outside."""
    found: Inside | None = scope.get(_INSIDE)
    return found


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a request from within, and what of it may be kept: secrets are shown once. `omitted` where its body is not held."""

    status: int
    headers: dict[str, str]
    body: bytes
    kept: Response | None
    omitted: bool = False


def routes_of(app: FastAPI) -> ASGIApp:
    """The routes of `app` with what turns errors into answers around them."""
    return ExceptionMiddleware(AsyncExitStackMiddleware(app.router), handlers=dict(app.exception_handlers))


async def ask(
    routes: ASGIApp, request: Request, inside: Inside, *, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> Answered:
    """Put one request to `routes` on behalf of `request`. Its statements count for that; its route is not that one's."""
    sent = {"host": request.headers.get("host", ""), "authorization": request.headers.get("authorization", ""), **headers}
    state: dict[str, Any] = {}
    scope = {
        **{name: value for name, value in request.scope.items() if name in _KEPT or name.startswith("dateline.")},
        "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "state": state, _INSIDE: inside,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
    }  # fmt: skip
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    outer = context.passage.get()
    token = context.passage.set(context.Passage(trace_id=outer.trace_id))
    try:
        await routes(scope, receive, send)
    finally:
        outer.statements += context.passage.get().statements
        outer.statement_seconds += context.passage.get().statement_seconds
        context.passage.reset(token)
    raw = {name.decode(): value.decode("latin-1") for name, value in messages[0]["headers"]}
    return Answered(messages[0]["status"], raw, b"".join(each.get("body", b"") for each in messages[1:]), state.get("kept_answer"))
