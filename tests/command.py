"""The command `dateline` as an operator runs it: a process of its own, in a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

SECONDS_TO_START = 60
SECONDS_TO_RUN = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What a finished command left behind; the two outputs apart."""

    code: int
    output: str
    told: str


@dataclass(frozen=True, slots=True)
class Server:
    """A running `dateline serve`."""

    url: str
    process: subprocess.Popen[bytes]
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

    @property
    def program(self) -> str:
        """The command that stands beside the Python of the tests."""
        return str(Path(sys.executable).with_name("dateline"))

    def run(self, *arguments: str) -> Answer:
        """Run it to its end."""
        done = subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
            timeout=SECONDS_TO_RUN,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)

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
        with log.open("wb") as out:
            process = subprocess.Popen(
                [self.program, *arguments, "--port", str(port)], cwd=self.folder, env=self.environment, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        server = Server(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait_until_ready(server)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # Workers outlive a killed parent.
            process.wait()


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
            assert server.process.poll() is None, server.log.read_text("utf-8")
            assert time.monotonic() < give_up, "It did not become ready."
            time.sleep(0.05)
