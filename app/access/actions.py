"""Making and revoking keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from app.access import secrets
from app.access.bounds import find_sections
from app.access.models import Key
from app.access.ring import TAG
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.events.actions import record
from app.events.models import SYSTEM, Actor, Happening


async def create_key(
    session: WriteSession, *, name: str, scopes: Sequence[str], by: Actor, expires_at: datetime | None = None,
    sections: Sequence[str] | None = None,
) -> tuple[Key, str]:  # fmt: skip
    """A new key and its text. The text is nowhere kept: who loses it makes another.

    With `sections`, references to some of the site, it works on articles in these and below them only. Raises ValidationFailed naming
    those that there are not.
    """
    secret = secrets.new_secret()
    key = Key(
        id=ids.new(), name=name, scopes=sorted(set(scopes)), sections=await _section_ids(session, sections), expires_at=expires_at,
        digest=secrets.digest(secret), hint=secret[: secrets.HINT_LENGTH],
    )  # fmt: skip
    session.add(key)
    await session.flush()
    record(session, _happening("key.created", key, by))
    return key, secret


async def _section_ids(session: WriteSession, refs: Sequence[str] | None) -> list[str] | None:
    if refs is None:
        return None
    found = await find_sections(session, refs)
    faults = [
        Fault("unknown_reference", f"There is no section {ref}, or several have this slug.", f"#/sections/{place}")
        for place, ref in enumerate(refs)
        if ref not in found
    ]
    if faults:
        raise ValidationFailed(errors=faults)
    return sorted(set(found.values()))


async def revoke_key(session: WriteSession, key: Key, *, by: Actor) -> None:
    """Make `key` worthless from now on; revoking twice is no error, and of two who do so at once, one does."""
    await session.refresh(key, with_for_update=True)
    if key.revoked_at is not None:
        return
    key.revoked_at = key.revised_at = clock.now()
    await session.flush()
    record(session, _happening("key.revoked", key, by))


async def forget_keys(session: WriteSession, *, before: datetime, but_for: Collection[UUID]) -> None:
    """Remove keys that have not worked since `before`. The log goes on to name them."""
    worthless = or_(Key.revoked_at < before, Key.expires_at < before)
    for key in await session.scalars(select(Key).where(worthless, Key.id.not_in(but_for)).with_for_update()):
        record(session, _happening("key.forgotten", key, SYSTEM))
        await session.delete(key)


def _happening(kind: str, key: Key, by: Actor) -> Happening:
    return Happening(kind, "key", key.id, by, tags=(TAG,), scope="keys:admin", data={"name": key.name})
