"""What is to be sent, from the log to the last attempt. The worker alone does this; each function is one transaction's work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, exists, func, or_, select

from app.access.models import Key
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.models import Instant
from app.events import queries as log
from app.events.actions import record
from app.events.models import SYSTEM, LogHead
from app.webhooks import matching, payloads, schedule
from app.webhooks.actions import delivery_of, happening
from app.webhooks.models import Attempt, Delivery, Webhook

SLOTS = 4
"""How many messages an endpoint is sent at a time; one, while it fails."""
AHEAD = 1_000
"""How many messages wait for an endpoint at most. Behind that its place in the log stands still: the log itself is the queue."""
_AT_A_TIME = 200
_GIVEN_UP_AFTER = timedelta(days=3)
_LONGEST_PAUSE = timedelta(hours=1)
_GONE, _ASK_FOR_TIME = 410, {429, 503}


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one endpoint: how much may be on its way at a time, and when the next is due."""

    webhook_id: UUID
    slots: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, taken to be sent: nobody else has it until the lease ends."""

    delivery_id: UUID
    lease: UUID
    webhook_id: UUID
    url: str
    message_id: str
    body: bytes
    secrets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went."""

    parcel: Parcel
    at: datetime
    milliseconds: int
    answer: str
    status_code: int | None = None
    failure: str | None = None
    asked: timedelta | None = None

    @property
    def taken(self) -> bool:
        """Whether the endpoint took it: any 2xx. A redirect is a failure, since it is not followed."""
        return self.status_code is not None and 200 <= self.status_code < 300  # noqa: PLR2004 - RFC 9110, 15.3


_DEAD = or_(Key.revoked_at.is_not(None), Key.expires_at <= bindparam("now", type_=Instant()))
BEHIND = exists(
    select(Webhook.id).join(Key, Key.id == Webhook.key_id)
    .where(Webhook.status == "active", or_(Webhook.queued_seq < select(LogHead.seq).scalar_subquery(), _DEAD))
)  # fmt: skip
"""Whether there are events that some webhook was not looked through for, or one whose key works no more."""
WAITING = exists(select(Delivery.id).where(Delivery.status == "pending"))
"""Whether anything is to be sent, now or later."""


async def fan_out(session: WriteSession) -> bool:
    """Write down for each webhook what it is to be sent, and how far the log was looked through; whether more is left.

    Both in one transaction, so that a crash neither loses an event nor doubles it.
    """
    head, floor = await log.head(session), await log.floor(session)
    statement = select(Webhook).where(Webhook.status == "active").order_by(Webhook.id).with_for_update(key_share=True, skip_locked=True)
    active = (await session.scalars(statement.execution_options(populate_existing=True))).all()
    keys = {key.id: key for key in await session.scalars(select(Key).where(Key.id.in_({webhook.key_id for webhook in active})))}
    waiting = await _waiting(session)
    groups: dict[int, list[matching.Recipient]] = {}
    for webhook in active:
        if _is_dead(keys[webhook.key_id]):
            _disable(session, webhook, "key")
            continue
        if webhook.queued_seq < floor:  # It was paused for so long; the chain shows the gap, since nobody ever gets this place.
            webhook.queued_seq = webhook.last_seq = floor
        if webhook.queued_seq < head and waiting.get(webhook.id, 0) < AHEAD:
            groups.setdefault(webhook.queued_seq, []).append(matching.Recipient(webhook, keys[webhook.key_id].scopes))
    ends = [await _queue(session, after, head, recipients) for after, recipients in groups.items()]
    await session.flush()
    return any(end < head for end in ends)


async def _queue(session: WriteSession, after: int, head: int, recipients: Sequence[matching.Recipient]) -> int:
    events = await matching.events_between(session, after, head, _AT_A_TIME)
    found = await matching.wanted(session, recipients, events)
    end = events[-1].seq if events else head
    now = clock.now()
    for webhook in (one.webhook for one in recipients):
        for event in found[webhook.id]:
            session.add(delivery_of(webhook, event, webhook.last_seq, now))
            webhook.last_seq = event.seq
        webhook.queued_seq = end
    return end


async def _waiting(session: ReadSession) -> dict[UUID, int]:
    statement = select(Delivery.webhook_id, func.count()).where(Delivery.status == "pending").group_by(Delivery.webhook_id)
    return dict((await session.execute(statement)).all())


async def queues(session: ReadSession) -> list[Queue]:
    """Whatever waits, endpoint by endpoint. One that is paused or disabled still gets tests; one that rests waits for the end of that."""
    active = select(Webhook.id, Webhook.failures, Webhook.rests_until, _earliest()).where(Webhook.status == "active")
    others = select(Webhook.id, Webhook.failures, Webhook.rests_until, _earliest(Delivery.seq.is_(None))).where(Webhook.status != "active")
    rows = [*await session.execute(active), *await session.execute(others)]
    return [
        Queue(webhook_id, 1 if failures else SLOTS, max(due_at, rests_until or due_at))
        for webhook_id, failures, rests_until, due_at in rows if due_at is not None
    ]  # fmt: skip


def _earliest(*conditions: ColumnElement[bool]) -> ScalarSelect[datetime]:
    statement = select(func.min(Delivery.due_at)).where(Delivery.webhook_id == Webhook.id, Delivery.status == "pending", *conditions)
    return statement.correlate(Webhook).scalar_subquery()


