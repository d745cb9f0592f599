"""Questions about word lists. Nothing here changes anything."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.database import ReadSession
from app.core.pagination import Keyset
from app.screening.errors import WordListNotFound
from app.screening.models import WordList
from app.screening.schemas import word_list_id

_IN_ORDER = Keyset((WordList.id,), descending=False)


async def list_word_lists(session: ReadSession, position: Sequence[object] | None, limit: int) -> Sequence[WordList]:
    """At most `limit` lists, the oldest first, from behind `position`."""
    return (await session.scalars(_IN_ORDER.after(select(WordList), position).limit(limit))).all()


async def get_word_list(session: ReadSession, wanted: UUID, *, for_change: bool = False) -> WordList:
    """One list; raises WordListNotFound."""
    statement = select(WordList).where(WordList.id == wanted)
    found = (await session.scalars(statement.with_for_update() if for_change else statement)).one_or_none()
    if found is None:
        raise WordListNotFound(f"There is no word list {word_list_id(wanted)}.")
    return found
