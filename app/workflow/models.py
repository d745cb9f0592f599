"""What a note is, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core import ids
from app.core.models import Base, short_text


class Note(Base):
    """What somebody in the newsroom noted about an article, or about one block of it. It never leaves: no public answer is made of it.

    `moved_to` is the stage that the article was moved to with these words.
    """

    __tablename__ = "notes"
    __table_args__ = (Index(None, "article_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(short_text())
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    text: Mapped[str]
    block: Mapped[str | None]
    moved_to: Mapped[str | None] = mapped_column(short_text())
