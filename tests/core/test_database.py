"""Sessions that write: on SQLite those of one process take turns, and nobody waits for ever."""

import asyncio

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.exc import StatementError

from app.core import database as databases
from app.core.database import Occupied
from app.core.models import Instant
from tests.newsroom import Newsroom


async def test_a_writer_that_gets_no_turn_in_time_is_told_so(newsroom: Newsroom, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "TURN_SECONDS", 0.1)

    async with newsroom.database.writing():
        answer = await newsroom.desk.post("/v1/tags", {"name": "Railways"})

    assert answer.status_code == (503 if dialect == "sqlite" else 201)
    assert (answer.headers.get("Retry-After") is not None) is (dialect == "sqlite")
    assert (await newsroom.desk.post("/v1/tags", {"name": "Harbour"})).status_code == 201


async def test_an_attempt_does_not_wait_for_a_turn(newsroom: Newsroom, dialect: str) -> None:
    async def attempt() -> bool:
        async with newsroom.database.attempting():
            return True

    async with newsroom.database.writing():
        if dialect == "sqlite":
            with pytest.raises(Occupied):
                await attempt()
        else:
            assert await asyncio.wait_for(attempt(), 5)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_narrow_read_survives_that_its_connections_were_ended(newsroom: Newsroom) -> None:
    article = await newsroom.article()
    reader, address = newsroom.client(None), f"/v1/articles/{article['id']}"
    await reader.get(address)

    for _ in range(2):
        async with newsroom.database.writing() as session:
            ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = :name"
            assert (await session.scalar(text(ended), {"name": "dateline reads"})) == 1
        newsroom.app.state.answers.clear()
        assert (await reader.get(address)).status_code == 200


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_connection_on_which_something_else_than_the_server_failed_is_used_no_more(newsroom: Newsroom) -> None:
    """Nobody knows what is under way on it. What the server itself refuses leaves it as it was."""
    used = []
    for statement, values in ((text("SELECT 1 / 0"), {}), (text("SELECT :it").bindparams(bindparam("it", type_=Instant())), {"it": "odd"})):
        async with newsroom.database.reading() as session:
            used.append((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())
            with pytest.raises(StatementError):
                await session.execute(statement, values)
    async with newsroom.database.reading() as session:
        used.append((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())

    assert used[0] == used[1] != used[2]
