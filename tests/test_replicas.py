"""A streaming replica answers readers as long as it shows all that a process knows of, and nobody notices when it does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import event

from app.core import migrations
from app.core.settings import Settings
from tests import postgres
from tests.conftest import serving
from tests.newsroom import Client, Newsroom

STREAMING = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}


@pytest.fixture(scope="module")
def primary() -> Iterator[postgres.Cluster]:
    with postgres.cluster(STREAMING) as found:
        yield found


@pytest.fixture(scope="module")
def replica(primary: postgres.Cluster) -> Iterator[postgres.Cluster]:
    migrations.migrate(postgres.libpq(primary.url))
    with postgres.replica_of(primary) as found:
        yield found


@dataclass
class Paper:
    """A newsroom that reads from a replica, and what the replica was asked."""

    newsroom: Newsroom
    replica: postgres.Cluster
    asked: list[str]

    @property
    def reader(self) -> Client:
        return self.newsroom.client(None)

    async def headlines(self) -> list[str]:
        """What readers see, made anew."""
        self.newsroom.app.state.answers.clear()
        answer = await self.reader.get("/v1/articles?limit=100")
        assert answer.status_code == 200, answer.text
        return [article["headline"] for article in answer.json()["data"]]

    def pause(self) -> None:
        """From now on the replica shows nothing new."""
        self._tell("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        """It catches up."""
        self._tell("SELECT pg_wal_replay_resume()")

    def _tell(self, what: str) -> None:
        with psycopg.connect(postgres.libpq(self.replica.url), autocommit=True) as connection:
            connection.execute(what.encode())

    async def until_told(self, headline: str) -> None:
        """Wait until readers see it."""
        async with asyncio.timeout(20):
            for _ in range(1000):
                if headline in await self.headlines():
                    return
                await asyncio.sleep(0.02)

    async def until_replica_answers(self) -> None:
        """Wait until it is asked again, and what it is asked counts from now on."""
        async with asyncio.timeout(20):
            for _ in range(400):
                self.asked.clear()
                await self.headlines()
                if any("FROM publications" in text for text in self.asked):
                    break
                await asyncio.sleep(0.05)
        self.asked.clear()


@pytest.fixture
async def paper(primary: postgres.Cluster, replica: postgres.Cluster) -> AsyncIterator[Paper]:
    with psycopg.connect(postgres.libpq(primary.url), autocommit=True) as connection:
        connection.execute("DELETE FROM keys")
    settings = Settings(
        _env_file=None, database_url=postgres.libpq(primary.url), database_replica_url=postgres.libpq(replica.url),
        access_log=False, log_level="error",
    )  # fmt: skip
    async with serving(settings) as newsroom:
        asked: list[str] = []
        source = newsroom.app.state.sources.replica
        source.lookups.listeners.append(asked.append)
        event.listen(source.engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        yield Paper(newsroom, replica, asked)


async def test_readers_are_answered_by_the_replica_and_editors_by_the_primary(paper: Paper) -> None:
    article = await paper.newsroom.article(headline="Streamed")
    await paper.until_replica_answers()

    assert "Streamed" in await paper.headlines()
    assert (await paper.reader.get(f"/v1/articles/{article['id']}")).status_code == 200
    assert (await paper.reader.get("/v1/sections")).status_code == 200
    assert len(paper.asked) >= 3
    paper.asked.clear()
    editor = paper.newsroom.client(paper.newsroom.secret)
    for address in (f"/v1/articles/{article['id']}?view=draft", "/v1/sections", f"/v1/articles/{article['id']}", "/v1/me"):
        assert (await editor.get(address)).status_code == 200
    assert paper.asked == []


async def test_a_replica_that_is_behind_is_left_out_until_it_has_caught_up(paper: Paper) -> None:
    await paper.newsroom.article(headline="Before")
    await paper.until_replica_answers()

    paper.pause()
    try:
        for number in range(5):
            await paper.newsroom.article(headline=f"While it sleeps {number}")
            assert f"While it sleeps {number}" in await paper.headlines()
        assert not any("FROM publications" in text for text in paper.asked)
    finally:
        paper.resume()

    await paper.until_replica_answers()
    assert "While it sleeps 4" in await paper.headlines()
    assert any("FROM publications" in text for text in paper.asked)


async def test_what_another_process_wrote_is_never_answered_from_a_replica_that_does_not_show_it(
    paper: Paper, primary: postgres.Cluster
) -> None:
    await paper.newsroom.article(headline="Known to both")
    await paper.until_replica_answers()

    paper.pause()
    try:
        settings = Settings(_env_file=None, database_url=postgres.libpq(primary.url), access_log=False, log_level="error")
        async with serving(settings.model_copy(), name="elsewhere") as other:
            await other.article(headline="Written elsewhere")
        await paper.until_told("Written elsewhere")
        assert "Written elsewhere" in await paper.headlines()
        kept = [answer.body for answer in paper.newsroom.app.state.answers]
        assert kept
        assert all(b"Written elsewhere" in body for body in kept)
    finally:
        paper.resume()


async def test_a_replica_that_goes_away_costs_no_reader_an_error(paper: Paper) -> None:
    await paper.newsroom.article(headline="Still here")
    await paper.until_replica_answers()

    paper.replica.stop()
    try:
        for _ in range(5):
            assert "Still here" in await paper.headlines()
    finally:
        paper.replica.start()

    await paper.until_replica_answers()
