"""Databases to be written on, each a copy of one that was loaded before with the same code and kept in a folder."""

import hashlib
import os
import pwd
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from bench import loading, world
from bench.servers import LOAD_CORE, ROOT
from tests import postgres

_SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "30min",
    "listen_addresses": "",
    "max_connections": "200",
    "max_wal_size": "8GB",
    "shared_buffers": "1GB",
}
"""Commits wait for the disk, as in production. Nothing vacuums behind a measurement; loading vacuums at its end."""

_OTHERS = "select datname from pg_database where datname like %s and datistemplate and datname <> %s"


class Databases:
    """Made once, copied for each run; what was made with other code goes when its successor is there."""

    def __init__(self, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self.cache = cache

    @contextmanager
    def sqlite(self, name: str, build: Callable[[str], None]) -> Iterator[str]:
        """A file of its own; the original stays in the folder."""
        original = self.cache / f"{name}.db"
        if not original.exists():
            unfinished = original.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            _timed(name, build, f"sqlite:///{unfinished}")
            unfinished.rename(original)
            for other in self.cache.glob(f"{name.rpartition('_')[0]}_*.db"):
                if other != original:
                    other.unlink()
            print(f"{original.name}: {original.stat().st_size / 1e6:,.0f} MB", file=sys.stderr)
        copy = original.with_suffix(f".{os.getpid()}")
        shutil.copy(original, copy)
        try:
            yield f"sqlite:///{copy}"
        finally:
            for left in self.cache.glob(f"{copy.name}*"):
                left.unlink()

    @contextmanager
    def postgresql(self, name: str, build: Callable[[str], None]) -> Iterator[str]:
        """A database of its own, on the server that `TEST_DATABASE_URL` names or on one of ours, kept in the folder."""
        with _server(self.cache / "postgresql") as server:
            if not postgres._query(server, "select 1 from pg_database where datname = %s and datistemplate", name):  # noqa: SLF001
                url = postgres.create_database(server, name)
                _timed(name, build, url.render_as_string(hide_password=False))
                size = postgres._query(server, "select pg_database_size(%s) / 1000000", name)  # noqa: SLF001
                print(f"{name}: {size[0][0]:,} MB", file=sys.stderr)
                postgres.freeze_template(server, name)
                for (other,) in postgres._query(server, _OTHERS, name.rpartition("_")[0] + "_%", name):  # noqa: SLF001
                    postgres.drop_database(server, str(other))
            copy = f"{name}_{os.getpid()}"
            with _copied(server, copy, name) as url:
                yield url.render_as_string(hide_password=False)


def of_dateline(size: int) -> tuple[str, Callable[[str], None]]:
    """The name and the maker of Dateline's database: another world or another schema is another database."""
    made_by = [Path(world.__file__), Path(loading.__file__), *sorted((ROOT / "migrations" / "versions").glob("*.py"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()
    return f"dateline_bench_{size}_{digest[:8]}", lambda url: loading.build(url, size)


@contextmanager
def _copied(server: URL, copy: str, name: str) -> Iterator[URL]:
    """A copy by files, not through the log: of gigabytes it takes seconds."""
    postgres.drop_database(server, copy)
    with psycopg.connect(postgres.libpq(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY file_copy".encode())
    try:
        yield server.set(database=copy)
    finally:
        postgres.drop_database(server, copy)


def _timed(name: str, build: Callable[[str], None], url: str) -> None:
    began = time.perf_counter()
    build(url)
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    print(f"{name} on {url.partition(':')[0]}: loaded in {time.perf_counter() - began:.0f} s, at most {memory} MB", file=sys.stderr)


@contextmanager
def _server(folder: Path) -> Iterator[URL]:
    """PostgreSQL of our own shares the core of the load, since it would stand on another machine; loading may use both."""
    if "TEST_DATABASE_URL" in os.environ:
        with postgres.server() as url:
            yield url
        return
    folder.mkdir(exist_ok=True, parents=True)
    programs, owner = postgres.programs(), None
    data = folder / "data"
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root. `nobody` runs it, from a copy in a place that `nobody` can reach.
        owner = pwd.getpwnam("nobody").pw_uid
        copied = folder / "programs"
        programs = next(copied.glob("*/pginstall/bin"), None) or postgres._copy(programs, copied)  # noqa: SLF001
    if not (data / "PG_VERSION").exists():
        data.mkdir(mode=0o700)
        if owner is not None:
            os.chown(data, owner, -1)
        subprocess.run(
            [str(programs / "initdb"), *postgres.CLUSTER, f"--pgdata={data}"], user=owner, cwd=data, check=True, stdout=subprocess.DEVNULL
        )
    options = [f"--{key}={value}" for key, value in (_SETTINGS | {"unix_socket_directories": str(data)}).items()]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([str(programs / "postgres"), "-D", str(data), *options], user=owner, cwd=data, stdout=log, stderr=log)
    try:
        url = URL.create("postgresql", username="postgres", database="postgres", query={"host": str(data)})
        postgres._wait_until_it_answers(url, process, folder / "log")  # noqa: SLF001
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def keep_off_the_servers_core(url: str) -> None:
    """From now on every process of a PostgreSQL of ours, and every one it starts, stays on the core of the load."""
    keep_on(url, {LOAD_CORE})


def keep_on(url: str, cores: Collection[int]) -> None:
    """From now on every process of a PostgreSQL of ours, and every one it starts, stays on these."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        data = connection.execute("SHOW data_directory").fetchone()
    found = Path(str(data and data[0])) / "postmaster.pid"
    if found.is_file() and "TEST_DATABASE_URL" not in os.environ:
        postmaster = found.read_text().split()[0]
        for task in (postmaster, *Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()):
            os.sched_setaffinity(int(task), cores)


def analyze(url: str) -> None:
    """What PostgreSQL does by itself within a minute, where autovacuum is on, and what SQLite is told by Dateline's worker."""
    if url.startswith("postgresql"):
        with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
            connection.execute("ANALYZE")
