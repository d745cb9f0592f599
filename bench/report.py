"""The figures, and the page that shows them."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import world, wrk
from bench.servers import CORES, LOAD_CORE, ROOT, SERVER_CORE

_PACKAGES = ("fastapi", "pydantic", "sqlalchemy", "aiosqlite", "psycopg", "uvicorn", "uvloop", "httptools")

HEAD = """\
| of bare | database | articles | what | requests/s | p50 ms | p99 ms | alone ms | CPU ms | SQL | KB | bare requests/s | remark |
|--:|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"""

_PAGE = """\
# Benchmarks

What one process answers beside a bare ASGI application that says the same bytes from memory, on the same core, in turn, in the same run.
What the bare one does is what uvicorn and this machine allow; the rest is ours. [Performance](performance.md) explains what costs what;
[A thousand and a million](benchmarks-million.md) has what is measured apart.
The page is made with

```sh
{command}
```

{machine}

{table}

## How to read it

- **Of bare** is the median of {rounds} rounds of ours divided by the median of the bare rounds between them, {seconds} s each of ours.
  Ratios carry over to other machines; absolute figures of one quiet machine move by a third from run to run.
- **Hot** is `dateline serve` as it comes. **Cold** is the same with `DATELINE_CACHE_BYTES=0`: every answer is made anew. The log of
  requests is off, except in the row that says so. A 304 is compared with the bare application's whole answer.
- **Requests/s, p50 and p99** are wrk's, {connections} connections. It is a closed loop: a connection asks again only when it was answered,
  so a pause delays at most {connections} requests where readers would keep arriving ("coordinated omission"). The rows called "arriving"
  are an open loop: requests are due by the clock, and their latency counts from the moment they were due.
- **Alone** is the median when one client asks one thing after the other: what an answer takes where nobody waits in line.
- **CPU** is the processor time a request of the server's own processes, without PostgreSQL's. **SQL** counts the statements of a cold
  answer, without BEGIN, COMMIT and a pool's ping. **KB** is the body on the wire.
- **Pinned**: the server to core {server_core}; the load and PostgreSQL, which would stand on another machine, to core {load_core}. Writes
  to two workers may use every core, and so may PostgreSQL then.
- **The newsroom** is invented and the same for the same seed: {words} words an article, 12 sections in a tree, 40 authors, 200 tags of
  which few are frequent, one article with 2,000 comments. Of 100 articles 2 are drafts, 1 is scheduled, 2 were taken back, 5 were published
  twice. From {many:,} articles on, to spare the disk, they have {few} words, and only what is published has search entries.
  All of it is written straight into the tables (`bench/loading.py`); a newsroom loads by
  `PUT /v1/articles/by-source/{{source}}/{{external_id}}`, several at once, and may send everything again after a break.
- **SQLite** runs as in production: WAL, `synchronous=FULL`. **PostgreSQL** is a server of the bench's own unless `TEST_DATABASE_URL` names
  one: a unix socket, 1 GB of shared buffers, `fsync` and `synchronous_commit` on, autovacuum off (analysed once, before posts).
- **Peers** run on the same core from packages of their own, in folders of their own, with the same articles. They are asked for what they
  offer: an article with its authors and tags, a list of 20. Their "of bare" is against Dateline's bare figure of the same kind.
"""


@dataclass(slots=True)
class Row:
    """One thing measured; what does not apply is None. Times in milliseconds."""

    name: str
    per_second: float | None = None
    bare_per_second: float | None = None
    p50: float | None = None
    p99: float | None = None
    alone: float | None = None
    cpu: float | None = None
    statements: float | None = None
    kilobytes: float | None = None
    note: str = ""
    database: str = ""
    size: int = 0

    @property
    def ratio(self) -> float | None:
        if self.per_second is None or self.bare_per_second is None:
            return None
        return self.per_second / self.bare_per_second

    def shown(self) -> "Row":
        """Print it as it comes, for whoever waits."""
        print(f"  {self.line()}", flush=True)
        return self

    def line(self) -> str:
        """The row of the table."""
        cells = [
            *(
                _figure(self.ratio, ".3f" if (self.ratio or 1) < 0.1 else ".2f"),
                self.database,
                f"{self.size:,}" if self.size else "",
                self.name,
            ),
            *(_figure(self.per_second, ",.0f"), _figure(self.p50, ",.2f"), _figure(self.p99, ",.2f"), _figure(self.alone, ",.2f")),
            *(_figure(self.cpu, ".3f"), _figure(self.statements, ".3g"), _figure(self.kilobytes, ".1f")),
            *(_figure(self.bare_per_second, ",.0f"), self.note),
        ]
        return f"| {' | '.join(cells)} |"


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def page(rows: Sequence[Row], machine: str, rounds: int, seconds: int) -> str:
    """The whole page, in Markdown."""
    return _PAGE.format(
        command=_command(), machine=machine, table="\n".join([HEAD, *(row.line() for row in rows)]),
        rounds=rounds, seconds=seconds, connections=wrk.CONNECTIONS, server_core=SERVER_CORE, load_core=LOAD_CORE,
        words=world.words(1_000), many=world.MANY, few=world.words(world.MANY),
    )  # fmt: skip


def _command() -> str:
    """What was asked for, without the folders of this machine."""
    words = iter(sys.argv[1:])
    kept = [word for word in words if not (word in {"--out", "--cache"} and next(words, ""))]
    return " ".join(["python -m bench.run", *kept, "--out docs/benchmarks.md"])


def facts() -> str:
    """The machine, the versions, and how busy it was before."""
    versions = [f"Python {platform.python_version()}", wrk.version()]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    machine = f"{len(CORES)} cores ({_processor()}), load average {os.getloadavg()[0]:.2f} before"
    return f"On {datetime.now(UTC):%Y-%m-%d} at {_commit()}: {machine}; {', '.join(versions)}."


def _commit() -> str:
    describe = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "no commit"


def _processor() -> str:
    described = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((text.partition(": ")[2] for text in described if text.startswith("model name")), platform.machine())
