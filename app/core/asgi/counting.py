"""Where requests are counted for their limits: in this process, in the database for all of them, or in Redis.

A count has a name that says nothing of whom it is of, belongs to one window of time, and is of no use after it.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from limits.storage import storage_from_string
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import Database
from app.core.lookups import Lookup
from app.core.models import Base, short_text

REDIS_MISSING = "DATELINE_RATE_LIMIT_STORAGE names Redis, which needs another package: pip install 'dateline[redis]'."
_MOST = 100_000
"""Counts that a process keeps in memory, at about 200 bytes each."""
_SWEEP_EVERY = timedelta(minutes=1)


class Counter(Protocol):
    """Counts; the storages of `limits` do so too."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count that ends after `expiry` seconds; the sum."""

    async def get(self, key: str) -> int:
        """A count as it is."""


class MemoryCounter:
    """Counts of this process; the oldest go first, so that however many strangers come, memory has an end."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._counts: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def __len__(self) -> int:
        """How many counts are kept."""
        return len(self._counts)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count."""
        count, ends = self._counts.get(key, (0, clock.now() + timedelta(seconds=expiry)))
        self._counts[key] = (count + amount, ends)
        if count == 0:
            self._make_room()
        return count + amount

    async def get(self, key: str) -> int:
        """A count as it is."""
        return self._counts.get(key, (0, None))[0]

    def _make_room(self) -> None:
        """Two go for one that comes, if their time is over; one goes in any case where there are too many."""
        now = clock.now()
        for _ in range(2):
            oldest = next(iter(self._counts))
            if self._counts[oldest][1] <= now or len(self._counts) > self._most:
                del self._counts[oldest]


class RateCount(Base):
    """How many requests one name has made in one window. The name is a keyed hash: no address is stored."""

    __tablename__ = "rate_counts"
    name: Mapped[str] = mapped_column(short_text(), primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)


_VALUES: dict[str, Any] = {"name": bindparam("name"), "count": bindparam("amount"), "ends_at": bindparam("ends_at")}


def _upsert(insert: Any) -> Any:
    row = insert(RateCount).values(_VALUES)
    added = row.on_conflict_do_update(index_elements=[RateCount.name], set_={"count": RateCount.count + row.excluded.count})
    return added.returning(RateCount.count.label("count"))


class DatabaseCounter:
    """Counts of all processes, one statement each; the database adds up, so nobody's request is lost between two."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._swept_at = clock.now()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count."""
        now = clock.now()
        values = {"name": key, "amount": amount, "ends_at": now + timedelta(seconds=expiry)}
        count: int = await (self._add_postgres if self._database.dialect == "postgresql" else self._add_sqlite)(values)
        if now - self._swept_at > _SWEEP_EVERY:
            self._swept_at = now
            await self._sweep(now)
        return count

    async def _add_postgres(self, values: dict[str, Any]) -> int:
        """Over a connection that is kept, without a session, which would cost more than the count."""
        count: int = (await self._database.lookups.all(_ADD_POSTGRES, **values))[0].count
        return count

    async def _add_sqlite(self, values: dict[str, Any]) -> int:
        async with self._database.counting() as session:
            count: int = (await session.execute(_ADD_SQLITE, values)).scalar_one()
            return count

    async def _sweep(self, now: datetime) -> None:
        async with self._database.counting() as session:
            await session.execute(delete(RateCount).where(RateCount.ends_at < now))

    async def get(self, key: str) -> int:
        """A count as it is."""
        async with self._database.reading() as session:
            return (await session.execute(select(RateCount.count).where(RateCount.name == key))).scalar_one_or_none() or 0


_ADD_SQLITE = _upsert(sqlite.insert)
_ADD_POSTGRES = Lookup(_upsert(postgresql.insert))


def counter_for(storage: str, database: Database) -> Counter:
    """The counter that the setting names."""
    if storage in {"off", "memory"}:
        return MemoryCounter()
    if storage == "database":
        return DatabaseCounter(database)
    redis = storage_from_string(f"async+{storage}", implementation="redispy", wrap_exceptions=True, key_prefix="dateline")
    return cast("Counter", redis)


async def close(counter: Counter) -> None:
    """Let go of Redis; `limits` leaves that to whoever began."""
    bridge = getattr(counter, "bridge", None)
    if bridge is not None:
        await bridge.storage.aclose()
