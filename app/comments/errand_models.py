"""What outside services are still to be asked, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base, short_text


class CommentErrand(Base):
    """That a service is to be asked about a comment, in the version that it has. Gone once every service has answered.

    `due_at` is when to ask, or to ask again; nobody waits for an answer longer than until `gives_up_at`.
    """

    __tablename__ = "comment_errands"
    __table_args__ = (Index(None, "status", "due_at"),)

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    service: Mapped[str] = mapped_column(short_text(), primary_key=True)
    comment_version: Mapped[int]
    from_new_author: Mapped[bool]
    status: Mapped[str] = mapped_column(short_text())
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    gives_up_at: Mapped[datetime]


class ServiceHealth(Base):
    """How an outside service fares. One that fails again and again is left alone until `rests_until`."""

    __tablename__ = "comment_services"

    name: Mapped[str] = mapped_column(short_text(), primary_key=True)
    failures: Mapped[int]
    rests_until: Mapped[datetime | None]
