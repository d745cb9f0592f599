"""What a curated list is, as rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, ids
from app.core.models import Base, ByteText, Record


class ListContent:
    """The columns that a working copy and a publication share.

    `items` name articles, public or not; `backfill` says what fills the places that are left, or nothing does.
    """

    name: Mapped[str]
    description: Mapped[str | None]
    length: Mapped[int]
    items: Mapped[list[Any]]
    backfill: Mapped[dict[str, Any] | None]


CONTENT = tuple(ListContent.__annotations__)


class CuratedList(ListContent, Record):
    """The newsroom's working copy of a list."""

    __tablename__ = "lists"

    slug: Mapped[str] = mapped_column(ByteText, unique=True)
    version: Mapped[int] = mapped_column(default=1)
    content_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form


class ListPublication(ListContent, Base):
    """What readers see of a list, from `visible_from` until `visible_until`; as the publications of articles, it is not rewritten."""

    __tablename__ = "list_publications"
    __table_args__ = (Index(None, "list_id", "visible_from"), Index(None, "visible_from"), Index(None, "visible_until"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("lists.id", ondelete="CASCADE"))
    version: Mapped[int]
    content_version: Mapped[int]
    visible_from: Mapped[datetime]
    visible_until: Mapped[datetime] = mapped_column(default=clock.FOREVER)


class ListTransition(Base):
    """A moment to come at which what readers see of a list changes by itself; gone once it is in the log."""

    __tablename__ = "list_transitions"

    list_id: Mapped[UUID] = mapped_column(ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
