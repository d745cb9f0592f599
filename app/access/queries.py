"""Questions about keys."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import String, bindparam, func, or_, select

from app.access.models import Key
from app.access.scopes import allows
from app.core import clock
from app.core.database import ReadSession
from app.core.errors import NotFound
from app.core.lookups import Lookup, Lookups

_BY_DIGEST = Lookup(select(*Key.__table__.c).where(Key.__table__.c.digest == bindparam("digest", type_=String())))


async def find_by_digest(lookups: Lookups, name: str) -> Key | None:
    """The key with this digest of its text, revoked or expired ones included."""
    rows = await lookups.all(_BY_DIGEST, digest=name)
    return Key(**rows[0]._asdict()) if rows else None


async def get_key(session: ReadSession, key_id: UUID) -> Key:
    """The key with this id; raises NotFound."""
    key = await session.get(Key, key_id)
    if key is None:
        raise NotFound("There is no such key.")
    return key


async def list_keys(session: ReadSession) -> Sequence[Key]:
    """Every key, the oldest first."""
    return (await session.scalars(select(Key).order_by(Key.id))).all()


async def keys_that_may(session: ReadSession, scope: str) -> Sequence[Key]:
    """Every key that has this scope, and works at this moment."""
    now = clock.now()
    valid = select(Key).where(Key.revoked_at.is_(None), or_(Key.expires_at.is_(None), Key.expires_at > now))
    return [key for key in await session.scalars(valid) if allows(key.scopes, scope)]


async def count_keys(session: ReadSession) -> int:
    """How many keys there are, revoked ones included."""
    return (await session.execute(select(func.count()).select_from(Key))).scalar_one()
