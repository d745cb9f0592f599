"""Processes that are killed, disks that are full: what was acknowledged is there, once, and nothing else is."""

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
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from app.core import migrations
from tests import postgres
from tests.command import Command
from tests.desk import Desk

ROUNDS = int(os.environ.get("DATELINE_TEST_ROUNDS", "3"))
"""How often a process is killed while it works; `DATELINE_TEST_ROUNDS=200` for a night."""


@pytest.fixture
def command(database_url: str, tmp_path: Path) -> Command:
    return Command(tmp_path, {"database_url": database_url, "log_level": "warning", "access_log": "false"})


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


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_workers_are_replaced_without_a_failed_request(command: Command, desk: Desk) -> None:
    with command.having(log_level="info", log_format="json").serving("--workers", "2") as server:
        desk.url = server.url
        try:
            async with desk.working():
                await asyncio.sleep(1)
                server.process.send_signal(signal.SIGHUP)
                async with asyncio.timeout(60):
                    while server.log.read_text("utf-8").count("Finished server process") < 2:  # noqa: ASYNC110 - it looks at a file
                        await asyncio.sleep(0.1)
                await asyncio.sleep(1)
        finally:
            log = server.stop()  # Workers outlive a killed parent.

    assert log.count("Finished server process") == 2 + 2
    assert set(desk.statuses) == {201}
    assert desk.statuses[201] > 10


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
            async with desk.working(mixed=True):
                await asyncio.sleep(0.7)
                server.process.kill()
                await asyncio.to_thread(server.process.wait)
    with command.serving() as server:
        desk.url = server.url
        await desk.settle()
        changes = await desk.changes()
        there = sorted(await desk.written())

    assert there == sorted(name for name in desk.acknowledged if name.startswith("Story"))
    assert [change["seq"] for change in changes] == list(range(1, len(changes) + 1))
    happened = Counter(change["type"] for change in changes)
    done = Counter(name.partition(" ")[0] for name in desk.acknowledged)
    assert {name: happened[name] for name in ("article.created", "article.published", "comment.created")} == {
        "article.created": done["Story"], "article.published": done["Publish"], "comment.created": done["Letter"],
    }  # fmt: skip
    assert done["Letter"] > 0
    assert len(set(desk.acknowledged)) == len(desk.acknowledged)
    print({"rounds": ROUNDS, "statuses": dict(desk.statuses), "done": dict(done)})  # noqa: T201 - for a run by hand


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
        command = Command(tmp_path, {"database_url": postgres.libpq(own.url), "log_level": "warning", "access_log": "false"})
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
