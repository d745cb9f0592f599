"""What every table has in common: ids, instants in UTC, and text in byte order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, MetaData, String, Table, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.core import clock, ids

ByteText = Text().with_variant(Text(collation="C"), "postgresql")
"""Text compared byte by byte on both databases: range tests on paths and sort keys need one order everywhere."""


class Instant(TypeDecorator[datetime]):
    """An instant in UTC; SQLite keeps no zone, so it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: always UTC, without a zone on SQLite."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: always UTC, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The registry of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        UUID: Uuid(),
        datetime: Instant(),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Record(Base):
    """A row with an id of its own and the moments it was made and last changed."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    revised_at: Mapped[datetime] = mapped_column(default=clock.now)


def table_of(kind: type[Base]) -> Table:
    """The table of a model, for statements that are made once."""
    table = kind.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{kind.__name__} is no table.")
    return table


def short_text(length: int = 64) -> String:
    """Text of a closed vocabulary: its length is a bound on our own words, not on anybody's input."""
    return String(length)
