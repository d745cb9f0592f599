"""What a webhook is, as rows: the endpoint, what it is sent, and how each attempt went."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.models import Base, Record, short_text


class Webhook(Record):
    """An endpoint that the log is sent to, as far as the key that made or last changed it may know of it.

    `queued_seq` is how far the log was looked through for it, and `last_seq` the last event found: together they are the endpoint's own
    place in the log, kept in the transaction that writes down its deliveries. While it is paused or disabled they stand still, so that
    nothing is missed.

    Secrets are sealed. While one is being replaced, the old one signs too, until `old_secret_until`.
    """

    __tablename__ = "webhooks"

    name: Mapped[str]
    url: Mapped[str]
    key_id: Mapped[UUID] = mapped_column(ForeignKey("keys.id"), index=True)
    events: Mapped[list[Any]]
    sections: Mapped[list[Any]]
    kinds: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(short_text(), default="active")
    disabled_reason: Mapped[str | None] = mapped_column(short_text())
    disabled_at: Mapped[datetime | None]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[datetime | None]
    queued_seq: Mapped[int]
    last_seq: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class Delivery(Base):
    """One event for one endpoint; a test has no `seq`.

    `due_at` is when it is to be tried next. Whoever takes it moves that to the end of a lease and signs with `lease`: where a worker is
    lost, what it had taken comes due by itself, and what a worker that was thought lost has to say is not written over another's.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "seq"),
        Index(None, "status", "webhook_id", "due_at"),
        Index(None, "webhook_id", "id"),
        Index(None, "finished_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    seq: Mapped[int | None]
    previous_seq: Mapped[int | None]
    event_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(short_text())
    scope: Mapped[str | None] = mapped_column(short_text())
    status: Mapped[str] = mapped_column(short_text(), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime]
    lease: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]
    status_code: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(short_text())


class Attempt(Base):
    """One try to deliver: what was answered, or why nothing was."""

    __tablename__ = "webhook_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    status_code: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(short_text())
    answer: Mapped[str]
