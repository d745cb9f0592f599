"""Where limits stand: behind the cache, so that what it answers costs nobody anything, and before the body is read."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import context
from app.core.asgi.limits import FAILED_KEYS, READER_WRITES, READS, Limits, network_of
from app.core.asgi.problems import problem_response
from app.core.errors import TooManyRequests

_LIMITED = "/v1/"
_READING = frozenset({"GET", "HEAD"})
_UNAUTHORIZED = 401


class Limiting:
    """Counts requests by network address where they come without a key. Those with one are counted by their guard, who knows it.

    A key that is unknown has no count of its own, which a stranger could have as many of as he likes: refusals are counted for his address.
    Until a guard has found it valid, it frees no read from the count of its address: what everybody may read looks at no key. One that was
    found valid has a count of its own for that.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(_LIMITED) or scope["method"] == "OPTIONS":
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        address = None if client is None else network_of(client[0])
        key = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        policy = None if key is None else self.limits.policy_of(key)
        answer = _Answer(self.limits, scope, receive, send, key=key, address=address, policy=policy)
        try:
            if key is not None and policy is None:
                await self.limits.insist(FAILED_KEYS, address)
            if scope["method"] in _READING:
                await (self.limits.take(READS, address) if policy is None else self.limits.insist(policy, key, public=True))
            elif key is None:
                await self.limits.take(READER_WRITES, address)
        except TooManyRequests as problem:
            await problem_response(problem)(scope, receive, answer.tell)
            return
        await self.app(scope, receive, answer.take)


class _Answer:
    """Adds to an answer what its caller is to be told, and counts keys that were refused or not looked at; one too many is a 429."""

    def __init__(
        self, limits: Limits, scope: Scope, receive: Receive, send: Send, *, key: bytes | None, address: str | None, policy: str | None
    ) -> None:
        self._limits, self._scope, self._receive, self._send = limits, scope, receive, send
        self._key, self._address, self._policy = key, address, policy
        self._replaced = False

    async def take(self, message: Message) -> None:
        """One message of the application."""
        if message["type"] == "http.response.start" and self._key is not None:
            try:
                await self._count(self._key, message["status"])
            except TooManyRequests as problem:
                self._replaced = True
                await problem_response(problem)(self._scope, self._receive, self.tell)
        if not self._replaced:
            await self.tell(message)

    async def _count(self, key: bytes, status: int) -> None:
        if status == _UNAUTHORIZED:
            self._limits.doubt(key)
            await self._limits.take(FAILED_KEYS, self._address)
        elif self._policy is not None and self._scope["method"] in _READING and not context.passage.get().counted:
            await self._limits.take(self._policy, key, public=True)

    async def tell(self, message: Message) -> None:
        """Send it, with the headers that limits have noted; what a cache may give to others says nothing of one of them."""
        if message["type"] == "http.response.start" and not _is_for_all(message):
            message["headers"] = [*message["headers"], *context.passage.get().headers]
        await self._send(message)


def _is_for_all(message: Message) -> bool:
    return any(name == b"cache-control" and value.startswith(b"public") for name, value in message["headers"])
