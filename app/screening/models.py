"""What checks remember of comments, as rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base

PERSON, ADDRESS, NETWORK, APPROVED, COPY, BAND = range(1, 7)
"""What a mark is of: who posted, from where; whose comment was approved; which words it has, in whole or in part."""


class CommentMark(Base):
    """That a comment bears a mark which others may bear too: how rates are counted, and copies found.

    A mark is a keyed digest: it can be compared, and not read back. It is forgotten after some days, but for those that say that
    a member's comment was approved. `value` is what to compare once a mark has been found: of a copy and of an approved comment who
    it is of, of a part of its words their sketch.
    """

    __tablename__ = "comment_marks"
    __table_args__ = (Index(None, "comment_id"), Index(None, "at"))

    kind: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mark: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    comment_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[int | None]
