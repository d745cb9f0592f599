"""wrk, the load of every read: as fast as one core can ask, which no generator in Python is."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.servers import HOST, LOAD_CORE

CONNECTIONS = 32

_SCRIPT = """\
local asked, turn = {}, 0
function init(arguments)
  for target in io.lines(os.getenv("BENCH_TARGETS")) do asked[#asked + 1] = wrk.format("GET", target) end
  turn = math.random(#asked)
end
function request()
  turn = turn % #asked + 1
  return asked[turn]
end
function done(summary, latency)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "microseconds": %d, "wrong": %d, "timeouts": %d, "p50": %f, "p99": %f}',
    summary.requests, summary.duration, errors.status + errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What one run of wrk saw; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def find() -> str:
    """Where wrk is; it ends the run where there is none."""
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("The bench asks with wrk, and there is none here. On Debian and Ubuntu: apt install wrk")
    return found


def version() -> str:
    """As Debian names it: `wrk 4.1.0`."""
    said = subprocess.run([find(), "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:2]).replace("debian/", "").partition("-")[0]


def drive(
    port: int, targets: Sequence[str], headers: Mapping[str, str], seconds: int, connections: int = CONNECTIONS, core: int = LOAD_CORE
) -> Round:
    """Ask for the targets in turn; raises AssertionError where an answer was an error or a connection broke.

    wrk counts what is 400 and above. That a status below it is the right one is asked once before, by whoever calls.
    """
    with tempfile.TemporaryDirectory() as folder:
        script, listed = Path(folder) / "targets.lua", Path(folder) / "targets"
        script.write_text(_SCRIPT)
        listed.write_text("\n".join(targets))
        command = ["taskset", "-c", str(core), find(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        ran = subprocess.run(
            [*command, f"http://{HOST}:{port}"],
            env={**os.environ, "BENCH_TARGETS": str(listed)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stderr)
    assert not told["wrong"], f"{told['wrong']} of {told['requests']} answers were wrong: {targets[0]}\n{ran.stdout}"
    return Round(told["requests"], told["microseconds"] / 1e6, told["p50"], told["p99"])
