"""What a site section is, as rows."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import ByteText, Record


class Section(Record):
    """A place in the site's tree. `path` holds the slugs from the top down, so that a subtree is one range of it."""

    __tablename__ = "sections"

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("sections.id"), index=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(ByteText, index=True)
    path: Mapped[str] = mapped_column(ByteText, unique=True)
    description: Mapped[str | None]
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's form
