"""How often somebody may ask: policies, who is meant by somebody, and what they are told of it.

A policy lets `amount` requests pass in each window of time. Windows begin at another moment for everybody, so that those who wait do not
come back all at once.
"""

import asyncio
import hmac
import ipaddress
import math
from collections import Counter as Counts
from collections import OrderedDict
from functools import lru_cache
from typing import Any

import limits
import structlog
from limits.errors import StorageError
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, context
from app.core.asgi.counting import Counter, MemoryCounter
from app.core.database import Occupied
from app.core.errors import TooManyRequests
from app.core.settings import Settings

log = structlog.get_logger("dateline.limits")
READS, READER_WRITES, KEY_READS, KEY_WRITES, FAILED_KEYS = "reads", "reader-writes", "key-reads", "key-writes", "failed-keys"
REHEARSALS = "rehearsals"
POLICIES = (READS, READER_WRITES, REHEARSALS, KEY_READS, KEY_WRITES, FAILED_KEYS)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PATIENCE_SECONDS = 3.0
_COMPLAIN_EVERY_SECONDS = 10.0
_NAME_LENGTH = 32
_MOST_PROVEN = 10_000


class Limits:
    """Counts requests against their policies. What cannot be counted passes: limits protect the service, and do not stop it."""

    def __init__(self, settings: Settings, counter: Counter | None = None) -> None:
        self.policies = {name: _policy(settings, name) for name in POLICIES}
        self.refused: Counts[str] = Counts()
        self.counter: Counter = counter or MemoryCounter()
        self._nearby = MemoryCounter()
        self._secret = settings.signing_key
        self._proven: OrderedDict[bytes, str] = OrderedDict()
        self._complained_at = -math.inf

    async def take_key(self, key: object, method: str, sent: str) -> None:
        """Count a request of a key that has just been found valid, as it was `sent`; raises TooManyRequests."""
        self._believe(sent, KEY_READS)
        await self.take(KEY_READS if method in _READING else KEY_WRITES, key)

    async def take_member(self, member: object, method: str, sent: str) -> None:
        """The same for a member's token; members write as often as readers without a key do, each counted for themselves."""
        self._believe(sent, READS)
        await self.take(READS if method in _READING else READER_WRITES, f"member {member}")

    async def take_rehearsal(self, member: object, host: str | None) -> None:
        """Count a rehearsal of what readers write: by the member, or by the address of whoever is none."""
        address = None if host is None else network_of(host)
        await self.take(REHEARSALS, address if member is None else f"member {member}")

    def _believe(self, sent: str, policy: str) -> None:
        context.passage.get().counted = True
        proof = self._proof(sent.encode())
        self._proven[proof] = policy
        self._proven.move_to_end(proof)
        if len(self._proven) > _MOST_PROVEN:
            self._proven.popitem(last=False)

    async def take(self, policy: str, subject: object, *, public: bool = False) -> None:
        """Count a request of `subject`, and note what they are to be told; raises TooManyRequests where it is one too many.

        Reads of what is `public` are counted here in any case: they must not cost what they are to be protected from.
        """
        item = self.policies[policy]
        if item is None or subject is None:
            return
        name, seconds = self._window(policy, str(subject), item.get_expiry())
        public = public or policy == READS
        counter = self._nearby if public else self.counter
        count = await self._safely(counter.incr(name, item.get_expiry()))
        remaining = max(item.amount - count, 0)
        if not public or count > item.amount:
            context.passage.get().headers = headers(policy, item, remaining, seconds)
        if count > item.amount:
            self._refuse(policy, item, seconds)

    def policy_of(self, sent: bytes) -> str | None:
        """How reads with this are counted, where it was a valid key lately: others' failures at its address are not held against it."""
        return self._proven.get(self._proof(sent))

    def doubt(self, sent: bytes) -> None:
        """It was refused."""
        self._proven.pop(self._proof(sent), None)

    def _proof(self, sent: bytes) -> bytes:
        return hmac.digest(self._secret, sent, "sha256")

    async def insist(self, policy: str, subject: object, *, public: bool = False) -> None:
        """Raise TooManyRequests where nothing is left to `subject`; nothing is counted."""
        item = self.policies[policy]
        if item is None or subject is None:
            return
        name, seconds = self._window(policy, str(subject), item.get_expiry())
        if await self._safely((self._nearby if public else self.counter).get(name)) >= item.amount:
            context.passage.get().headers = headers(policy, item, 0, seconds)
            self._refuse(policy, item, seconds)

    def _refuse(self, policy: str, item: limits.RateLimitItem, seconds: int) -> None:
        self.refused[policy] += 1
        detail = f"At most {item.amount} in {item.get_expiry()} seconds; ask again in {seconds}."
        raise TooManyRequests(detail, headers={"Retry-After": str(seconds)}, policy=policy)

    def _window(self, policy: str, subject: str, length: int) -> tuple[str, int]:
        """The name of the present window's count, and how many seconds are left of it."""
        name = hmac.digest(self._secret, f"{policy} {subject}".encode(), "sha256").hex()[:_NAME_LENGTH]
        number, passed = divmod(clock.now().timestamp() + int(name[:8], 16) % length, length)
        return f"{name}:{int(number)}", max(math.ceil(length - passed), 1)

    async def _safely(self, counting: Any) -> int:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                count: int = await counting
        except (SQLAlchemyError, StorageError, Occupied, OSError, TimeoutError) as error:
            now = asyncio.get_running_loop().time()
            if now - self._complained_at > _COMPLAIN_EVERY_SECONDS:
                self._complained_at = now
                log.warning("requests cannot be counted, and pass", kind=type(error).__name__)
            return 0
        return count


def headers(policy: str, item: limits.RateLimitItem, remaining: int, seconds: int) -> list[tuple[bytes, bytes]]:
    """`RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers has them: structured fields (RFC 9651)."""
    return [
        (b"ratelimit-policy", f'"{policy}";q={item.amount};w={item.get_expiry()}'.encode()),
        (b"ratelimit", f'"{policy}";r={remaining};t={seconds}'.encode()),
    ]


@lru_cache(maxsize=10_000)
def network_of(host: str) -> str:
    """Whom an address stands for: itself, or the first 64 bits of IPv6, whose customer has the other 64 to choose from."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _policy(settings: Settings, name: str) -> limits.RateLimitItem | None:
    text = getattr(settings, f"rate_limit_{name.replace('-', '_')}")
    return limits.parse(text) if text and settings.rate_limit_storage != "off" else None
