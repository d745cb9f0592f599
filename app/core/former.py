"""What objects were called before: a row for each name and address that ended, so that an answer about the past can use them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, delete
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database import WriteSession
from app.core.models import Base, ByteText, short_text
from app.core.rows import entering_unless_taken


class FormerName(Base):
    """What an object was called until a moment; what it is called now stands with the object alone.

    At a moment it was called what the first of its rows says that ended later, and where there is none, what it is called now. `path` is a
    section's place in the tree, and `about` what else its own address told of it.
    """

    __tablename__ = "former_names"
    __table_args__ = (Index(None, "kind", "until"),)

    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(short_text())
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(ByteText)
    path: Mapped[str | None] = mapped_column(ByteText)
    about: Mapped[dict[str, Any] | None]


def called(one: Any, about: dict[str, Any] | None = None) -> dict[str, Any]:
    """What an object is called, to be kept by `remember` when it has changed; and what else there is to tell `about` it."""
    return {"object_id": one.id, "name": one.name, "slug": one.slug, "path": getattr(one, "path", None), "about": about}


async def remember(session: WriteSession, kind: str, names: Iterable[dict[str, Any]]) -> None:
    """Keep what objects of a kind were called until now; of two changes at one moment, what was before both."""
    now = clock.now()
    await session.ask_all(entering_unless_taken(session, FormerName, ({"kind": kind, "until": now, **each} for each in names)))


async def forget(session: WriteSession, kind: str, object_id: UUID) -> None:
    """Keep nothing of what an object was called."""
    gone = delete(FormerName).where(FormerName.kind == kind, FormerName.object_id == object_id)
    await session.execute(gone.execution_options(synchronize_session=False))
