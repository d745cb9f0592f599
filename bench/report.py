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

from bench.servers import LOAD_CORE, ROOT, SERVER_CORE

_PACKAGES = ("fastapi", "pydantic", "sqlalchemy", "aiosqlite", "psycopg", "uvicorn", "uvloop", "httptools")

HEAD = """\
| request | requests/s | p50 ms | p99 ms | SQL | CPU ms | answer KB | bare requests/s | bare p50 ms | bare p99 ms | bare is faster |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""

_PAGE = """\
# Benchmarks

How many requests a second one process answers, and how long each waits, beside a bare ASGI application that answers the same bytes from
memory on the same core in the same run. What the bare one does is what uvicorn and this machine allow; the rest is ours. Made with

```sh
{command}
```

{machine}

{tables}

## How to read it

- **The newsroom** is invented and the same for the same seed: bodies of 600 words, 12 sections in a tree, 40 authors, 200 tags of which few
  are frequent, one article with 2,000 comments. Of 100 articles 2 are drafts, 1 is scheduled, 2 were taken back, 5 were published twice.
  "By slug" asks for about 200 articles of all years in turn, every other read for one address again and again.
- **SQL** counts the statements of one request, without BEGIN, COMMIT and the pool's own ping. **CPU** is the processor time of the
  server's process for a request, all its threads, without PostgreSQL's.
- **One uvicorn worker on core {server_core}, the load on core {load_core}**, {connections} kept connections, at most {seconds:g} s or
  {requests:,} requests a case after a short warm-up. The log of requests, which is on by default, is off.
  There is no cache of answers yet: every request asks the database.
- **A closed loop hides coordinated omission**: a connection asks again only when it was answered, so a pause delays at most {connections}
  requests, where readers would keep arriving. Read p99 as a lower bound; where fewer than 100 were answered, it is the slowest.
- **The load generator is Python too.** Beside the bare application it is often the slower of the two, so the bare figures, and how much
  faster that is, are lower bounds; the CPU column does not depend on it.
- **SQLite** runs as in production: WAL, `synchronous=FULL`. **PostgreSQL** is a throw-away server unless `TEST_DATABASE_URL` names one:
  `fsync`, `full_page_writes`, `synchronous_commit` and autovacuum off, 64 MB of shared buffers, a unix socket, on the core of the load.
  So its creates do not wait for a disk, and its reads cross no network.
- Absolute figures of one quiet machine move by a third from run to run. On one that others use meanwhile they move far more: where the
  bare figures of two cases differ several times over, that is such noise, and "bare is faster" carries it. The load average is that before
  the run, no more; trust the CPU column first.
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one server did in one case; times in milliseconds."""

    per_second: float
    p50: float
    p99: float
    cpu: float

    @classmethod
    def of(cls, latencies: Sequence[float], seconds: float, cpu_seconds: float) -> "Figures":
        assert latencies, "Not one request was answered."
        ordered, count = sorted(latencies), len(latencies)
        return cls(count / seconds, ordered[count // 2] * 1000, ordered[count * 99 // 100] * 1000, cpu_seconds / count * 1000)


@dataclass(frozen=True, slots=True)
class Row:
    """One case, on Dateline and on the bare application."""

    name: str
    ours: Figures
    bare: Figures
    statements: float
    answer_bytes: float


@dataclass(frozen=True, slots=True)
class Table:
    """All cases on one database at one size."""

    server: str
    size: int
    rows: list[Row]

    @property
    def title(self) -> str:
        return f"## {self.server}, {self.size:,} articles"


def line(row: Row) -> str:
    """The row of the table."""
    ours, bare = row.ours, row.bare
    cells = [
        *(row.name, f"{ours.per_second:,.0f}", f"{ours.p50:,.1f}", f"{ours.p99:,.1f}", f"{row.statements:.3g}"),
        *(f"{ours.cpu:.2f}", f"{row.answer_bytes / 1000:.1f}", f"{bare.per_second:,.0f}", f"{bare.p50:.2f}", f"{bare.p99:.2f}"),
        f"{bare.per_second / ours.per_second:,.0f} ×",
    ]
    return f"| {' | '.join(cells)} |"


def page(tables: Sequence[Table], machine: str, seconds: float, requests: int, connections: int) -> str:
    """The whole page, in Markdown."""
    shown = ["\n".join([table.title, "", HEAD, *map(line, table.rows)]) for table in tables]
    return _PAGE.format(
        command=" ".join(["python -m bench.run", *sys.argv[1:]]), machine=machine, tables="\n\n".join(shown),
        seconds=seconds, requests=requests, connections=connections, server_core=SERVER_CORE, load_core=LOAD_CORE,
    )  # fmt: skip


def facts() -> str:
    """The machine, the versions, and how busy it was before."""
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    machine = f"{os.cpu_count()} cores ({_processor()}), load average {os.getloadavg()[0]:.2f} before"
    return f"On {datetime.now(UTC):%Y-%m-%d} at {_commit()}: {machine}; {', '.join(versions)}."


def _commit() -> str:
    describe = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "no commit"


def _processor() -> str:
    described = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((text.partition(": ")[2] for text in described if text.startswith("model name")), platform.machine())
