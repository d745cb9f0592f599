"""A PostgreSQL that goes away, falls silent, only reads or is full: requests get 503, and nothing that was acknowledged is lost."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from httpx2 import AsyncClient

from app.core import migrations
from tests import postgres
from tests.command import Command, Server, free_port
from tests.desk import Desk


class Watch:
    """Asks once and again how the service is, and notes what it says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lives: Counter[int] = Counter()
        self.ready: list[tuple[float, int]] = []

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look until the block ends."""
        tasks = [asyncio.create_task(self._ask_whether_it_lives()), asyncio.create_task(self._ask_whether_it_is_ready())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask_whether_it_lives(self) -> None:
        async with AsyncClient(timeout=5) as http:
            while True:
                self.lives[(await http.get(f"{self.url}/healthz")).status_code] += 1
                await asyncio.sleep(0.1)

    async def _ask_whether_it_is_ready(self) -> None:
        async with AsyncClient(timeout=10) as http:
            while True:
                began = time.monotonic()
                status = (await http.get(f"{self.url}/readyz")).status_code
                self.ready.append((began if status == 200 else time.monotonic(), status))
                await asyncio.sleep(0.1)

    async def until_ready(self, ready: bool, seconds: float) -> float:
        """Wait until it says that it is, or is not, ready; after how many seconds it did."""
        since = time.monotonic()
        async with asyncio.timeout(seconds):
            while not any(moment >= since and (status == 200) == ready for moment, status in self.ready):  # noqa: ASYNC110 - it looks at a process
                await asyncio.sleep(0.02)
        return time.monotonic() - since


PATIENCE = 20.0
"""How long a test waits for what should take a second or two: machines are busy."""


@dataclass
class House:
    """A service on a PostgreSQL of its own, editors at work in it, and somebody who watches."""

    database: postgres.Cluster
    desk: Desk
    watch: Watch
    server: Server

    def tell(self, *statements: str) -> None:
        """Run statements as the database's administrator."""
        with psycopg.connect(postgres.libpq(self.database.url), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    async def read(self) -> int:
        """The status of an answer that no cache has."""
        async with AsyncClient(timeout=60) as http:
            return (await http.get(f"{self.desk.url}/v1/articles?limit={1 + time.monotonic_ns() % 100}")).status_code


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    if "TEST_DATABASE_URL" in os.environ:
        pytest.skip("It stops a server of its own.")
    with postgres.cluster({"max_connections": "20", "synchronous_commit": "on"}, port=free_port()) as own:
        migrations.migrate(postgres.libpq(own.url))
        settings = {
            "database_url": postgres.libpq(own.url),
            "log_level": "error",
            "access_log": "false",
            "database_pool_size": "3",
            "answer_seconds": "4",
        }
        command = Command(tmp_path, settings)
        desk = Desk(command.must("keys", "create", "desk", "--scopes", "*").strip())
        with command.serving() as server:
            desk.url = server.url
            yield House(own, desk, Watch(server.url), server)


Fault = Callable[[House], AbstractContextManager[None]]


@contextmanager
def restarted(house: House) -> Iterator[None]:
    """The server ends, and is started again."""
    house.database.stop(signal.SIGINT)
    yield
    house.database.start()


@contextmanager
def crashed(house: House) -> Iterator[None]:
    """The server falls, and recovers."""
    house.database.stop(signal.SIGQUIT)
    yield
    house.database.start()


@contextmanager
def silent(house: House) -> Iterator[None]:
    """The server takes what is sent, and never answers."""
    stopped = [int(pid) for pid in _family(house.database)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in stopped:
        with suppress(ProcessLookupError):  # The first that goes on may end the others.
            os.kill(pid, signal.SIGCONT)


def _family(database: postgres.Cluster) -> list[str]:
    assert database.process is not None
    parent = database.process.pid
    return [str(parent), *Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.parametrize("fault", [restarted, crashed, silent])
async def test_a_database_that_goes_away_costs_503_and_nothing_that_was_acknowledged(house: House, fault: Fault) -> None:
    desk, watch = house.desk, house.watch
    async with watch.looking(), desk.working():
        await asyncio.sleep(0.5)
        with fault(house):
            gone = await watch.until_ready(ready=False, seconds=PATIENCE)
            await desk.until_refused(seconds=PATIENCE)
        back = await watch.until_ready(ready=True, seconds=PATIENCE)
        await asyncio.sleep(0.5)
    await desk.settle()

    assert set(desk.statuses) <= {201, 503}
    assert set(watch.lives) == {200}
    assert sorted(await desk.written()) == sorted(desk.acknowledged)
    log = await desk.log()
    assert log == list(range(1, len(log) + 1))
    print({"fault": fault.__name__, "refused after": round(gone, 2), "back after": round(back, 2)})  # noqa: T201 - for a run by hand


async def test_a_database_that_only_reads_serves_reads(house: House) -> None:
    async with house.desk.working():
        await asyncio.sleep(0.3)
    house.tell("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    await asyncio.sleep(0.5)

    async with AsyncClient(timeout=60) as http:
        house.desk.statuses.clear()
        await house.desk.send(http, "Refused", "refused")
        assert house.desk.statuses == {503: 1}
    assert await house.read() == 200

    house.tell("SET transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
    await house.desk.settle()
    assert sorted(await house.desk.written()) == sorted(house.desk.acknowledged)


async def test_a_database_without_free_connections_costs_503(house: House) -> None:
    desk, taken = house.desk, list[psycopg.Connection]()
    async with house.watch.looking(), desk.working():
        await asyncio.sleep(0.3)
        house.tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dateline%'")
        for _ in range(40):  # Whatever is free, before the service takes it again.
            with suppress(psycopg.OperationalError):
                taken.append(psycopg.connect(postgres.libpq(house.database.url)))
        assert await house.read() in {200, 503}
        for connection in taken:
            connection.close()
        await house.watch.until_ready(ready=True, seconds=PATIENCE)
    await desk.settle()

    assert taken
    assert set(desk.statuses) <= {201, 503}
    assert set(house.watch.lives) == {200}
    assert sorted(await desk.written()) == sorted(desk.acknowledged)
    assert await house.read() == 200
