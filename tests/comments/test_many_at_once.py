"""Many readers at once on one thread: nothing is lost, nothing is refused because the database was busy.

`DATELINE_TEST_POSTS=500` runs it at full size.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from httpx2 import Response
from sqlalchemy import func, select

from app.comments.models import Comment
from app.comments.recounting import check
from app.events.models import Event
from tests.newsroom import Newsroom, made, names

PATIENCE = 5
POSTS = int(os.environ.get("DATELINE_TEST_POSTS", "80"))


async def taken(send: Callable[[], Awaitable[Response]]) -> Response:
    """Send until there is an answer: whoever waited too long for the thread's lock is told to come again, and is not taken twice."""
    patience = PATIENCE
    while (answer := await send()).status_code == 503 and patience:
        assert "Retry-After" in answer.headers
        assert "locked" not in answer.text
        patience -= 1
    return answer


async def test_posts_at_once_lose_no_counter_and_are_all_taken(newsroom: Newsroom, discussion: Any) -> None:
    roots = [await discussion.post(body=f"root {number}") for number in range(3)]
    reader = newsroom.client(None)
    letters = [
        {"author": {"name": f"Reader {number}"}, "body": f"Letter {number} of many.", "parent": (None, *names(roots))[number % 4]}
        for number in range(POSTS)
    ]

    posts = [partial(reader.post, discussion.address, letter, Idempotency_Key=f"letter-{number}") for number, letter in enumerate(letters)]
    votes = [partial(reader.put, f"/v1/comments/{root['id']}/vote", {"vote": "up"}) for root in roots]
    answers = await asyncio.gather(*map(taken, [*posts, *votes]))

    assert Counter(answer.status_code for answer in answers) - Counter({201: POSTS, 202: POSTS, 200: len(roots)}) == Counter()
    shown = [answer.json() for answer in answers[:POSTS] if answer.status_code == 201]
    assert await discussion.count() == len(shown) + len(roots)
    assert [found async for _, found in check(newsroom.database, mend=False) if found] == []
    async with newsroom.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Comment)) == POSTS + len(roots)
        assert await session.scalar(select(func.count(func.distinct(Comment.path)))) == POSTS + len(roots)
        told = select(func.count()).where(Event.type == "comment.created")
        assert await session.scalar(told) == POSTS + len(roots)
    flat = await reader.all_pages(f"{discussion.address}?mode=flat&limit=100")
    assert sorted(names(flat)) == sorted(names([*shown, *roots]))
    for root in roots:
        again = made(await reader.get(f"/v1/comments/{root['id']}"))
        assert (again["votes"]["up"], again["reply_count"]) == (1, len([one for one in shown if one["parent"] == root["id"]]))
