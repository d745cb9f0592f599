"""What authors and tags have in common, as rows."""

from typing import Any

from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.models import ByteText, Record


class Term(Record):
    """A named thing with a slug of its own."""

    __abstract__ = True

    name: Mapped[str] = mapped_column(ByteText, index=True)
    slug: Mapped[str] = mapped_column(ByteText, unique=True)
    description: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let a lost update raise."""
        return {"version_id_col": cls.version, "version_id_generator": False}
