"""What tests of moderation have in common: discussions with comments in every state, and somebody who looks after them."""

from typing import Any

import pytest

from tests.comments.conftest import Discussion
from tests.newsroom import Newsroom, Wire, made


class Desk(Discussion):
    """A discussion, with what moderators do about it."""

    async def decide(self, verdict: str, *comments: Wire, query: str = "", **more: Any) -> Wire:
        """The batch that gives every one of the comments, in the version that is known of it, this verdict."""
        targets = [{"id": one["id"], "version": one["version"]} for one in comments]
        return made(await self.newsroom.desk.post(f"/v1/moderation/batches{query}", {"verdict": verdict, "comments": targets, **more}))

    async def undo(self, batch: Wire, query: str = "") -> Wire:
        return made(await self.newsroom.desk.post(f"/v1/moderation/batches/{batch['id']}/undo{query}"))

    async def queue(self, query: str = "") -> list[Wire]:
        return await self.newsroom.desk.all_pages(f"/v1/moderation/comments?{query}")

    async def state(self, comment: Wire) -> str:
        found: str = made(await self.newsroom.desk.get(f"/v1/moderation/comments/{comment['id']}"))["status"]
        return found


@pytest.fixture
async def desk(newsroom: Newsroom) -> Desk:
    """A discussion in which comments show at once."""
    return Desk(newsroom, await newsroom.article())


@pytest.fixture
async def held(newsroom: Newsroom) -> Desk:
    """A discussion in which comments wait for a moderator."""
    return Desk(newsroom, await newsroom.article(comments={"moderation": "pre"}))
