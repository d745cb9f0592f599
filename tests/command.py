"""The command `dateline` as an operator runs it: a process of its own, in a folder of its own.

To load the program takes two seconds, and the tests run it some hundreds of times. So it is loaded once, in a process that does nothing
else, and each command is a fork of that; `of_code(ROOT)` runs the installed program itself.
"""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from app.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent
SECONDS_TO_START = 60
SECONDS_TO_RUN = 120

_LOADED = multiprocessing.get_context("forkserver")
_MODULES = sorted({f"app.commands.{place.partition(':')[0]}" for place in COMMANDS.values()})
_LOADED.set_forkserver_preload(["app.serving", *_MODULES, __name__])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a finished command left behind; the two outputs apart."""

    code: int
    output: str
    told: str


class Running:
    """A process that was started, with what the standard library's `Popen` calls these things."""

    def __init__(self, process: ForkServerProcess | subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""
        return self._process.poll() if isinstance(self._process, subprocess.Popen) else self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Until it has ended."""
        if isinstance(self._process, subprocess.Popen):
            return self._process.wait(seconds)
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("dateline", seconds or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Tell it something; nothing where it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self, *, all_of_it: bool = False) -> None:
        """End it at once; `all_of_it` with those that it has started, which outlive it."""
        self.send_signal(signal.SIGKILL)
        if all_of_it:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


def _become(arguments: Sequence[str], folder: Path, environment: dict[str, str], output: Path, told: Path) -> None:
    """Be the command, in a session of its own."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate((Path(os.devnull), output, told)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - uvicorn's workers are given what it is
    sys.argv = ["dateline", *arguments]
    main()


@dataclass(frozen=True, slots=True)
class Server:
    """A running `dateline serve`."""

    url: str
    process: Running
    log: Path

    def stop(self) -> str:
        """Ask it to end, wait until it has, and give back what it logged."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(SECONDS_TO_START)
        return self.log.read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Command:
    """`dateline`, in `folder`, with nothing but these settings."""

    folder: Path
    settings: dict[str, str]
    code: Path | None = None
    """Where its code is, if not here."""

    def having(self, **settings: str) -> "Command":
        """The same with further settings, such as `environment="production"`."""
        return replace(self, settings=self.settings | settings)

    def of_code(self, code: Path) -> "Command":
        """The same of another version, whose packages are in a folder."""
        return replace(self, code=code)

    @property
    def environment(self) -> dict[str, str]:
        """What the process knows of its surroundings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
        kept |= {} if self.code is None else {"PYTHONPATH": str(self.code)}
        return kept | {f"DATELINE_{name.upper()}": value for name, value in self.settings.items()}

    def start(self, *arguments: str, output: Path, told: Path) -> Running:
        """Start it, with its two outputs in these files."""
        if self.code is None:
            process = _LOADED.Process(target=_become, args=(arguments, self.folder, self.environment, output, told))
            process.start()
            return Running(process)
        program = [str(Path(sys.executable).with_name("dateline")), *arguments]
        with output.open("ab") as out, told.open("ab") as err:
            return Running(subprocess.Popen(program, cwd=self.folder, env=self.environment, stdout=out, stderr=err, start_new_session=True))

    def run(self, *arguments: str) -> Answer:
        """Run it to its end."""
        with tempfile.TemporaryDirectory() as folder:
            output, told = Path(folder, "output"), Path(folder, "told")
            running = self.start(*arguments, output=output, told=told)
            try:
                code = running.wait(SECONDS_TO_RUN)
            except subprocess.TimeoutExpired:
                running.kill(all_of_it=True)
                raise
            return Answer(code, output.read_text("utf-8"), told.read_text("utf-8"))

    def must(self, *arguments: str) -> str:
        """Run it to its good end; its standard output."""
        answer = self.run(*arguments)
        assert answer.code == 0, answer.told
        return answer.output

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Server]:
        """`dateline serve` on a free port, as soon as it is ready; it is gone when the block ends."""
        with self.listening("serve", *arguments) as server:
            yield server

    @contextmanager
    def listening(self, *arguments: str) -> Iterator[Server]:
        """A command that serves on a free port, as soon as it is ready; it is gone when the block ends."""
        port = free_port()
        log = self.folder / f"serve-{port}.log"  # A pipe that nobody reads holds up the server when it is full.
        server = Server(f"http://127.0.0.1:{port}", self.start(*arguments, "--port", str(port), output=log, told=log), log)
        try:
            _wait_until_ready(server)
            yield server
        finally:
            server.process.kill(all_of_it=True)
            server.process.wait()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_ready(server: Server) -> None:
    give_up = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urlopen(f"{server.url}/readyz", timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            assert server.process.returncode is None, server.log.read_text("utf-8")
            assert time.monotonic() < give_up, "It did not become ready."
            time.sleep(0.05)
