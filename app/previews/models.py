"""What a preview link is, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.models import Base, short_text


class PreviewLink(Base):
    """A link to one article: to its working copy as it is whenever somebody looks, or to one `revision` of it.

    Of the token only a digest is kept. A link stays in the list when it has expired or was revoked, until the article is gone for good.
    """

    __tablename__ = "preview_links"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    revision: Mapped[int | None]
    digest: Mapped[str] = mapped_column(short_text(), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
