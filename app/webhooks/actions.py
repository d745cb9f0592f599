"""What an integrator does to a webhook. Rules live here; commits do not."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from app.access.models import Key
from app.access.scopes import EVERYTHING, allows
from app.core import clock, ids
from app.core.addresses import RefusedAddressError
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.net import check
from app.core.resealing import Sealed
from app.core.sealing import seal
from app.core.settings import Settings
from app.events import queries as log
from app.events.actions import record
from app.events.models import Actor, Event, Happening
from app.events.versions import Content, changed_fields, check_version
from app.events.waking import nudge
from app.sections import queries as sections
from app.webhooks import matching, payloads, schemas, signing
from app.webhooks.errors import ReplayTooLong, WebhookNotFound
from app.webhooks.models import Delivery, Webhook

_FIELDS = ("name", "url", "events", "sections", "kinds")
SCOPE = "webhooks:manage"
_FORGOTTEN_AT_A_TIME = 1_000


async def create_webhook(
    session: WriteSession, order: schemas.WebhookCreate, *, key: Key, by: Actor, settings: Settings
) -> tuple[Webhook, str]:
    """A new webhook and its signing secret. It is sent what happens from now on, as far as `key` may know of it."""
    values = await _checked(session, order.model_dump(), settings)
    secret, webhook_id = signing.new_secret(), ids.new()
    webhook = Webhook(
        **values, id=webhook_id, key_id=key.id, version=1, status="active", queued_seq=await log.head(session),
        secret=seal(settings.signing_key, purpose(webhook_id), secret), failures=0,
    )  # fmt: skip
    session.add(webhook)
    await session.flush()
    record(session, happening("webhook.created", webhook, by, _FIELDS))
    return webhook, signing.in_words(secret)


async def update_webhook(
    session: WriteSession, webhook: Webhook, patch: schemas.WebhookUpdate, *, key: Key, by: Actor, if_match: int | None, settings: Settings
) -> Webhook:
    """Change `webhook`. From then on it is sent what `key` may know of: nobody can turn another's knowledge to an address of their own."""
    yours = patch.model_dump(exclude_unset=True)
    await _check(session, webhook, if_match, yours)
    yours = await _checked(session, yours, settings)
    changed = changed_fields(_content(webhook), _content(webhook) | yours)
    if not changed:
        return webhook
    for name in changed:
        setattr(webhook, name, yours[name])
    await _lend(session, webhook, key)
    return await _changed(session, webhook, by, changed)


async def _lend(session: WriteSession, webhook: Webhook, key: Key) -> None:
    """Send it what `key` may know of, of what waits for it too: the rest is let go of. The chain shows that gap, and a replay fills it."""
    webhook.key_id = key.id
    if EVERYTHING not in key.scopes:
        unknown = Delivery.scope.not_in(key.scopes)
        await session.execute(delete(Delivery).where(Delivery.webhook_id == webhook.id, Delivery.status == "pending", unknown))


async def pause_webhook(session: WriteSession, webhook: Webhook, *, by: Actor, if_match: int | None) -> Webhook:
    """Send it nothing until it is resumed. It keeps its place in the log, so that nothing is missed. Pausing twice is no error."""
    await _check(session, webhook, if_match, {})
    if webhook.status != "active":
        return webhook
    webhook.status = "paused"
    return await _changed(session, webhook, by, ("status",))


async def resume_webhook(session: WriteSession, webhook: Webhook, *, key: Key, by: Actor, if_match: int | None) -> Webhook:
    """Go on where it stopped, with what `key` may know of, whether it was paused or disabled. Resuming twice is no error."""
    await _check(session, webhook, if_match, {})
    webhook.rests_until = None
    if webhook.status == "active":
        return webhook
    webhook.status = "active"
    await _lend(session, webhook, key)
    webhook.disabled_reason = webhook.disabled_at = webhook.failing_since = None
    webhook.failures = 0
    return await _changed(session, webhook, by, ("status",))


async def rotate_secret(
    session: WriteSession, webhook: Webhook, overlap: timedelta, *, by: Actor, if_match: int | None, settings: Settings
) -> tuple[Webhook, str]:
    """A new signing secret. Until the `overlap` is over the present one signs too, so that no receiver is caught between the two."""
    await _check(session, webhook, if_match, {})
    secret = signing.new_secret()
    webhook.old_secret, webhook.old_secret_until = (webhook.secret, clock.now() + overlap) if overlap else (None, None)
    webhook.secret = seal(settings.signing_key, purpose(webhook.id), secret)
    return await _changed(session, webhook, by, ("secret",)), signing.in_words(secret)


async def delete_webhook(session: WriteSession, webhook: Webhook, *, by: Actor, if_match: int | None) -> None:
    """Remove `webhook`, with what was to be sent to it and the log of its deliveries."""
    await _check(session, webhook, if_match, {})
    record(session, happening("webhook.deleted", webhook, by))
    await session.delete(webhook)
    await session.flush()


async def send_test(session: WriteSession, webhook: Webhook) -> Delivery:
    """A message `webhook.test`, also where the webhook is paused or disabled."""
    now = clock.now()
    webhook.rests_until = None
    delivery = Delivery(
        id=ids.new(), webhook_id=webhook.id, event_id=ids.new(), type=payloads.TEST, status="pending", attempts=0,
        created_at=now, due_at=now,
    )  # fmt: skip
    session.add(delivery)
    await session.flush()
    await nudge(session)
    return delivery


