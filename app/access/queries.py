"""Questions about keys."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from app.access.models import Key
from app.access.secrets import digest
from app.core.database import ReadSession
from app.core.errors import NotFound


async def find_by_secret(session: ReadSession, secret: str) -> Key | None:
    """The key whose text this is, revoked or expired ones included."""
    return (await session.scalars(select(Key).where(Key.digest == digest(secret)))).one_or_none()


async def get_key(session: ReadSession, key_id: UUID) -> Key:
    """The key with this id; raises NotFound."""
    key = await session.get(Key, key_id)
    if key is None:
        raise NotFound("There is no such key.")
    return key


async def list_keys(session: ReadSession) -> Sequence[Key]:
    """Every key, the oldest first."""
    return (await session.scalars(select(Key).order_by(Key.id))).all()


async def count_keys(session: ReadSession) -> int:
    """How many keys there are, revoked ones included."""
    return (await session.execute(select(func.count()).select_from(Key))).scalar_one()
