"""Waking whoever waits for news: on PostgreSQL by its notifications, on SQLite by looking ten times a second whether anybody committed."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from app.core.database import WATCHFUL, WriteSession
from app.events.actions import CHANNEL

log = structlog.get_logger("dateline.waking")
_LOOK_SECONDS = 0.1
_AGAIN_SECONDS = 2.0


async def nudge(session: WriteSession) -> None:
    """Wake those who wait when this transaction commits, where it does more than write the log."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_notify(CHANNEL, "")))


async def listen(url: URL, ring: Callable[[], Any]) -> None:
    """Call `ring` whenever something may be new in the database at `url`, for as long as this is awaited.

    A bell may be missed while the connection is broken, or for good behind a pooler that takes LISTEN away: whoever waits also looks from
    time to time.
    """
    hear = _hear_sqlite if url.get_backend_name() == "sqlite" else _hear_postgres
    while True:
        try:
            await hear(url, ring)
        except (psycopg.Error, sqlite3.Error, OSError) as error:
            log.warning("news is not heard", error=str(error))
        await asyncio.sleep(_AGAIN_SECONDS)


async def _hear_sqlite(url: URL, ring: Callable[[], Any]) -> None:
    """`data_version` costs microseconds; the connection never writes, so it sees what any other commits."""
    connection = sqlite3.connect(url.database or "", timeout=1, isolation_level=None, check_same_thread=False)
    try:
        seen = None
        while True:
            version = connection.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                ring()
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        connection.close()


async def _hear_postgres(url: URL, ring: Callable[[], Any]) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(address, autocommit=True, application_name="dateline waits", **WATCHFUL) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        ring()
        async for _ in connection.notifies():
            ring()
