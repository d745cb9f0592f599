"""What is measured: processes on a core of their own, and databases that are built once and copied for each run."""

import hashlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

import app
from bench import world
from bench.load import HOST
from tests import postgres

ROOT = Path(app.__file__).parent.parent
_SECONDS_TO_START = 30
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running uvicorn."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """The processor time of the process so far, of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def uvicorn(application: str, *options: str, **environment: str) -> Iterator[Server]:
    """One worker, as `dateline serve` starts it, without its log of requests, on the core of servers."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", application, *options, "--host", HOST, "--port", str(port)]
    command += ["--log-level", "warning", "--no-access-log", "--no-server-header"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    os.sched_setaffinity(process.pid, {SERVER_CORE})
    try:
        _wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(_SECONDS_TO_START)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < give_up and process.poll() is None:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The server did not start; it ended with {process.poll()}.")


class Databases:
    """Databases to be written on, each a copy of one that was built before with the same code."""

    def __init__(self, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self.cache = cache

    @contextmanager
    def sqlite(self, size: int) -> Iterator[str]:
        """A file of its own; the original stays in the cache folder."""
        original = self.cache / f"{_name(size)}.db"
        if not original.exists():
            unfinished = original.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            _build(f"sqlite:///{unfinished}", size)
            unfinished.rename(original)
        copy = original.with_suffix(f".{os.getpid()}")
        shutil.copy(original, copy)
        try:
            yield f"sqlite:///{copy}"
        finally:
            for left in self.cache.glob(f"{copy.name}*"):
                left.unlink()

    @contextmanager
    def postgresql(self, size: int) -> Iterator[str]:
        """A database of its own. The original stays on the server that `TEST_DATABASE_URL` names; one that we start is thrown away."""
        with postgres.server() as server:
            name = _name(size)
            if not postgres._query(server, "select 1 from pg_database where datname = %s and datistemplate", name):  # noqa: SLF001
                url = postgres.create_database(server, name)
                _build(url.render_as_string(hide_password=False), size)
                postgres.freeze_template(server, name)
            _keep_off_the_servers_core(server)
            with postgres.database(server, f"{name}_{os.getpid()}", template=name) as url:
                yield url.render_as_string(hide_password=False)


def _name(size: int) -> str:
    """Another world, another schema: another database."""
    made_by = [Path(world.__file__), *sorted((ROOT / "migrations" / "versions").glob("*.py"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()
    return f"dateline_bench_{size}_{digest[:8]}"


def _build(url: str, size: int) -> None:
    began = time.perf_counter()
    world.build(url, size)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{size:,} articles loaded in {time.perf_counter() - began:.0f} s, {memory} MB", file=sys.stderr)


def _keep_off_the_servers_core(server: URL) -> None:
    """PostgreSQL of our own shares the core of the load, since it would stand on another machine; its backends stay where it is."""
    found = Path(str(server.query.get("host", ""))) / "postmaster.pid"
    if found.is_file():
        os.sched_setaffinity(int(found.read_text().split()[0]), {LOAD_CORE})
