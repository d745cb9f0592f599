"""Requests of people that what they wrote be erased, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.models import Base, short_text


class Erasure(Base):
    """What somebody wrote is to be erased; once it is, the row says how much it was, and no more of whom.

    It names a member, an e-mail address by its digest, or one comment.
    """

    __tablename__ = "comment_erasures"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    member_id: Mapped[UUID | None]
    email_digest: Mapped[str | None] = mapped_column(short_text())
    comment_id: Mapped[UUID | None]
    actor_kind: Mapped[str] = mapped_column(short_text())
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    erased: Mapped[int] = mapped_column(default=0)
