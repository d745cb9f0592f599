"""What checks said of a comment, as rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base, short_text


class CommentSignal(Base):
    """What one check said of one comment as it stands, in the version of the check that said it; an edit is looked at anew."""

    __tablename__ = "comment_signals"
    __table_args__ = (Index(None, "name", "comment_id"),)

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    name: Mapped[str] = mapped_column(short_text(), primary_key=True)
    version: Mapped[int]
    leaning: Mapped[str] = mapped_column(short_text())
    score: Mapped[float]
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]
