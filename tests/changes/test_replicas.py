"""Copies kept by following the log equal a fresh read of everything, however often their keepers are killed; and nobody hears of a draft.

`DATELINE_TEST_WRITERS=8x10000` runs it at full size: eight writers, ten thousand operations each.
"""

import asyncio
import contextlib
import json
import os
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from app.core.settings import Settings
from tests.changes.listening import listening
from tests.changes.replica import Replica, of_export
from tests.changes.writers import Shared, Writer
from tests.conftest import serving
from tests.newsroom import Newsroom

WRITERS, OPERATIONS = map(int, os.environ.get("DATELINE_TEST_WRITERS", "8x20").split("x"))
Follow = Callable[[Replica, random.Random], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Heard:
    """What those without a key were told: counted, and kept only where it is of a draft."""

    texts: int = 0
    canaries: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.texts += 1
        if "canary" in text:
            self.canaries.append(text)


class Keeper:
    """Keeps a replica by one way of following, is killed at random, and goes on from where the replica stands."""

    def __init__(self, replica: Replica, follow: Follow, seed: int) -> None:
        self.replica, self.follow, self.chance = replica, follow, random.Random(seed)
        self.killed = 0

    async def until(self, done: asyncio.Event, head: Callable[[], int]) -> None:
        """Follow until everything is done and taken in. Who got nowhere lives longer next time: on a busy machine nothing would come in."""
        longest = 1.0
        while not (done.is_set() and self.replica.seq >= head()):
            before = self.replica.seq
            task = asyncio.create_task(self.follow(self.replica, self.chance))
            await asyncio.wait({task}, timeout=self.chance.uniform(0.05, longest))
            longest = longest * 2 if self.replica.seq == before < head() else 1.0
            if not task.done():
                self.killed += 1
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def by_pages(newsroom: Newsroom, heard: Heard) -> Follow:
    """In pages of one to seven."""

    async def follow(replica: Replica, chance: random.Random) -> None:
        view = "" if replica.public else "&view=draft"
        while True:
            limit, wait = chance.randint(1, 7), chance.choice([0, 1])
            answer = await replica.read(f"/v1/changes?since={replica.seq}&limit={limit}&wait={wait}&include=record{view}")
            assert answer.status_code == 200, answer.text
            if replica.public:
                heard.note(answer.text)
            page = answer.json()
            for change in page["data"]:
                await replica.apply(change)
            replica.seq = max(replica.seq, page["next_since"])

    return follow


def by_stream(newsroom: Newsroom, heard: Heard) -> Follow:
    """As it happens."""

    async def follow(replica: Replica, _chance: random.Random) -> None:
        view = "" if replica.public else "&view=draft"
        path = f"/v1/changes/stream?since=0&include=record{view}"
        async with listening(newsroom, path, who=replica.reads, last_event_id=str(replica.seq)) as listener:
            assert listener.status == 200
            while (block := await listener.block()) is not None:
                if "data" in block:
                    if replica.public:
                        heard.note(block["data"])
                    await replica.apply(json.loads(block["data"]))
                elif "id" in block:
                    replica.seq = int(block["id"])

    return follow


async def test_a_copy_kept_by_following_equals_a_fresh_read(newsroom: Newsroom, settings: Settings) -> None:
    shared, heard, done = Shared(), Heard(), asyncio.Event()
    for number in range(4):
        for plural, make in (("sections", newsroom.section), ("authors", newsroom.author), ("tags", newsroom.tag)):
            getattr(shared, plural).append((await make(f"First {number}"))["id"])
    # Silent streams say soon how far they looked, or who is killed before that would never come to the end.
    impatient = settings.model_copy(update={"stream_heartbeat_seconds": 0.2})
    async with serving(impatient) as here, serving(impatient) as there:
        each = [(way, room, secret) for way in (by_pages, by_stream) for room in (here, there) for secret in (None, newsroom.secret)]
        keepers = [
            Keeper(Replica(room.client(secret), public=secret is None), way(room, heard), seed)
            for seed, (way, room, secret) in enumerate(each)
        ]
        writers = [Writer(newsroom, shared, random.Random(seed), seed) for seed in range(WRITERS)]
        async with asyncio.TaskGroup() as following:
            for keeper in keepers:
                following.create_task(keeper.until(done, lambda: newsroom.app.state.follower.news.seq))
            await asyncio.gather(*(writer.work(OPERATIONS) for writer in writers))
            done.set()

        for keeper in keepers:
            query = "" if keeper.replica.public else "?view=draft"
            text = (await keeper.replica.reads.get(f"/v1/export{query}")).text
            fresh = of_export([json.loads(line) for line in text.splitlines()])
            assert keeper.replica.state() == fresh
            assert fresh["article"]
            if keeper.replica.public:
                heard.note(text)
    assert heard.canaries == []
    assert sum(keeper.killed for keeper in keepers) > len(keepers)
    figures = {"events": newsroom.app.state.follower.news.seq, "killed": [keeper.killed for keeper in keepers], "heard": heard.texts}
    print(figures)  # noqa: T201 - for a run by hand
