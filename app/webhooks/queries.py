"""Questions about webhooks. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from app.access.scopes import EVERYTHING
from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.webhooks.errors import WebhookNotFound
from app.webhooks.models import Attempt, Delivery, Webhook


async def get_webhook(session: ReadSession, webhook_id: UUID, *, for_change: bool = False) -> Webhook:
    """The webhook with this id; raises WebhookNotFound."""
    statement = select(Webhook).where(Webhook.id == webhook_id)
    found = (await session.scalars(statement.with_for_update() if for_change else statement)).one_or_none()
    if found is None:
        raise WebhookNotFound
    return found


async def list_webhooks(session: ReadSession, position: Sequence[Any] | None, limit: int) -> Sequence[Webhook]:
    """Webhooks, the oldest first."""
    return (await session.scalars(Keyset((Webhook.id,), descending=False).after(select(Webhook), position).limit(limit))).all()


def known_to(scopes: Collection[str], webhook_id: UUID) -> Select[Delivery]:
    """A webhook's deliveries of events that a caller with these scopes may know of."""
    statement = select(Delivery).where(Delivery.webhook_id == webhook_id)
    if EVERYTHING in scopes:
        return statement
    return statement.where(or_(Delivery.scope.is_(None), Delivery.scope.in_(scopes)))


async def list_deliveries(
    session: ReadSession, webhook_id: UUID, scopes: Collection[str], statuses: Sequence[str], position: Sequence[Any] | None, limit: int
) -> Sequence[Delivery]:
    """A webhook's deliveries, the newest first; only of some `statuses`, where any are named."""
    statement = known_to(scopes, webhook_id)
    if statuses:
        statement = statement.where(Delivery.status.in_(statuses))
    return (await session.scalars(Keyset((Delivery.id,), descending=True).after(statement, position).limit(limit))).all()


async def get_delivery(
    session: ReadSession, webhook_id: UUID, delivery_id: UUID, scopes: Collection[str], *, for_change: bool = False
) -> Delivery:
    """One delivery; raises WebhookNotFound, also where the caller may not know of its event."""
    statement = known_to(scopes, webhook_id).where(Delivery.id == delivery_id)
    found = (await session.scalars(statement.with_for_update() if for_change else statement)).one_or_none()
    if found is None:
        raise WebhookNotFound("There is no such delivery.")
    return found


async def list_attempts(session: ReadSession, delivery_id: UUID) -> Sequence[Attempt]:
    """Every try to deliver it, the oldest first."""
    return (await session.scalars(select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.at, Attempt.id))).all()
