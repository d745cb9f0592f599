"""Statements that go past the session to the driver: in the order of the code, whole or not at all."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import Integer, String, bindparam, func, literal, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from app.core.lookups import Lookup
from app.core.models import table_of
from app.tags.models import Tag
from tests.newsroom import Newsroom

_TAGS = table_of(Tag)
_NAMES = Lookup(select(_TAGS.c.name).order_by(_TAGS.c.slug))
_RENAME = Lookup(update(_TAGS), fills=("name",))
_BROKEN = Lookup(select((literal(1) // bindparam("by", type_=Integer())).label("part")))
_SLEEP = Lookup(select(func.pg_sleep(30)))
_SAID = Lookup(select(bindparam("said", type_=String()).label("said")))


async def _names(newsroom: Newsroom) -> list[str]:
    async with newsroom.database.reading() as session:
        return [row.name for row in await session.ask(_NAMES)]


async def test_a_question_does_not_see_what_is_told_behind_it(newsroom: Newsroom) -> None:
    for name in ("Ferries", "Harbour", "Railways"):
        await newsroom.tag(name=name)

    async with newsroom.database.writing() as session:
        before = session.ahead(_NAMES)
        session.tell(_RENAME, {"name": "Anything"})
        found = [row.name for row in await before.rows()]

    assert found == ["Ferries", "Harbour", "Railways"]
    assert await _names(newsroom) == ["Anything"] * 3


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("told", [True, False])
async def test_a_transaction_whose_error_was_swallowed_is_not_said_to_be_committed(newsroom: Newsroom, *, told: bool) -> None:
    await newsroom.tag(name="Ferries")

    async def write() -> None:
        async with newsroom.database.writing() as session:
            await session.ask(_RENAME, name="Anything")
            with suppress(DBAPIError):
                await session.ask(_BROKEN, by=0)
            if told:
                session.tell(_RENAME, {"name": "More"})

    with pytest.raises(DBAPIError, match="transaction"):
        await write()

    assert await _names(newsroom) == ["Ferries"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_question_that_is_cut_short_leaves_no_connection_out_of_step(newsroom: Newsroom) -> None:
    await newsroom.tag(name="Ferries")

    async def ask() -> None:
        async with newsroom.database.writing() as session:
            session.tell(_RENAME, {"name": "Anything"})
            await session.ask(_SLEEP)

    asked = asyncio.create_task(ask())
    await asyncio.sleep(0.3)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asked, 10)

    assert await asyncio.wait_for(_names(newsroom), 5) == ["Ferries"]
    async with newsroom.database.writing() as session:
        assert (await asyncio.wait_for(session.ask(_NAMES), 5))[0].name == "Ferries"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_text_is_never_cut_short(newsroom: Newsroom) -> None:
    async with newsroom.database.reading() as session:
        with pytest.raises(DBAPIError, match="NUL"):
            await session.ask(_SAID, said="one\0two")
        assert (await session.ask(_SAID, said="one"))[0].said == "one"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_statement_that_cannot_be_sent_leaves_no_connection_out_of_step(newsroom: Newsroom) -> None:
    await newsroom.tag(name="Ferries")
    named = ", ".join(f":n{place}" for place in range(66_000))
    many = Lookup(select(_TAGS.c.name).where(text(f"name IN ({named})")))

    async def ask() -> None:
        async with newsroom.database.writing() as session:
            session.tell(_RENAME, {"name": "Anything"})
            await session.ask(many, **{f"n{place}": "x" for place in range(66_000)})

    with pytest.raises(DBAPIError):
        await asyncio.wait_for(ask(), 60)

    pool = newsroom.database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0
    assert await asyncio.wait_for(_names(newsroom), 5) == ["Ferries"]
    async with newsroom.database.writing() as session:
        assert (await asyncio.wait_for(session.ask(_NAMES), 5))[0].name == "Ferries"
