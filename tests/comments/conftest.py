"""What tests of comments have in common: an article with a discussion, and ways to take part in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.newsroom import Client, Newsroom, OpenNewsroom, Wire, made

CANARY = "canary@reader.example.org"


@dataclass(slots=True)
class Discussion:
    """An article's thread, as readers and moderators use it."""

    newsroom: Newsroom
    article: Wire

    @property
    def address(self) -> str:
        return f"/v1/articles/{self.article['id']}/comments"

    async def post(self, parent: Wire | None = None, body: str = "Well said.", **more: Any) -> Wire:
        """A comment that must be accepted, by a guest."""
        order = {"author": {"name": "A reader", "email": CANARY}, "body": body, **more}
        if parent is not None:
            order["parent"] = parent["id"]
        return made(await self.newsroom.client(None).post(self.address, order))

    async def moderate(self, comment: Wire, verdict: str, match: str = "*", **order: Any) -> Wire:
        """The comment after approve, reject or spam."""
        path = f"/v1/moderation/comments/{comment['id']}/{verdict}"
        return made(await self.newsroom.desk.post(path, order, If_Match=match))

    async def delete(self, comment: Wire) -> None:
        answer = await self.newsroom.desk.delete(f"/v1/comments/{comment['id']}", If_Match="*")
        assert answer.status_code == 204, answer.text

    async def roots(self, query: str = "") -> list[Wire]:
        """One page of what readers see at the top."""
        page: list[Wire] = made(await self.newsroom.client(None).get(f"{self.address}?{query}"))["data"]
        return page

    async def count(self) -> int:
        """What the article says of its discussion."""
        article = made(await self.newsroom.client(None).get(f"/v1/articles/{self.article['id']}"))
        found: int = article["comments"]["count"]
        return found

    async def events(self, client: Client) -> list[Wire]:
        """Every event of a comment that `client` may know of, the oldest first."""
        log = made(await client.get("/v1/changes?limit=100"))["data"]
        return [event for event in log if event["type"].startswith("comment.")]


@pytest.fixture
async def discussion(newsroom: Newsroom) -> Discussion:
    """Comments show at once."""
    return Discussion(newsroom, await newsroom.article())


@pytest.fixture
async def moderated(newsroom: Newsroom) -> Discussion:
    """Comments wait for a moderator."""
    return Discussion(newsroom, await newsroom.article(comments={"moderation": "pre"}))


@pytest.fixture
def discuss(newsroom: Newsroom) -> Callable[..., Awaitable[Discussion]]:
    """Makes an article with a discussion run this way."""

    async def make(**settings: Any) -> Discussion:
        return Discussion(newsroom, await newsroom.article(comments=settings))

    return make


@pytest.fixture
def open_discussion(open_newsroom: OpenNewsroom) -> Callable[[], AbstractAsyncContextManager[Discussion]]:
    """Opens discussions, each in a newsroom of its own: one for each example of a property."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Discussion]:
        async with open_newsroom() as newsroom:
            yield Discussion(newsroom, await newsroom.article())

    return opened