async def claim(session: WriteSession, room: Mapping[UUID, int], lease: timedelta) -> list[Parcel]:
    """Take what is due, for each webhook as much as it has `room` for. Each has a lease: until that ends, nobody else takes it.

    A row that another worker is just taking is stepped over on PostgreSQL; on SQLite one transaction writes at a time.
    """
    now = clock.now()
    webhooks = {webhook.id: webhook for webhook in await session.scalars(select(Webhook).where(Webhook.id.in_(room)))}
    taken: list[Delivery] = []
    for webhook_id, webhook in webhooks.items():
        statement = select(Delivery).where(
            Delivery.webhook_id == webhook_id, Delivery.status == "pending", Delivery.due_at <= now,
            *([] if webhook.status == "active" else [Delivery.seq.is_(None)]),
        ).order_by(Delivery.due_at, Delivery.seq).limit(room[webhook_id])  # fmt: skip
        taken += (await session.scalars(statement.with_for_update(skip_locked=True))).all()
    for delivery in taken:
        delivery.lease, delivery.due_at = ids.new(), now + lease
        delivery.attempts += 1
    await session.flush()
    parcels = []
    for delivery, body in zip(taken, await payloads.bodies(session, taken), strict=True):
        if body is None:  # The log keeps what is still to be sent; should it not have, one message must not hold up all others.
            delivery.status, delivery.failure, delivery.finished_at, delivery.lease = "failed", "forgotten", now, None
        else:
            parcels.append(_parcel(webhooks[delivery.webhook_id], delivery, body, now))
    await session.flush()
    return parcels


async def needed_from(session: ReadSession) -> int | None:
    """The first place of the log that an active webhook still needs; None where none needs anything. Before that it may be shortened."""
    pending = select(func.min(Delivery.seq)).join(Webhook, Webhook.id == Delivery.webhook_id)
    waiting = await session.scalar(pending.where(Webhook.status == "active", Delivery.status == "pending"))
    queued = await session.scalar(select(func.min(Webhook.queued_seq)).where(Webhook.status == "active"))
    known = [place for place in (waiting, None if queued is None else queued + 1) if place is not None]
    return min(known) if known else None


def _parcel(webhook: Webhook, delivery: Delivery, body: bytes, now: datetime) -> Parcel:
    secrets = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_secret_until is not None and webhook.old_secret_until > now:
        secrets.append(webhook.old_secret)
    lease = delivery.lease or ids.new()
    message = ids.encode("evt", delivery.event_id)
    return Parcel(delivery.id, lease, webhook.id, webhook.url, message, body, tuple(secrets))


async def finish(session: WriteSession, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, str]]:
    """Write down how attempts went, and what follows from it: each that was, with the status that its message has now.

    One whose lease was taken by another in the meantime is not written down.
    """
    written = []
    webhooks, deliveries = await _locked(session, outcomes)
    for outcome in outcomes:
        delivery, webhook = deliveries.get(outcome.parcel.delivery_id), webhooks.get(outcome.parcel.webhook_id)
        if delivery is None or webhook is None or delivery.lease != outcome.parcel.lease:
            continue
        session.add(
            Attempt(
                id=ids.new(), delivery_id=delivery.id, at=outcome.at, milliseconds=outcome.milliseconds, status_code=outcome.status_code,
                failure=outcome.failure, answer=outcome.answer,
            )
        )  # fmt: skip
        delivery.lease, delivery.status_code, delivery.failure = None, outcome.status_code, outcome.failure
        if outcome.taken:
            _succeed(webhook, delivery)
        else:
            _fail(session, webhook, delivery, outcome)
        written.append((outcome, delivery.status))
    await session.flush()
    return written


async def _locked(session: WriteSession, outcomes: Sequence[Outcome]) -> tuple[dict[UUID, Webhook], dict[UUID, Delivery]]:
    """The endpoints first, as whoever changes one does: two that wait for each other would both be refused."""
    hooks = select(Webhook).where(Webhook.id.in_({outcome.parcel.webhook_id for outcome in outcomes})).order_by(Webhook.id)
    webhooks = {row.id: row for row in await session.scalars(hooks.with_for_update(key_share=True))}
    sent = select(Delivery).where(Delivery.id.in_({outcome.parcel.delivery_id for outcome in outcomes})).order_by(Delivery.id)
    return webhooks, {row.id: row for row in await session.scalars(sent.with_for_update(key_share=True))}


def _succeed(webhook: Webhook, delivery: Delivery) -> None:
    delivery.status, delivery.finished_at = "delivered", clock.now()
    webhook.delivered_at, webhook.failures = clock.now(), 0
    webhook.failing_since = webhook.rests_until = None


def _fail(session: WriteSession, webhook: Webhook, delivery: Delivery, outcome: Outcome) -> None:
    now = clock.now()
    if delivery.seq is None:  # A test says how it went, and no more.
        delivery.status, delivery.finished_at = "failed", now
        return
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    webhook.rests_until = schedule.rest(webhook.failures, now)
    if outcome.status_code in _ASK_FOR_TIME and outcome.asked is not None:
        webhook.rests_until = max(webhook.rests_until or now, now + min(outcome.asked, _LONGEST_PAUSE))
    again = schedule.next_attempt(delivery.attempts, now, asked=outcome.asked, chance=schedule.chance())
    gone = outcome.status_code == _GONE
    if again is None or gone:
        delivery.status, delivery.finished_at = "failed", now
    else:
        delivery.due_at = again
    if webhook.status == "active" and (gone or (again is None and webhook.failing_since <= now - _GIVEN_UP_AFTER)):
        _disable(session, webhook, "gone" if gone else "failing")


def _disable(session: WriteSession, webhook: Webhook, reason: str) -> None:
    """Send it nothing more until somebody resumes it. It keeps its place in the log."""
    webhook.status, webhook.disabled_reason, webhook.disabled_at = "disabled", reason, clock.now()
    webhook.version += 1
    record(session, happening("webhook.disabled", webhook, SYSTEM, ("status",), reason=reason))


def _is_dead(key: Key) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= clock.now())
