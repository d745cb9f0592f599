"""Who refers to a row: asked by the floor below, answered by those above who registered."""

from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

from app.core.database import WriteSession


class Holder(Protocol):
    """Something above that keeps references to rows of a lower floor."""

    async def count(self, session: WriteSession, kind: str, target: UUID) -> int:
        """How many of its objects refer to `target`."""

    async def occupied(self, session: WriteSession, addresses: Collection[str]) -> set[str]:
        """Those of the site's `addresses` at which its objects stand."""

    async def move(self, session: WriteSession, kind: str, target: UUID, to: UUID | None, by: Any) -> None:
        """Let them refer to `to` instead; its log entries name `by`. With None, let go of what only history still holds."""

    async def refresh(self, session: WriteSession, kind: str, target: UUID) -> None:
        """Bring up to date whatever it derived from the names of `target`."""


_holders: dict[str, Holder] = {}


def register(name: str, holder: Holder) -> None:
    """Make `holder` known; done by `main`, once for each name."""
    _holders[name] = holder


async def count(session: WriteSession, kind: str, target: UUID) -> int:
    """How many objects refer to `target`."""
    return sum([await holder.count(session, kind, target) for holder in _holders.values()])


async def occupied(session: WriteSession, addresses: Collection[str]) -> set[str]:
    """Those of the site's `addresses` at which something stands."""
    return set().union(*[await holder.occupied(session, addresses) for holder in _holders.values()])


async def move(session: WriteSession, kind: str, target: UUID, *, to: UUID | None, by: Any) -> None:
    """Let all that refers to `target` refer to `to`."""
    for holder in _holders.values():
        await holder.move(session, kind, target, to, by)


async def refresh(session: WriteSession, kind: str, target: UUID) -> None:
    """Tell everybody that the name of `target` has changed."""
    for holder in _holders.values():
        await holder.refresh(session, kind, target)
