"""What a key is, as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, short_text


class Key(Record):
    """A key of an integrator. Of the secret itself only a digest is kept: a stolen database opens nothing."""

    __tablename__ = "keys"

    name: Mapped[str]
    hint: Mapped[str] = mapped_column(short_text())
    digest: Mapped[str] = mapped_column(short_text(), unique=True)
    scopes: Mapped[list[Any]]
    sections: Mapped[list[Any] | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
