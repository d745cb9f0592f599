"""What the log lets go of although it goes on: the one way in which rows of it change."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, select, update

from app.core.database import WriteSession
from app.core.models import table_of
from app.events.models import Event

_EVENTS = table_of(Event)
_ADDRESSES = ("path", "previous_path")
_REWRITE = update(_EVENTS).where(_EVENTS.c.seq == bindparam("place", type_=BigInteger())).values(data=bindparam("without"))


async def forget_addresses(session: WriteSession, object_id: UUID) -> None:
    """Let the events that everybody may know no longer tell where the object stood.

    An address is made of words of the object. Whoever reads the log from its beginning after this still learns that something happened,
    and when.
    """
    known = select(Event.seq, Event.data).where(Event.object_id == object_id, Event.scope.is_(None))
    rows = (await session.execute(known)).all()
    told = [(row.seq, row.data) for row in rows if any(row.data.get(name) for name in _ADDRESSES)]
    if told:
        await session.execute(_REWRITE, [{"place": seq, "without": _without(data)} for seq, data in told])


async def forget_snapshots(session: WriteSession, objects: Sequence[UUID] | Select[UUID]) -> None:
    """Let the log keep no content of these objects.

    Those that are named and those that are selected are asked for apart: PostgreSQL has no index for either-or, and would look through the
    whole log.
    """
    kept = update(Event).where(Event.object_id.in_(objects), Event.snapshot.is_not(None)).values(snapshot=None)
    await session.execute(kept.execution_options(synchronize_session=False))


def _without(data: dict[str, Any]) -> dict[str, Any]:
    return {name: None if name in _ADDRESSES else value for name, value in data.items()}
