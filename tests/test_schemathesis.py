"""Schemathesis against the running service: what the description promises is what it does, for thousands of requests made from it.

`schemathesis.toml` beside this file says how it asks. What it stores between runs is switched off, so that every run asks the same.
"""

import subprocess
import sys
from pathlib import Path

from tests.command import Command

HERE = Path(__file__).parent
PHASES = {"sqlite": "coverage", "postgresql": "examples,fuzzing,stateful"}
"""Coverage goes through each schema's bounds: thousands of refusals that never reach a database. The others do: the stricter one."""
AT_LEAST = {"sqlite": 3_000, "postgresql": 500}
SECONDS = 600


def test_every_answer_is_as_the_description_says(database_url: str, dialect: str, tmp_path: Path) -> None:
    """The demo's newsroom is there, since the examples in the description speak of it: what they name is found."""
    command = Command(tmp_path, {"database_url": database_url, "access_log": "false", "log_level": "error", "rate_limit_storage": "off"})
    command.must("demo")
    key = command.must("keys", "create", "schemathesis", "--scopes", "*").strip()
    program = str(Path(sys.executable).with_name("schemathesis"))

    with command.serving() as server:
        asked = subprocess.run(
            [program, f"--config-file={HERE / 'schemathesis.toml'}", "run", f"{server.url}/openapi.json", f"--phases={PHASES[dialect]}"],
            cwd=HERE.parent, env={**command.environment, "DATELINE_TEST_KEY": key, "NO_COLOR": "1"},
            capture_output=True, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip

    assert asked.returncode == 0, asked.stdout[-20_000:] + asked.stderr
    generated = int(asked.stdout.partition(" generated,")[0].split()[-1])
    assert generated > AT_LEAST[dialect], asked.stdout
