"""What webhooks do when a section that they name is merged into another."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import clock, ids, references
from app.core.database import WriteSession
from app.events.actions import record
from app.webhooks.actions import happening
from app.webhooks.models import Webhook


class Webhooks:
    """Webhooks as holders of references to sections. A filter keeps nobody from deleting a section."""

    async def count(self, session: WriteSession, kind: str, target: UUID) -> int:  # noqa: ARG002 - nothing stands in the way
        """None."""
        return 0

    async def occupied(self, session: WriteSession, addresses: Collection[str]) -> set[str]:  # noqa: ARG002 - they have none
        """None: a webhook has no address on the site."""
        return set()

    async def move(self, session: WriteSession, kind: str, target: UUID, to: UUID | None, by: Any) -> None:
        """Whoever was told of a section is told of its heir. The old one stays too: that it is gone is still to be told."""
        if kind != "section" or to is None:
            return
        old, heir = ids.encode("sec", target), ids.encode("sec", to)
        for webhook in await session.scalars(select(Webhook).order_by(Webhook.id).with_for_update()):
            if old in webhook.sections and heir not in webhook.sections:
                webhook.sections = [*webhook.sections, heir]
                webhook.version += 1
                webhook.revised_at = clock.now()
                record(session, happening("webhook.updated", webhook, by, ("sections",)))

    async def refresh(self, session: WriteSession, kind: str, target: UUID) -> None:
        """Nothing: they know sections by their ids."""


def install() -> None:
    """Make webhooks known as holders; done by `main`."""
    references.register("webhooks", Webhooks())
