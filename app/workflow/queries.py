"""Questions about notes. Nothing here changes anything."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.workflow.errors import NoteNotFound
from app.workflow.models import Note

_IN_ORDER = Keyset((Note.id,), descending=False)


async def list_notes(session: ReadSession, article: UUID, position: Sequence[object] | None, limit: int) -> Sequence[Note]:
    """At most `limit` notes about an article, the oldest first, from behind `position`."""
    statement = select(Note).where(Note.article_id == article)
    return (await session.scalars(_IN_ORDER.after(statement, position).limit(limit))).all()


async def get_note(session: ReadSession, article: UUID, note: UUID | None) -> Note:
    """One note about an article; raises NoteNotFound."""
    found = None if note is None else await session.get(Note, note)
    if found is None or found.article_id != article:
        raise NoteNotFound
    return found