async def retry(session: WriteSession, webhook: Webhook, delivery: Delivery) -> Delivery:
    """Send it once more, at once, with all its attempts before it. What is being sent at this moment is left alone.

    Raises WebhookNotFound where the key that the webhook is sent with now may not know of the event.
    """
    key = await session.get_one(Key, webhook.key_id)
    if delivery.scope is not None and not allows(key.scopes, delivery.scope):
        raise WebhookNotFound("The webhook's own key may not know of its event.")
    webhook.rests_until = None
    if delivery.lease is None:
        _again(delivery)
    await session.flush()
    await nudge(session)
    return delivery


async def replay(session: WriteSession, webhook: Webhook, first: int, last: int, *, scopes: Collection[str]) -> int:
    """Send again whatever of these places of the log the webhook wants now, and its key and the caller's `scopes` may know of."""
    if last < first:
        raise ValidationFailed(errors=[Fault("period", "It must not come before `from_seq`.", "#/to_seq")])
    if last - first >= schemas.LONGEST_REPLAY:
        raise ReplayTooLong(limit=schemas.LONGEST_REPLAY)
    key = await session.get_one(Key, webhook.key_id)
    events = await matching.events_between(session, first - 1, min(last, webhook.queued_seq), schemas.LONGEST_REPLAY)
    found = (await matching.wanted(session, [matching.Recipient(webhook, key.scopes)], events))[webhook.id]
    both = [event for event in found if event.scope is None or allows(scopes, event.scope)]
    statement = select(Delivery).where(Delivery.webhook_id == webhook.id, Delivery.seq.between(first, last))
    known = {delivery.seq: delivery for delivery in await session.scalars(statement.with_for_update())}
    before = select(func.max(Delivery.seq)).where(Delivery.webhook_id == webhook.id, Delivery.seq < first)
    previous, now = await session.scalar(before), clock.now()
    for event in both:
        delivery = known.get(event.seq)
        if delivery is None:
            session.add(delivery_of(webhook, event, previous, now))
        elif delivery.lease is None:
            _again(delivery)
        previous = event.seq
    webhook.rests_until = None
    await session.flush()
    await nudge(session)
    return len(both)


def delivery_of(webhook: Webhook, event: Event, previous: int | None, now: datetime) -> Delivery:
    """A delivery of `event` to `webhook`, due at once."""
    return Delivery(
        id=ids.new(), webhook_id=webhook.id, seq=event.seq, previous_seq=previous, event_id=event.id, type=event.type, scope=event.scope,
        status="pending", attempts=0, created_at=now, due_at=now,
    )  # fmt: skip


async def forget_deliveries(session: WriteSession, *, before: datetime) -> bool:
    """Remove some of the deliveries that were done before this moment, with their attempts; whether more are left."""
    old = select(Delivery.id).where(Delivery.finished_at < before).limit(_FORGOTTEN_AT_A_TIME)
    gone = await session.scalars(delete(Delivery).where(Delivery.id.in_(old.scalar_subquery())).returning(Delivery.id))
    return len(gone.all()) == _FORGOTTEN_AT_A_TIME


def _again(delivery: Delivery) -> None:
    delivery.status, delivery.attempts, delivery.due_at, delivery.finished_at = "pending", 0, clock.now(), None


def purpose(webhook_id: UUID) -> str:
    """What a signing secret is sealed for: it can be moved to no other webhook."""
    return f"webhook {webhook_id}"


SEALED = (Sealed(Webhook.secret, Webhook.id, purpose), Sealed(Webhook.old_secret, Webhook.id, purpose))


def happening(kind: str, webhook: Webhook, by: Actor, changed: tuple[str, ...] = (), **data: Any) -> Happening:
    """An event of a webhook; who may manage webhooks may know of it."""
    return Happening(
        kind, "webhook", webhook.id, by, tags=(), scope=SCOPE, version=webhook.version, changed=changed,
        data={"name": webhook.name, **data}, snapshot=_content(webhook),
    )  # fmt: skip


def _content(webhook: Webhook) -> Content:
    return {name: getattr(webhook, name) for name in _FIELDS}


async def _check(session: WriteSession, webhook: Webhook, if_match: int | None, yours: Content) -> None:
    await check_version(session, webhook.id, present=webhook.version, if_match=if_match, theirs=_content(webhook), yours=yours)


async def _changed(session: WriteSession, webhook: Webhook, by: Actor, changed: tuple[str, ...]) -> Webhook:
    webhook.version += 1
    webhook.revised_at = clock.now()
    await session.flush()
    record(session, happening("webhook.updated", webhook, by, changed))
    return webhook


async def _checked(session: WriteSession, values: Content, settings: Settings) -> Content:
    """`values` with sections by their ids; raises ValidationFailed for an address that may not be sent to or a section there is not."""
    faults = []
    if "url" in values:
        try:
            check(values["url"], settings.allowed_private_hosts)
        except RefusedAddressError as error:
            faults.append(Fault("address", str(error), "#/url"))
    if values.get("sections"):
        found = await sections.find_sections(session, values["sections"])
        unknown = [(place, ref) for place, ref in enumerate(values["sections"]) if ref not in found]
        faults += [Fault("unknown_reference", f"There is no section {ref}.", f"#/sections/{place}") for place, ref in unknown]
        values = values | {"sections": list(dict.fromkeys(ids.encode("sec", section.id) for section in found.values()))}
    if faults:
        raise ValidationFailed(errors=faults)
    return values
