"""What moderators keep beside comments, as rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import ids
from app.core.models import Base, ByteText, short_text


class Lease(Base):
    """That somebody looks at a comment just now, until `until`: others are kept from it for as long."""

    __tablename__ = "comment_leases"

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(index=True)
    holder_name: Mapped[str | None]
    taken_at: Mapped[datetime]
    until: Mapped[datetime]


class Report(Base):
    """That somebody has something against a comment: one row for each who says so, by the same name that their vote has.

    It is `open` until a moderator decides about the comment; `batch_id` names the batch in which that was, whose undo opens it
    again. What a notice of illegal content must say beside (`notice`) is kept as data; whoever sent it is sealed (`contact`).
    """

    __tablename__ = "comment_reports"
    __table_args__ = (
        UniqueConstraint("comment_id", "voter"),
        Index(None, "open", "comment_id"),
        Index(None, "voter"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    voter: Mapped[str] = mapped_column(ByteText)
    at: Mapped[datetime]
    code: Mapped[str] = mapped_column(short_text())
    note: Mapped[str | None]
    notice: Mapped[dict[str, Any] | None]
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    open: Mapped[bool]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(short_text())
    batch_id: Mapped[UUID | None]


class Appeal(Base):
    """What whoever wrote a comment has against the decision about it, once, and what became of that."""

    __tablename__ = "comment_appeals"
    __table_args__ = (Index(None, "outcome", "at", "comment_id"),)

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    text: Mapped[str]
    status: Mapped[str] = mapped_column(short_text())
    outcome: Mapped[str] = mapped_column(short_text(), default="open")
    statement: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class SanctionCleanUp(Base):
    """What the sanctioned have written goes too, the last first, up to where `last_at` and `last_id` say; all in the batch `batch_id`."""

    __tablename__ = "comment_clean_ups"
    __table_args__ = (Index(None, "done_at"),)

    sanction_id: Mapped[UUID] = mapped_column(ForeignKey("sanctions.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[str] = mapped_column(short_text())
    since: Mapped[datetime | None]
    batch_id: Mapped[UUID] = mapped_column(index=True)
    changed: Mapped[int]
    refused: Mapped[int]
    last_at: Mapped[datetime | None]
    last_id: Mapped[UUID | None]
    done_at: Mapped[datetime | None]
