"""What checks remember of comments, as rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Base, Record, short_text

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


class WordList(Record):
    """Terms that the newsroom wants to be told of where they stand in a comment, and what a comment that has one leans to.

    `applies_to` says where they are looked for: in the `text`, among the hosts of its `links`, or as the domain of its author's `email`.
    """

    __tablename__ = "word_lists"

    name: Mapped[str]
    applies_to: Mapped[str] = mapped_column(short_text())
    leaning: Mapped[str] = mapped_column(short_text())
    terms: Mapped[list[Any]]
    enabled: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form
