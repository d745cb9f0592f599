"""What tests of checks have in common: a guest at a desk of their own, and what moderators are shown."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.comments import posting, schemas
from app.comments.authors import signed
from app.comments.own import own
from app.comments.own.own_schemas import OwnUpdate
from app.core import ids
from app.events.models import READER
from app.readers.kind import Commenter
from app.screening.bounds import Bounds
from tests.newsroom import Newsroom, Wire, made

KEY = b"a key for tests"


class Forum:
    """One article's discussion, in which anybody posts as whoever they are."""

    def __init__(self, newsroom: Newsroom, article: Wire) -> None:
        self.newsroom, self.article = newsroom, article
        self.bounds = Bounds(key=KEY)

    async def post(self, body: str, who: Commenter | None = None, **more: Any) -> UUID:
        """The id of a comment that was posted from an address."""
        order = schemas.CommentCreate.model_validate({"author": {"name": "A reader"}, "body": body, **more})
        article = ids.decode("art", self.article["id"])
        assert article is not None
        origin = posting.Origin(signed(who or guest(), order.author, KEY), bounds=self.bounds)
        async with self.newsroom.database.writing() as session:
            return (await posting.post_comment(session, article, order, by=READER, origin=origin)).comment.id

    async def post_as(self, author: Wire, body: str) -> UUID:
        """The same, under a name, and whatever else the form was filled with."""
        return await self.post(body, None, author=author)

    async def edit(self, comment: UUID, body: str, who: Commenter | None = None) -> None:
        """Its author changes the words."""
        async with self.newsroom.database.writing() as session:
            await own.edit(session, comment, OwnUpdate(body=body), who or guest(), self.bounds, if_match=None)

    async def signals(self, comment: UUID) -> dict[str, Wire]:
        """What moderators are shown of a comment, by check."""
        answer = await self.newsroom.desk.get(f"/v1/moderation/comments/{schemas.comment_id(comment)}/signals")
        return {signal["check"]: signal for signal in made(answer)["data"]}

    async def status(self, comment: UUID) -> str:
        status: str = made(await self.newsroom.desk.get(f"/v1/comments/{schemas.comment_id(comment)}"))["status"]
        return status

    async def moderate(self, comment: UUID, verdict: str) -> None:
        path = f"/v1/moderation/comments/{schemas.comment_id(comment)}/{verdict}"
        made(await self.newsroom.desk.post(path, {}, If_Match="*"))


def guest(address: str = "one", network: str = "net") -> Commenter:
    return Commenter(address_digest=address, network_digest=network)


@pytest.fixture
async def forum(newsroom: Newsroom) -> Forum:
    return Forum(newsroom, await newsroom.article())


@pytest.fixture
def visitor() -> Callable[..., Commenter]:
    """Somebody known by where they are."""
    return guest
