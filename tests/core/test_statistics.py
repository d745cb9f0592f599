"""SQLite knows of its tables what it was told to look for."""

import sqlite3

import pytest
from sqlalchemy import text

from app.core.settings import Settings
from app.worker import sweep
from tests.newsroom import Newsroom
from tests.plans import a_long_log

ONE_OF_MANY = "SELECT seq FROM events WHERE object_id = 'x' AND type = 'comment.created' AND seq > 0 ORDER BY seq"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_connection_is_not_led_by_the_order_that_an_index_has(newsroom: Newsroom, settings: Settings) -> None:
    """All events are of one type, and few of one object."""
    await a_long_log(newsroom.database)
    async with newsroom.database.writing() as session:
        await session.execute(text("DELETE FROM sqlite_stat1"))
    assert "ix_events_type_seq" in plan(newsroom)

    await sweep(newsroom.database, settings)

    assert "ix_events_object_id_version" in plan(newsroom)


def plan(newsroom: Newsroom) -> str:
    """How a connection that is opened now would look for it."""
    connection = sqlite3.connect(str(newsroom.database.url.database))
    try:
        return " ".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {ONE_OF_MANY}"))
    finally:
        connection.close()
