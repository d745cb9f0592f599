"""What a message says. It is made from the log whenever it is needed, byte for byte the same."""

from typing import Any

from pydantic_core import to_json
from sqlalchemy import select
from sqlalchemy.orm import defer

from app.core import ids
from app.core.database import ReadSession
from app.core.schemas import wire_instant
from app.events.models import Event
from app.events.schemas import change
from app.webhooks.models import Delivery

TEST = "webhook.test"
HEADERS = {"content-type": "application/json"}


async def bodies(session: ReadSession, deliveries: list[Delivery]) -> list[bytes | None]:
    """The body of each message, in the order of `deliveries`; None where the log has it no more."""
    wanted = {delivery.seq for delivery in deliveries if delivery.seq is not None}
    found = await session.scalars(select(Event).where(Event.seq.in_(wanted)).options(defer(Event.snapshot, raiseload=True)))
    events = {event.seq: event for event in found}
    return [_test(one) if one.seq is None else _body(events.get(one.seq), one.previous_seq) for one in deliveries]


def _body(event: Event | None, previous_seq: int | None) -> bytes | None:
    if event is None:
        return None
    return _message(event.type, wire_instant(event.at), {**change(event, in_full=True), "previous_seq": previous_seq})


def _test(delivery: Delivery) -> bytes:
    return _message(
        TEST, wire_instant(delivery.created_at), {"id": ids.encode("evt", delivery.event_id), "seq": None, "previous_seq": None}
    )


def _message(kind: str, at: str, data: dict[str, Any]) -> bytes:
    return to_json({"type": kind, "timestamp": at, "data": data})
