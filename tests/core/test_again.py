"""What the database undid is done over, and no answer is waited for without an end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from app.core.attempts import TRIES, attempt_of
from app.core.http import Writer
from app.core.settings import Settings
from tests.conftest import serving
from tests.newsroom import Newsroom

UNDO = "DO $$ BEGIN RAISE EXCEPTION 'undone' USING ERRCODE = '{}'; END $$"


@pytest.fixture
async def tried(settings: Settings) -> AsyncIterator[Newsroom]:
    """The service with addresses whose first attempts fail, or that take their time; it waits a second for any."""
    async with serving(settings.model_copy(update={"answer_seconds": 1.0})) as newsroom:
        router = APIRouter(prefix="/test")

        @router.post("/undone/{state}/{times}")
        async def undone(state: str, times: int, request: Request, session: Writer) -> Response:
            number = attempt_of(request.scope).number
            await session.execute(text("UPDATE log_head SET names_seq = names_seq + 1"))
            if number <= times:
                await session.execute(text(UNDO.format(state)))
            return Response(f"{number} {(await request.body()).decode()}")

        @router.post("/slow")
        async def slow(session: Writer) -> Response:
            await session.execute(text("UPDATE log_head SET names_seq = names_seq + 1"))
            await asyncio.sleep(60)
            return Response()

        @router.post("/broken")
        async def broken(session: Writer) -> Response:
            await session.execute(text("UPDATE log_head SET names_seq = names_seq + 1"))
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise AssertionError from None  # As a driver may that is interrupted.
            return Response()

        newsroom.app.include_router(router, include_in_schema=False)
        yield newsroom


async def counted(newsroom: Newsroom) -> int:
    async with newsroom.database.reading() as session:
        return int((await session.execute(text("SELECT names_seq FROM log_head"))).scalar_one())


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)  # SQLite has one writer: nothing that it began is undone.
@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_what_was_undone_is_done_once_in_the_end(tried: Newsroom, state: str) -> None:
    before = await counted(tried)

    answer = await tried.client(None).post(f"/test/undone/{state}/{TRIES - 1}", {"say": "this"})

    assert (answer.status_code, answer.text) == (200, f'{TRIES} {{"say":"this"}}')
    assert await counted(tried) == before + 1


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("state", "times"), [("40001", TRIES), ("57014", 1), ("55P03", 1), ("22012", 1)])
async def test_what_fails_each_time_or_is_in_doubt_is_not_done_over(tried: Newsroom, state: str, times: int) -> None:
    before = await counted(tried)

    answer = await tried.client(None).post(f"/test/undone/{state}/{times}", {})

    assert answer.status_code == (500 if state == "22012" else 503)
    assert await counted(tried) == before


@pytest.mark.parametrize("how", ["slow", "broken"])
async def test_an_answer_that_does_not_come_is_given_up_and_nothing_is_kept(tried: Newsroom, how: str) -> None:
    before = await counted(tried)

    answer = await tried.client(None).post(f"/test/{how}", {})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers
    assert await counted(tried) == before
    await tried.article()  # The connection and the turn to write are free again.
