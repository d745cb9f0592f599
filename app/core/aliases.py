"""Old addresses: what once led to an object leads to it for ever, and is never silently given to another."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import ReadSession, WriteSession
from app.core.models import Base, ByteText, short_text


class Alias(Base):
    """An address that an object had: a section's path, an author's or a tag's slug."""

    __tablename__ = "aliases"

    kind: Mapped[str] = mapped_column(short_text(), primary_key=True)
    address: Mapped[str] = mapped_column(ByteText, primary_key=True)
    target_id: Mapped[UUID] = mapped_column(index=True)


async def find_alias(session: ReadSession, kind: str, address: str) -> UUID | None:
    """What the old `address` leads to."""
    return (await session.scalars(select(Alias.target_id).where(Alias.kind == kind, Alias.address == address))).one_or_none()


async def find_aliases(session: ReadSession, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """What old addresses lead to, each with its kind; those that lead nowhere are missing, and nothing is asked where none is wanted."""
    if not wanted:
        return {}
    named = tuple_(Alias.kind, Alias.address).in_(wanted)
    rows = await session.execute(select(Alias.kind, Alias.address, Alias.target_id).where(named))
    return {(kind, address): target for kind, address, target in rows}


async def taken_addresses(session: ReadSession, kind: str, addresses: list[str], *, but_for: UUID) -> list[str]:
    """Those of `addresses` that lead to another object than `but_for`."""
    statement = select(Alias.address).where(Alias.kind == kind, Alias.address.in_(addresses), Alias.target_id != but_for)
    return list(await session.scalars(statement))


async def move_address(session: WriteSession, kind: str, target: UUID, *, old: str, new: str) -> None:
    """Keep `old` as an alias of `target`, which now stands at `new`."""
    await session.execute(delete(Alias).where(Alias.kind == kind, Alias.address.in_([old, new]), Alias.target_id == target))
    session.add(Alias(kind=kind, address=old, target_id=target))
    await session.flush()


async def inherit_addresses(session: WriteSession, kind: str, *, heir: UUID, former: UUID, address: str) -> None:
    """Let everything that led to `former`, its last `address` included, lead to `heir`."""
    for alias in await session.scalars(select(Alias).where(Alias.kind == kind, Alias.target_id == former)):
        alias.target_id = heir
    session.add(Alias(kind=kind, address=address, target_id=heir))
    await session.flush()
