"""What is measured: processes on a core of their own, and how much processor and memory they take."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import app

ROOT = Path(app.__file__).parent.parent
HOST = "127.0.0.1"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
_FREE = [core for core in CORES if core != LOAD_CORE]
CORES_OF_TWO = _FREE[:2] if len(_FREE) > 1 else CORES
"""Where two workers run; where only two cores are, the load has to share one of them."""
_SECONDS_TO_START = 60
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process and the workers below it."""

    port: int
    pid: int
    seconds_to_answer: float

    def cpu_seconds(self) -> float:
        """The processor time so far, of all threads of all its processes."""
        return sum(int(ticks) for pid in self._family() for ticks in _stat(pid)[11:13]) / _TICK

    def megabytes(self) -> float:
        """The resident memory of its largest process."""
        return max(int(_stat(pid)[21]) for pid in self._family()) * _PAGE / 1e6

    def _family(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


@contextmanager
def dateline(url: str, *, two_workers: bool = False, **environment: str) -> Iterator[Server]:
    """`dateline serve` on the database at `url`, without limits, and without its log of requests unless asked for."""
    port = free_port()
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--host", HOST, "--port", str(port)]
    command += ["--workers", "2"] if two_workers else []
    cores = CORES_OF_TWO if two_workers else (SERVER_CORE,)
    quiet = {"DATELINE_ACCESS_LOG": "false", "DATELINE_LOG_LEVEL": "warning", "DATELINE_RATE_LIMIT_STORAGE": "off"}
    settings = {"DATELINE_DATABASE_URL": url, **quiet, **environment}
    with running(command, port, settings, path="/v1/articles", cores=cores) as server:
        yield server


@contextmanager
def bare(answers: Path) -> Iterator[Server]:
    """The application that knows all `answers` by heart, on plain uvicorn."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.bare:application", "--factory", "--host", HOST, "--port", str(port)]
    command += ["--log-level", "warning", "--no-access-log", "--no-server-header", "--loop", "uvloop", "--http", "httptools"]
    with running(command, port, {"BENCH_ANSWERS": str(answers)}, path="/") as server:
        yield server


@contextmanager
def running(
    command: Sequence[str], port: int, environment: dict[str, str], *, path: str, cwd: Path = ROOT, cores: Sequence[int] = (SERVER_CORE,)
) -> Iterator[Server]:
    """`command` until the block ends, from its first answer at `path` on; what it says is told where it does not start."""
    command = ["taskset", "-c", ",".join(map(str, cores)), *command]
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **environment}, stdout=said, stderr=said)
        try:
            if not _answers(port, path, process):
                said.seek(0)
                raise RuntimeError(f"The server did not start; it ended with {process.poll()}.\n{said.read().decode()}")
            yield Server(port, process.pid, time.perf_counter() - began)
        finally:
            _stop(process)


@contextmanager
def running_beside(arguments: Sequence[str], environment: dict[str, str]) -> Iterator[None]:
    """A Python that answers nobody, until the block ends."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env={**os.environ, **environment})
    try:
        yield
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_START)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(port: int, path: str, process: subprocess.Popen[bytes]) -> bool:
    give_up = time.monotonic() + _SECONDS_TO_START
    question = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with socket.create_connection((HOST, port), 5) as connection:
                connection.sendall(question)
                if connection.recv(12).startswith(b"HTTP/1.1 "):
                    return True
        except OSError:
            time.sleep(0.01)
    return False


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """This process on one core until the block ends."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
