"""What moderators keep beside comments, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base


class Lease(Base):
    """That somebody looks at a comment just now, until `until`: others are kept from it for as long."""

    __tablename__ = "comment_leases"

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(index=True)
    holder_name: Mapped[str | None]
    taken_at: Mapped[datetime]
    until: Mapped[datetime]
