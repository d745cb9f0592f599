"""What a thread costs by its size: the same reads of a thread of 100 comments and of one of 100,000, `python -m bench.threads`.

The large one has replies eight deep, and one comment at its top with 28,000 below it. The application is asked inside this process, without
its cache of answers; what is compared is the median time of a request, and how many statements it takes.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import insert, text, update

from app.access import actions as access
from app.articles.models import CommentThread
from app.comments.models import MAX_DEPTH, STEP, Comment
from app.comments.ranking import wilson
from app.comments.schemas import comment_id
from app.comments.tree import step
from app.core import ids, migrations
from app.core.database import Database
from app.core.settings import Settings
from app.events.models import SYSTEM
from app.main import create_app
from tests import postgres
from tests.newsroom import Statements

SIZES = (100, 100_000)
_SHARE_OF_THE_LARGEST, _REPLIES, _RECENT = 0.28, 0.4, 50
_BATCH = 5_000
_WORDS = "Words that were said before, by others."
_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure on both databases, and print a line for each read."""
    parser = argparse.ArgumentParser(prog="python -m bench.threads", description="Reads of a small thread and of a large one.")
    parser.add_argument("--databases", default="sqlite,postgresql", help="on which databases (default: both)")
    parser.add_argument("--requests", type=int, default=40, help="how often each read is asked (default: 40)")
    asked = parser.parse_args()
    for kind in asked.databases.split(","):
        with ExitStack() as stack:
            if kind == "postgresql":
                url = postgres.create_database(stack.enter_context(postgres.server()), "threads").render_as_string(hide_password=False)
            else:
                url = f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory())) / 'threads.db'}"
            migrations.migrate(url)
            asyncio.run(_measure(kind, url, asked.requests))


async def _measure(kind: str, url: str, requests: int) -> None:
    settings: dict[str, Any] = {"database_url": url, "access_log": False, "log_level": "error", "cache_bytes": 0, "worker": "alone"}
    app = create_app(Settings(_env_file=None, rate_limit_storage="off", **settings))
    async with app.router.lifespan_context(app), _editor(app) as client:
        found = {size: await _Reads.of(app.state.database, client, size) for size in SIZES}
        if kind == "postgresql":
            async with app.state.database.writing() as session:
                await session.execute(text("ANALYZE comments"))
        print(f"\n{kind}\n\n| read | of {SIZES[0]:,} ms | of {SIZES[1]:,} ms | ratio | statements |\n|---|---|---|---|---|")
        for name in found[SIZES[0]].addresses:
            small, large = [await _timed(app, client, found[size].addresses[name], requests) for size in SIZES]
            print(f"| {name} | {small[0]:.2f} | {large[0]:.2f} | {large[0] / small[0]:.2f} | {large[1]} |", flush=True)


@asynccontextmanager
async def _editor(app: Any) -> AsyncIterator[AsyncClient]:
    async with app.state.database.writing() as session:
        _, key = await access.create_key(session, name="bench", scopes=["*"], by=SYSTEM)
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://bench", headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


async def _timed(app: Any, client: AsyncClient, address: str, requests: int) -> tuple[float, int]:
    """The median in milliseconds, and the statements of one request."""
    seconds = []
    for _ in range(requests):
        began = time.perf_counter()
        answer = await client.get(address)
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
    counter = Statements(app.state.database, app.state.answers)
    await client.get(address)
    counter.stop()
    return statistics.median(seconds) * 1000, len([said for said in counter.seen if not said.startswith("BEGIN")])


class _Reads:
    """The reads of one thread, by name."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.addresses = addresses

    @classmethod
    async def of(cls, database: Database, client: AsyncClient, size: int) -> "_Reads":
        """Write a thread of `size` under an article of its own, and find the cursors of deep pages."""
        article = (await client.post("/v1/articles", json={"headline": f"{size} comments", "body": []})).json()
        (await client.post(f"/v1/articles/{article['id']}/publish", json={}, headers={"If-Match": "*"})).raise_for_status()
        wanted = ids.decode("art", article["id"])
        assert wanted is not None
        rows = list(_thread(wanted, size))
        async with database.writing() as session:
            for first in range(0, size, _BATCH):
                await session.execute(insert(Comment), rows[first : first + _BATCH])
            roots = [row for row in rows if row["depth"] == 0]
            counters = {"visible_count": size, "root_count": len(roots), "next_root": len(roots)}
            await session.execute(update(CommentThread).where(CommentThread.article_id == wanted).values(**counters))
        list_, largest = f"/v1/articles/{article['id']}/comments", f"/v1/comments/{comment_id(roots[0]['id'])}/replies"
        deepest = comment_id(max(rows, key=lambda row: (row["depth"], row["created_at"]))["id"])
        middle = comment_id(sorted(roots, key=lambda row: row["created_at"])[len(roots) // 2]["id"])
        back = (await client.get(f"{list_}?around={middle}")).json()["page"]["next_cursor"]
        flat = (await client.get(f"{list_}?mode=flat&around={comment_id(rows[size // 2]['id'])}")).json()["page"]["next_cursor"]
        return cls({
            "first page, newest": list_, "first page, best": f"{list_}?sort=best", "deep page": f"{list_}?cursor={back}",
            "flat": f"{list_}?mode=flat", "flat, deep": f"{list_}?mode=flat&cursor={flat}",
            "replies of the largest": largest, "its best replies": f"{largest}?sort=best",
            "permalink, eight deep": f"{list_}?around={deepest}", "ancestors": f"/v1/comments/{deepest}/ancestors",
        })  # fmt: skip


def _thread(article: UUID, size: int) -> Iterator[dict[str, Any]]:
    """The rows of a thread, the same for the same size; those above before those below."""
    chance, rows, tops = random.Random(size), list[dict[str, Any]](), itertools.count()
    for number in range(size):
        in_the_largest = 0 < number <= size * _SHARE_OF_THE_LARGEST
        replies = in_the_largest or (number > 0 and chance.random() < _REPLIES)
        above = rows[chance.randrange(0 if in_the_largest else max(0, number - _RECENT), number)] if replies else None
        while above is not None and above["depth"] >= MAX_DEPTH:
            above = rows[above["place"][-2]]
        rows.append(_row(article, number, above, tops, chance))
    for row in reversed(rows):
        if row["place"][:-1]:
            parent = rows[row["place"][-2]]
            parent["reply_count"] += 1
            parent["descendant_count"] += row["descendant_count"] + 1
    for row in rows:
        del row["place"]
        yield row


def _row(article: UUID, number: int, above: dict[str, Any] | None, tops: Iterator[int], chance: random.Random) -> dict[str, Any]:
    own, at = UUID(int=article.int ^ number), _DAY + timedelta(seconds=number)
    up, down = chance.randrange(20), chance.randrange(5)
    if above is None:
        path, root = step(next(tops)), own
    else:
        path, root = above["path"] + step(above["next_child"]), above["root_id"]
        above["next_child"] += 1
    return {
        "id": own, "article_id": article, "parent_id": None if above is None else above["id"], "root_id": root,
        "reply_to_id": None, "path": path, "depth": len(path) // STEP - 1, "status": "approved", "open": True, "visible": True,
        "author_kind": "guest", "author_name": "A reader", "body": _WORDS, "html": f"<p>{_WORDS}</p>",

        "up_votes": up, "down_votes": down, "score": wilson(up, down), "reply_count": 0, "descendant_count": 0, "next_child": 0,
        "version": 1,
        "created_at": at, "revised_at": at, "place": [*([] if above is None else above["place"]), number],
    }  # fmt: skip


if __name__ == "__main__":
    main()
