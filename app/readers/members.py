"""Whom a token proves: the issuer's keys, wherever they are kept, and the row that a member has."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from app.core import clock
from app.core.net import ExchangeFailedError, Outbound
from app.core.settings import Settings
from app.readers.errors import MembersUnavailable
from app.readers.kind import Commenter
from app.readers.tokens import Claims, Key, Rules, UnknownKeyError, prove, read_keys, secret_key

log = structlog.get_logger("dateline.readers")
_READ_ANEW = timedelta(minutes=10)
_NOT_SOONER = timedelta(seconds=30)
_FETCH_SECONDS = 5.0
_LONGEST_SET = 200_000
_OK = 200
_SPACE = uuid.UUID("5f0c7ed4-6f60-5d1b-9b6f-0d6a1d1f6d0e")


class Members:
    """Proves tokens against the issuer's keys, which are read when they are first needed and again when they may have changed."""

    def __init__(self, settings: Settings, outbound: Outbound | None = None) -> None:
        self._rules = Rules(
            settings.member_issuer, settings.member_audience, frozenset(settings.member_algorithms), settings.member_leeway_seconds
        )
        self._place, self._outbound = settings.member_keys, outbound
        self._allowed = settings.allowed_private_hosts
        shared = settings.member_secret.get_secret_value()
        self._keys: Sequence[Key] = [secret_key(shared)] if "HS256" in self._rules.algorithms and shared else []
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._lock = asyncio.Lock()

    @property
    def known(self) -> bool:
        """Whether there are members at all."""
        return bool(self._rules.issuer)

    async def prove(self, token: str) -> Commenter:
        """The member whom the token proves; raises RefusedTokenError, or MembersUnavailable where no keys can be had to tell."""
        await self._refresh(_READ_ANEW)
        if not self._keys:
            raise MembersUnavailable
        try:
            claims = prove(token, self._rules, self._keys)
        except UnknownKeyError:
            await self._refresh(_NOT_SOONER)
            claims = prove(token, self._rules, self._keys)
        return _commenter(claims)

    async def _refresh(self, age: timedelta) -> None:
        """Read the keys anew where they were read longer ago than `age`; those that are known stay where that fails.

        Whoever can do nothing with those that are known waits where they are being read already.
        """
        needs_others = not self._keys or age == _NOT_SOONER
        if not self._place or not (self._is_due(age) or (needs_others and self._lock.locked())):
            return
        async with self._lock:
            if not self._is_due(age):
                return
            self._tried_at = clock.now()
            try:
                self._keys, self._read_at = read_keys(await self._fetch()), self._tried_at
            except (OSError, ValueError, RecursionError, ExchangeFailedError) as error:
                log.warning("the keys of members cannot be read; those that are known stay", error=str(error))

    def _is_due(self, age: timedelta) -> bool:
        now = clock.now()
        tried_long_ago = self._tried_at is None or now - self._tried_at >= _NOT_SOONER
        return tried_long_ago and (self._read_at is None or now - self._read_at >= age)

    async def _fetch(self) -> bytes:
        if not self._place.startswith("https://"):
            return await asyncio.to_thread(Path(self._place).read_bytes)
        if self._outbound is None:
            self._outbound = Outbound(self._allowed)
        reply = await self._outbound.get(self._place, {"Accept": "application/json"}, seconds=_FETCH_SECONDS, limit=_LONGEST_SET)
        if reply.status != _OK or reply.cut:
            raise ValueError(f"it answered {reply.status}, or too much")
        return reply.body

    def close(self) -> None:
        """Let go of what looks addresses up."""
        if self._outbound is not None:
            self._outbound.close()


def member_id(issuer: str, subject: str) -> UUID:
    """The id of a member's row: made of what their token says, so that nothing need be looked up to know it."""
    return uuid.uuid5(_SPACE, f"{len(issuer)} {issuer} {subject}")


def _commenter(claims: Claims) -> Commenter:
    return Commenter(
        kind="member" if claims.badge is None else "staff", member_id=member_id(claims.issuer, claims.subject),
        issuer=claims.issuer, subject=claims.subject, name=claims.name, badge=claims.badge,
    )  # fmt: skip
