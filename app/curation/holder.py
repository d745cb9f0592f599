"""What lists do when a section or a tag that fills them is merged into another, or goes."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import ids, references
from app.core.database import WriteSession
from app.curation.actions import content_of, save_content
from app.curation.models import CuratedList, ListPublication
from app.events.versions import Content

_NAMED = {"section": ("sec", "sections"), "tag": ("tag", "tags")}


class Lists:
    """Lists as holders of references to sections and tags. A rule keeps nobody from deleting what it names."""

    async def count(self, session: WriteSession, kind: str, target: UUID) -> int:  # noqa: ARG002 - nothing stands in the way
        """None."""
        return 0

    async def occupied(self, session: WriteSession, addresses: Collection[str]) -> set[str]:  # noqa: ARG002 - they have none
        """None: a list has no address on the site."""
        return set()

    async def move(self, session: WriteSession, kind: str, target: UUID, to: UUID | None, by: Any) -> None:
        """Fill from the heir. Where there is none and nothing else is named, the rule goes: it would let in everything."""
        if kind not in _NAMED:
            return
        for one in await session.scalars(select(CuratedList).order_by(CuratedList.id).with_for_update(key_share=True)):
            rule = _without(one.backfill, kind, target, to)
            if rule != one.backfill:
                before = content_of(one)
                await save_content(session, one, before, {**before, "backfill": rule}, by)
        for shown in await session.scalars(select(ListPublication)):
            shown.backfill = _without(shown.backfill, kind, target, to)
        await session.flush()

    async def refresh(self, session: WriteSession, kind: str, target: UUID) -> None:
        """Nothing: they know both by their ids."""


def _without(rule: Content | None, kind: str, target: UUID, to: UUID | None) -> Content | None:
    prefix, field = _NAMED[kind]
    old = ids.encode(prefix, target)
    if rule is None or old not in rule[field]:
        return rule
    heir = old if to is None else ids.encode(prefix, to)
    left = [heir if ref == old else ref for ref in rule[field]]
    kept = list(dict.fromkeys(ref for ref in left if ref != old))
    return {**rule, field: kept} if kept else None


def install() -> None:
    """Make lists known as holders; done by `main`."""
    references.register("lists", Lists())
