"""A request that the database undid is done over, before any byte of an answer.

A deadlock or a serialization failure rolls a whole transaction back: nothing has happened, and the second time it usually goes well. A
question that was put to a replica is put to the primary where the replica fails.
"""

import asyncio
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.asgi.problems import problem_response
from app.core.attempts import STATE, TRIES, Attempt
from app.core.errors import Unavailable

_PAUSE_MILLISECONDS = 20


class Again:
    """Tries up to three times; the last answer counts whatever it is. All together may take `seconds` until the answer begins."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = asyncio.timeout(self.seconds)
        try:
            async with limit:
                await self._try(scope, _Body(receive), send, limit)
        except Exception:  # What is interrupted may break in ways of its own.
            if not limit.expired():
                raise
            await problem_response(Unavailable("It took too long.", headers={"Retry-After": "2"}))(scope, receive, send)

    async def _try(self, scope: Scope, body: "_Body", send: Send, limit: asyncio.Timeout) -> None:
        for number in range(1, TRIES + 1):
            attempt = Attempt(number)
            await self.app({**scope, STATE: attempt}, body.receiver(), _sending(attempt, send, limit))
            if not attempt.undone:
                return
            await asyncio.sleep(secrets.randbelow(number * _PAUSE_MILLISECONDS) / 1000)


def _sending(attempt: Attempt, send: Send, limit: asyncio.Timeout) -> Send:
    async def send_on(message: Message) -> None:
        if attempt.last or not attempt.undone:
            attempt.undone = False
            if not limit.expired():
                limit.reschedule(None)  # It has begun; how long a client takes to read is bounded elsewhere.
            await send(message)

    return send_on


class _Body:
    """The request's body, which was read whole before: the same message for every attempt."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._first: Message | None = None

    def receiver(self) -> Receive:
        """What an attempt reads from."""
        begun = False

        async def receive() -> Message:
            nonlocal begun
            if begun:
                return await self._receive()
            begun = True
            if self._first is None:
                self._first = await self._receive()
            return self._first

        return receive
