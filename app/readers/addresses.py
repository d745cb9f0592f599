"""Network addresses as digests: nothing of an address is kept but what a random key made of it, and the key is forgotten.

A digest begins with the day on which its key began, so all that a key made is one range of an index, in whatever table it stands.
"""

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import select

from app.core import clock
from app.core.database import Database
from app.core.resealing import Sealed
from app.core.rows import enter_unless_taken
from app.core.sealing import BrokenSealError, seal, unseal
from app.core.settings import Settings
from app.readers.models import DigestKey

PURPOSE = "key of digests"
SEALED = (Sealed(DigestKey.sealed, DigestKey.begins_at, lambda _: PURPOSE),)
_KEY_BYTES = 32
_FIGURES = 40
_READ_ANEW = timedelta(minutes=1)
_NETWORK_BITS = {4: 24, 6: 48}
_CUSTOMER_BITS = 64


@dataclass(frozen=True, slots=True)
class Digested:
    """What is known of an address: its own digest, that of its network, and both by the key before."""

    address: str | None = None
    network: str | None = None
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Key:
    begins_at: datetime
    ends_at: datetime
    purge_at: datetime
    secret: bytes

    def digest(self, kind: str, text: str) -> str:
        return f"{stem(self.begins_at)}.{hmac.digest(self.secret, f'{kind} {text}'.encode(), sha256).hex()[:_FIGURES]}"


class Digests:
    """Digests addresses with the key of the present; makes the next key when that one has served its time."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._secret, self._days = database, settings.signing_key, timedelta(days=settings.digest_days)
        self._keys: list[_Key] = []
        self._read_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def of(self, host: str | None) -> Digested:
        """What is known of whoever has this address; nothing where it is none."""
        parts = parts_of(host)
        if parts is None:
            return Digested()
        now = clock.now()
        keys = [key for key in await self._living(now) if key.purge_at > now]
        made = [(key.digest("address", parts[0]), key.digest("network", parts[1])) for key in keys]
        return Digested(*made[0], earlier=tuple(digest for pair in made[1:] for digest in pair))

    async def _living(self, now: datetime) -> list[_Key]:
        """The keys that are not forgotten yet, the present one first."""
        if not self._are_of(now):
            async with self._lock:
                if not self._are_of(now):
                    self._keys, self._read_at = await self._read(now), now
        return self._keys

    def _are_of(self, now: datetime) -> bool:
        known = self._read_at is not None and self._read_at <= now < self._read_at + _READ_ANEW
        return known and bool(self._keys) and now < self._keys[0].ends_at

    async def _read(self, now: datetime) -> list[_Key]:
        keys = await self._find(now)
        if keys and keys[0].begins_at <= now < keys[0].ends_at:
            return keys
        await self._make(now)
        return await self._find(now)

    async def _find(self, now: datetime) -> list[_Key]:
        statement = select(DigestKey).where(DigestKey.purge_at > now, DigestKey.begins_at <= now).order_by(DigestKey.begins_at.desc())
        async with self._database.reading() as session:
            rows = (await session.scalars(statement)).all()
        return [key for row in rows if (key := self._opened(row)) is not None]

    def _opened(self, row: DigestKey) -> _Key | None:
        """The key; none where DATELINE_SECRET_KEY was changed: then there is no way back to what it made, and a new one begins."""
        try:
            return _Key(row.begins_at, row.ends_at, row.purge_at, unseal(self._secret, PURPOSE, row.sealed))
        except BrokenSealError:
            return None

    async def _make(self, now: datetime) -> None:
        """The next key, unless another process makes it: they agree since each begins it at the same moment, midnight."""
        begins_at = now.replace(hour=0, minute=0, second=0, microsecond=0)
        sealed = seal(self._secret, PURPOSE, secrets.token_bytes(_KEY_BYTES))
        ends_at = begins_at + self._days
        row = DigestKey(begins_at=begins_at, ends_at=ends_at, purge_at=ends_at + self._days, created_at=now, sealed=sealed)
        async with self._database.writing() as session:
            if not await enter_unless_taken(session, row):
                standing = await session.get_one(DigestKey, begins_at, with_for_update=True)
                if self._opened(standing) is None:
                    standing.sealed = sealed


def stem(begins_at: datetime) -> str:
    """How every digest begins that was made with the key of this day."""
    return f"{begins_at:%Y%m%d}"


def parts_of(host: str | None) -> tuple[str, str] | None:
    """An address and its network as texts. Of IPv6 the address is its first 64 bits: a customer has the others to choose from."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    address = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    own = _CUSTOMER_BITS if isinstance(address, IPv6Address) else address.max_prefixlen
    return str(ip_network((address, own), strict=False)), str(ip_network((address, _NETWORK_BITS[address.version]), strict=False))
