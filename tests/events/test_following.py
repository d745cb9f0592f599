"""What one process writes, another stops telling; and a process that cannot hear keeps nothing."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core.settings import Settings
from tests.conftest import serving
from tests.newsroom import Newsroom, made


async def _eventually(holds: Callable[[], bool], seconds: float = 10) -> float:
    """Wait until it holds; how long that took."""
    began = time.perf_counter()
    while not holds():
        assert time.perf_counter() - began < seconds
        await asyncio.sleep(0.002)
    return time.perf_counter() - began


async def test_a_process_sees_what_it_wrote_at_once(newsroom: Newsroom) -> None:
    reader, article = newsroom.client(None), await newsroom.article(headline="First")

    for number in range(5):
        seen = (await reader.get(f"/v1/articles/{article['id']}")).json()["headline"]
        listed = (await reader.get("/v1/articles")).json()["data"][0]["headline"]
        assert seen == listed == ("First" if number == 0 else f"Number {number}")
        article = await newsroom.publish(await newsroom.edit(article, headline=f"Number {number + 1}"))


async def test_a_process_sees_what_another_wrote(newsroom: Newsroom, settings: Settings, dialect: str) -> None:
    article = await newsroom.article(headline="First")
    address = f"/v1/articles/{article['id']}"
    async with serving(settings) as other:
        reader, answers = other.client(None), other.app.state.answers
        delays = []
        for number in range(5):
            await reader.get(address)
            held = [kept for kept in answers if kept.key == address]
            assert held
            article = await newsroom.publish(await newsroom.edit(article, headline=f"Number {number}"))
            if dialect == "postgresql":
                delays.append(await _eventually(lambda: not [kept for kept in answers if kept.key == address]))
            assert (await reader.get(address)).json()["headline"] == f"Number {number}"

    assert all(delay < 5 for delay in delays)


async def test_a_rehearsal_and_a_draft_drop_nothing(newsroom: Newsroom) -> None:
    reader, article = newsroom.client(None), await newsroom.article()
    await reader.get(f"/v1/articles/{article['id']}")
    answers = newsroom.app.state.answers
    before = answers.counts.dropped

    await newsroom.edit(article, dek="Not yet for readers")
    made(await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish?dry_run=true", {}, If_Match="*"))
    await reader.get("/v1/articles")

    assert answers.counts.dropped == before
    assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 200


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_while_nothing_is_heard_nothing_is_kept_and_then_it_goes_on(newsroom: Newsroom) -> None:
    reader, article = newsroom.client(None), await newsroom.article(headline="Before")
    address, follower = f"/v1/articles/{article['id']}", newsroom.app.state.follower
    await reader.get(address)

    async with newsroom.database.reading() as session:
        await session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dateline follows'"))
    await _eventually(lambda: not follower.hears)
    held = len(list(newsroom.app.state.answers))
    during = (await reader.get(address)).json()["headline"]
    await _eventually(lambda: follower.hears)
    await reader.get(address)

    assert (held, during) == (0, "Before")
    assert [kept.key for kept in newsroom.app.state.answers] == [address]
