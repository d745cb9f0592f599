"""What was sealed with the secret before is sealed with the present one, a batch a transaction. It goes on where it was interrupted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database import Database, WriteSession
from app.core.sealing import BrokenSealError, seal, unseal

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret of before, and that of now."""

    before: bytes
    now: bytes


@dataclass(slots=True)
class Count:
    """How many values are sealed anew, and how many could be opened with neither secret."""

    renewed: int = 0
    lost: int = 0


Beside = Callable[[WriteSession, bytes, Secrets], Awaitable[dict[str, Any]]]


async def _nothing(_session: WriteSession, _plain: bytes, _secrets: Secrets) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Sealed:
    """Where sealed values stand: in a column of rows that `identity` tells apart, each for its purpose; and what changes beside."""

    column: InstrumentedAttribute[Any]
    identity: InstrumentedAttribute[Any]
    purpose: Callable[[Any], str]
    beside: Beside = _nothing


async def reseal(database: Database, places: Sequence[Sealed], secrets: Secrets) -> Count:
    """Seal anew what was sealed with the secret of before; what is open to the present one already stays."""
    count = Count()
    for place in places:
        last: Any = None
        while True:
            async with database.writing() as session:
                rows = await _next(session, place, last)
                for row in rows:
                    await _renew(session, place, row, secrets, count)
            if len(rows) < _BATCH:
                break
            last = rows[-1].identity
    return count


async def _next(session: WriteSession, place: Sealed, last: Any) -> Sequence[Any]:
    statement = select(place.identity.label("identity"), place.column.label("kept")).where(place.column.is_not(None))
    if last is not None:
        statement = statement.where(place.identity > last)
    return (await session.execute(statement.order_by(place.identity).limit(_BATCH))).all()


async def _renew(session: WriteSession, place: Sealed, row: Any, secrets: Secrets, count: Count) -> None:
    purpose = place.purpose(row.identity)
    if _opened(secrets.now, purpose, row.kept) is not None:
        return
    plain = _opened(secrets.before, purpose, row.kept)
    if plain is None:
        count.lost += 1
        return
    values = {place.column.key: seal(secrets.now, purpose, plain), **await place.beside(session, plain, secrets)}
    changed = update(place.column.class_).where(place.identity == row.identity).values(values)
    await session.execute(changed, execution_options={"synchronize_session": False})
    count.renewed += 1


def _opened(key: bytes, purpose: str, kept: bytes) -> bytes | None:
    try:
        return unseal(key, purpose, kept)
    except BrokenSealError:
        return None
