"""Processes that are killed, databases that go away, disks that are full: what was acknowledged is there, once, and nothing else is."""

import asyncio
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from httpx2 import AsyncClient, HTTPError

from app.core import migrations
from tests import postgres
from tests.command import Command, Server, free_port

ROUNDS = int(os.environ.get("DATELINE_TEST_ROUNDS", "4"))
"""How often a process is killed while it works."""


class Desk:
    """Editors who send articles, each under a key of its own, and send again what was not answered with certainty."""

    def __init__(self, key: str) -> None:
        self.headers = {"Authorization": f"Bearer {key}"}
        self.url = ""
        self.acknowledged: list[str] = []
        self.open: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.closed = False

    @asynccontextmanager
    async def working(self, editors: int = 4) -> AsyncIterator[None]:
        """Editors at work until the block ends; each finishes the request that it has begun."""
        self.closed = False
        tasks = [asyncio.create_task(self._edit()) for _ in range(editors)]
        try:
            yield
        finally:
            self.closed = True
            await asyncio.gather(*tasks)

    async def _edit(self) -> None:
        async with AsyncClient(timeout=60) as http:
            while not self.closed:
                await self.send(http, f"Story {uuid.uuid4().hex}", uuid.uuid4().hex)

    async def send(self, http: AsyncClient, headline: str, key: str) -> None:
        """Create one article, on a connection of its own; what is in doubt stays open."""
        self.open[headline] = key
        headers = {**self.headers, "Idempotency-Key": key, "Connection": "close"}
        try:
            answer = await http.post(f"{self.url}/v1/articles", json={"headline": headline}, headers=headers)
        except HTTPError:
            self.statuses[0] += 1
            await asyncio.sleep(0.05)
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.acknowledged.append(headline)
            del self.open[headline]
        else:
            await asyncio.sleep(0.05)

    async def until_refused(self, seconds: float) -> None:
        """Wait until somebody was told to come again."""
        async with asyncio.timeout(seconds):
            while not self.statuses[503]:  # noqa: ASYNC110 - it looks at other tasks' work
                await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Send again what is in doubt, until it is answered."""
        async with AsyncClient(timeout=60) as http, asyncio.timeout(60):
            while self.open:
                for headline, key in list(self.open.items()):
                    await self.send(http, headline, key)

    async def written(self) -> list[str]:
        """The headline of every article there is."""
        found: list[str] = []
        address = f"{self.url}/v1/articles?view=draft&limit=100&fields=headline&sort=created_at"
        async with AsyncClient(timeout=60) as http:
            cursor = ""
            while True:
                page = (await http.get(address + cursor, headers=self.headers)).json()
                found += [article["headline"] for article in page["data"]]
                if not page["page"]["has_more"]:
                    return found
                cursor = f"&cursor={page['page']['next_cursor']}"

    async def log(self) -> list[int]:
        """The number of every event."""
        found: list[int] = []
        async with AsyncClient(timeout=60) as http:
            while True:
                address = f"{self.url}/v1/changes?limit=1000&since={found[-1] if found else 0}"
                page = (await http.get(address, headers=self.headers)).json()
                found += [change["seq"] for change in page["data"]]
                if not page["has_more"]:
                    return found


@pytest.fixture
def command(database_url: str, tmp_path: Path) -> Command:
    return Command(tmp_path, {"database_url": database_url, "log_level": "warning"})


@pytest.fixture
def desk(command: Command) -> Desk:
    return Desk(command.must("keys", "create", "desk", "--scopes", "*").strip())


async def test_a_process_that_is_told_to_end_answers_everything_that_it_accepted(command: Command, desk: Desk) -> None:
    with command.serving() as server:
        desk.url = server.url
        async with desk.working(editors=6):
            await asyncio.sleep(1.5)
            server.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(server.process.wait, 30)

    assert set(desk.statuses) <= {0, 201}
    assert desk.statuses[201] > 10
    with command.serving() as server:
        desk.url = server.url
        assert sorted(await desk.written()) == sorted(desk.acknowledged)


async def test_a_backup_under_load_is_the_whole_of_one_moment(
    command: Command, desk: Desk, database_url: str, dialect: str, tmp_path: Path, copy_database: Callable[[], AbstractContextManager[str]]
) -> None:
    with copy_database() as empty, command.serving() as server:
        desk.url = server.url
        async with desk.working():
            await asyncio.sleep(1)
            before = list(desk.acknowledged)
            restored = await asyncio.to_thread(_backed_up, dialect, database_url, empty, tmp_path)
            await asyncio.sleep(0.5)

        with command.having(database_url=restored).serving() as copy:
            desk.url = copy.url
            there = await desk.written()
            assert set(before) <= set(there)
            log = await desk.log()
            assert log == list(range(1, len(log) + 1))
            assert len(log) == len(there) + 1  # And the key.


def _backed_up(dialect: str, source: str, empty: str, folder: Path) -> str:
    """As the guide to operations says."""
    if dialect == "sqlite":
        with closing(sqlite3.connect(source.removeprefix("sqlite:///"))) as connection:
            connection.execute("VACUUM INTO ?", [str(folder / "backup.db")])
        return f"sqlite:///{folder / 'backup.db'}"
    programs, dump = postgres.programs(), folder / "backup.dump"
    subprocess.run([programs / "pg_dump", "--format=custom", f"--file={dump}", source], check=True)
    subprocess.run([programs / "pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={empty}", dump], check=True)
    return empty


async def test_what_was_acknowledged_before_a_kill_is_there_once(command: Command, desk: Desk) -> None:
    for _ in range(ROUNDS):
        with command.serving() as server:
            desk.url = server.url
            await desk.settle()
            async with desk.working():
                await asyncio.sleep(0.7)
                server.process.kill()
                await asyncio.to_thread(server.process.wait)
    with command.serving() as server:
        desk.url = server.url
        await desk.settle()

        assert sorted(await desk.written()) == sorted(desk.acknowledged)
        log = await desk.log()
        assert log == list(range(1, len(log) + 1))


@contextmanager
def traced(process: int, folder: Path) -> Iterator[Path]:
    """What a process and all that it starts ask the kernel to write to disk, with the time of each."""
    log = folder / f"strace.{process}"
    command = [str(shutil.which("strace")), "-f", "-ttt", "-T", "-e", "trace=fsync,fdatasync", "-o", str(log), "-p", str(process)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        tracer.stderr.readline()  # It says that it has attached.
        yield log
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)


def synced(log: Path) -> list[tuple[float, float]]:
    """When each write to disk began and ended."""
    found = []
    waiting: dict[str, float] = {}
    for line in log.read_text().splitlines():
        thread, moment, *rest = line.split(maxsplit=2)
        text = "".join(rest)
        if "unfinished" in text:
            waiting[thread] = float(moment)
        elif (took := re.search(r"= 0 <([\d.]+)>$", text)) is not None:
            began = waiting.pop(thread, float(moment))
            found.append((began, max(float(moment), began + float(took[1]))))
    return found


@pytest.mark.skipif(shutil.which("strace") is None and not os.environ.get("CI"), reason="strace is not installed; CI installs it")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_sqlite_is_on_the_disk_before_an_answer_says_so(command: Command, desk: Desk, tmp_path: Path) -> None:
    with command.serving() as server, traced(server.process.pid, tmp_path) as log:
        desk.url = server.url
        times = await _times_of_writes(desk)

    _assert_synced(times, synced(log))


@pytest.mark.skipif(shutil.which("strace") is None and not os.environ.get("CI"), reason="strace is not installed; CI installs it")
@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="It looks into a server of its own.")
async def test_postgresql_is_on_the_disk_before_an_answer_says_so(tmp_path: Path) -> None:
    with postgres.cluster({"fsync": "on", "synchronous_commit": "on", "wal_sync_method": "fdatasync"}) as own:
        migrations.migrate(postgres.libpq(own.url))
        command = Command(tmp_path, {"database_url": postgres.libpq(own.url), "log_level": "warning"})
        desk = Desk(command.must("keys", "create", "desk", "--scopes", "*").strip())
        assert own.process is not None
        # It follows what is started from now on: the sessions of a service that comes later.
        with traced(own.process.pid, tmp_path) as log, command.serving() as server:
            desk.url = server.url
            times = await _times_of_writes(desk)

    _assert_synced(times, synced(log))


async def _times_of_writes(desk: Desk) -> list[tuple[float, float]]:
    times = []
    async with AsyncClient(timeout=60) as http:
        await desk.send(http, "Warm", "warm")
        for number in range(10):
            began = time.time()
            await desk.send(http, f"Durable {number}", f"durable-{number}")
            times.append((began, time.time()))
    assert desk.statuses[201] == 11
    return times


def _assert_synced(times: list[tuple[float, float]], disk: list[tuple[float, float]]) -> None:
    for began, ended in times:
        assert any(began <= first and last <= ended for first, last in disk), (began, ended, disk)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_full_disk_refuses_writes_and_serves_reads(command: Command, desk: Desk, database_url: str) -> None:
    with command.serving() as server:
        desk.url = server.url
        async with AsyncClient(timeout=60) as http:
            for number in range(3):
                await desk.send(http, f"Before {number}", uuid.uuid4().hex)
            full = Path(database_url.removeprefix("sqlite:///")).with_name("full")
            full.touch()
            unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            desk.statuses.clear()
            for number in range(3):
                await desk.send(http, f"Full {number}", uuid.uuid4().hex)
            assert desk.statuses == {503: 3}
            for address in ("/v1/articles", "/v1/sections", "/healthz", "/readyz"):
                assert (await http.get(server.url + address)).status_code == 200, address
            assert len(await desk.written()) == 3

            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
            await desk.settle()
        assert sorted(await desk.written()) == sorted(desk.acknowledged)
        assert len(desk.acknowledged) == 6


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
                self.ready.append((began, (await http.get(f"{self.url}/readyz")).status_code))
                await asyncio.sleep(0.1)

    async def until_ready(self, ready: bool, seconds: float) -> None:
        """Wait until it says that it is, or is not, ready."""
        since = time.monotonic()
        async with asyncio.timeout(seconds):
            while not any(began >= since and (status == 200) == ready for began, status in self.ready):  # noqa: ASYNC110 - it looks at a process
                await asyncio.sleep(0.02)


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
        settings = {"database_url": postgres.libpq(own.url), "log_level": "error", "database_pool_size": "3", "answer_seconds": "4"}
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
            await watch.until_ready(ready=False, seconds=PATIENCE)
            await desk.until_refused(seconds=PATIENCE)
        await watch.until_ready(ready=True, seconds=PATIENCE)
        await asyncio.sleep(0.5)
    await desk.settle()

    assert set(desk.statuses) <= {201, 503}
    assert set(watch.lives) == {200}
    assert sorted(await desk.written()) == sorted(desk.acknowledged)
    log = await desk.log()
    assert log == list(range(1, len(log) + 1))


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
    house.tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dateline%'")
    taken = []
    for _ in range(20):
        with suppress(psycopg.OperationalError):
            taken.append(psycopg.connect(postgres.libpq(house.database.url)))
    try:
        async with AsyncClient(timeout=60) as http:
            await house.desk.send(http, "Crowded", "crowded")
        assert set(house.desk.statuses) <= {503, 201}
        assert await house.read() in {200, 503}
    finally:
        for connection in taken:
            connection.close()

    await house.desk.settle()
    assert await house.read() == 200
