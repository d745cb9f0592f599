"""Measures the requests that matter most and writes the table: `python -m bench.run --help`."""

import argparse
import asyncio
import itertools
import os
import pickle
import statistics
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx2 import ASGITransport, AsyncClient, Response
from pydantic_core import to_json
from sqlalchemy import event

from app.access import actions as access
from app.core.database import Database
from app.core.settings import Settings
from app.events.models import SYSTEM
from app.main import create_app
from bench import load, report, world
from bench.bare import Answer
from bench.report import Figures, Row, Table
from bench.servers import LOAD_CORE, Databases, Server, uvicorn

CONNECTIONS = 8
_WARM_UP_SECONDS, _WARM_UP_REQUESTS = 1.0, 50
_DEEP = 500
_ARTICLES = 200
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_SCOPES = ("articles:read", "articles:write")


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request. The targets of a read are asked for in turn; a write has a supply of requests of its own."""

    name: str
    targets: Sequence[str]
    orders: Sequence[bytes] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return 201 if self.orders else 200

    def requests(self, *, repeatable: bool) -> Iterator[bytes]:
        """What goes over the wire; a write may be repeated only where nothing is kept."""
        if not self.orders:
            return itertools.cycle([load.http("GET", target) for target in self.targets])
        orders = self.orders[:_ARTICLES] if repeatable else self.orders
        posts = [load.http("POST", self.targets[0], body, Idempotency_Key=uuid.uuid4().hex, **self.headers) for body in orders]
        return itertools.cycle(posts) if repeatable else iter(posts)


class Explorer:
    """The application in this process: finds what to ask for, keeps the answers, counts the statements."""

    def __init__(self, client: AsyncClient, key: str, database: Database) -> None:
        self.client, self.key = client, key
        self.engine = database.engine.sync_engine
        self.statements: list[str] = []

    @property
    def server(self) -> str:
        """The database and its version."""
        version = ".".join(map(str, self.engine.dialect.server_version_info or ()))
        return f"{_NAMES[self.engine.dialect.name]} {version}"

    async def get(self, target: str) -> Any:
        response = await self.client.get(target)
        assert response.status_code == 200, (target, response.text)
        return response.json()

    async def cases(self, size: int, supply: int) -> list[Case]:
        """Everything that is measured, on the world that was built."""
        room = world.Newsroom(world.SEED)
        slugs = await self._slugs(size)
        often, rarely = room.tags[0]["slug"], room.tags[-1]["slug"]
        deep, cursor = await self._deep()
        orders = [to_json(world.order(number, room)) for number in range(supply)]
        return [
            Case("one article, by slug", [f"/v1/articles/{slug}" for slug in slugs]),
            Case("list of 20", ["/v1/articles"]),
            Case("list of a section and all below it", ["/v1/articles?section=world"]),
            Case("list of a frequent tag", [f"/v1/articles?tag={often}"]),
            Case("list of a rare tag", [f"/v1/articles?tag={rarely}"]),
            Case(f"page {deep} of the list", [f"/v1/articles?cursor={cursor}"]),
            Case("search, a rare word (1 %)", [f"/v1/articles?q={world.RARE}"]),
            Case("search, a common word (25 %)", [f"/v1/articles?q={world.COMMON}"]),
            Case("page of comments", [f"/v1/articles/{world.BUSY_SLUG}/comments"]),
            Case("create", ["/v1/articles"], orders, {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}),
        ]

    async def _slugs(self, size: int) -> list[str]:
        """Articles from all over the years."""
        found: list[str] = []
        for year in range(2021, 2026):
            page = await self.get(f"/v1/articles?fields=slug&limit={min(100, size // 10)}&published_at[lt]={year}-10-01T00:00:00Z")
            found += [article["slug"] for article in page["data"]]
        return found[:: max(1, len(found) // _ARTICLES)]

    async def _deep(self) -> tuple[int, str]:
        """Page 500 of 20, or the last whole one; and the cursor that leads there."""
        number, cursor = 1, ""
        while number < _DEEP:
            page = (await self.get(f"/v1/articles?fields=slug{cursor and '&cursor=' + cursor}"))["page"]
            if page["next_cursor"] is None:
                break
            number, cursor = number + 1, page["next_cursor"]
        return number, cursor

    async def answers(self, case: Case) -> tuple[dict[bytes, Answer], float]:
        """What the bare application shall say, and how many statements an answer took."""
        kept: dict[bytes, Answer] = {}
        counts = []
        for target in case.targets:
            self.statements.clear()
            response = await (self._post(case) if case.orders else self.client.get(target))
            assert response.status_code == case.status, (target, response.text)
            counts.append(len(self.statements))
            kept[target.encode()] = (response.status_code, response.headers.raw, response.content)
        return kept, statistics.mean(counts)

    async def _post(self, case: Case) -> Response:
        """Not the first post: the first use of a key is noted, at most once a minute, and takes statements of its own."""
        await self._send(case, "Once")
        self.statements.clear()
        return await self._send(case, "Once more")

    async def _send(self, case: Case, attempt: str) -> Response:
        body = case.orders[0].replace(b'"headline":"', f'"headline":"{attempt} '.encode(), 1)
        headers = {**case.headers, "Idempotency-Key": uuid.uuid4().hex}
        return await self.client.post(case.targets[0], content=body, headers=headers)


@asynccontextmanager
async def explorer(url: str) -> AsyncIterator[Explorer]:
    """The application on the database at `url`, in this process."""
    app = create_app(Settings(_env_file=None, database_url=url, access_log=False, log_level="error"))
    async with app.router.lifespan_context(app):
        database = app.state.database
        async with database.writing() as session:
            _, key = await access.create_key(session, name="bench", scopes=_SCOPES, by=SYSTEM)
        async with AsyncClient(transport=ASGITransport(app=app), base_url=f"http://{load.HOST}") as client:
            found = Explorer(client, key, database)

            def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
                if not statement.startswith("BEGIN"):
                    found.statements.append(statement)

            event.listen(found.engine, "before_cursor_execute", note)
            yield found


async def measure(server: Server, case: Case, *, seconds: float, at_most: int, repeatable: bool = False) -> Figures:
    """Warm up, then ask for as long as allowed."""
    requests = case.requests(repeatable=repeatable)
    options = {"status": case.status, "connections": CONNECTIONS}
    await load.drive(server.port, requests, seconds=_WARM_UP_SECONDS, at_most=_WARM_UP_REQUESTS, **options)
    before = server.cpu_seconds()
    latencies, took = await load.drive(server.port, requests, seconds=seconds, at_most=at_most, **options)
    return Figures.of(latencies, took, server.cpu_seconds() - before)


async def compare(url: str, size: int, seconds: float, at_most: int, only: str) -> Table:
    """Every case whose name holds `only`, on Dateline and at once after it on the bare application."""
    async with explorer(url) as found:
        everything = await found.cases(size, supply=int(seconds * 600) + 2 * _WARM_UP_REQUESTS)
        cases = [case for case in everything if only in case.name]
        known = [await found.answers(case) for case in cases]
    table = Table(found.server, size, [])
    print(f"\n{table.title}\n\n{report.HEAD}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers"
        environment = {"DATELINE_DATABASE_URL": url, "DATELINE_ACCESS_LOG": "false", "BENCH_ANSWERS": str(answers)}
        with uvicorn("app.cli:application", "--factory", **environment) as ours:
            for case, (kept, statements) in zip(cases, known, strict=True):
                answers.write_bytes(pickle.dumps(kept))
                mine = await measure(ours, case, seconds=seconds, at_most=at_most)
                with uvicorn("bench.bare:application", "--factory", **environment) as bare:
                    theirs = await measure(bare, case, seconds=seconds, at_most=at_most, repeatable=True)
                size_of_answer = statistics.mean(len(body) for _, _, body in kept.values())
                table.rows.append(Row(case.name, mine, theirs, statements, size_of_answer))
                print(report.line(table.rows[-1]), flush=True)
    return table


def main() -> None:
    """Read the command line, measure, write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--sizes", default="1000,100000", help="how many articles, separated by commas")
    parser.add_argument("--databases", default="sqlite,postgresql", help="on which databases, separated by commas")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a case lasts at most (default: 3)")
    parser.add_argument("--requests", type=int, default=20_000, help="how many requests a case has at most (default: 20000)")
    parser.add_argument("--only", default="", help="only the cases whose name holds this, such as 'tag'")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "dateline-bench", help="where built databases are kept")
    parser.add_argument("--out", type=Path, help="where to write the page, such as docs/benchmarks.md")
    asked = parser.parse_args()

    facts = report.facts()
    databases = Databases(asked.cache)
    tables: list[Table] = []
    for kind, size in itertools.product(asked.databases.split(","), map(int, asked.sizes.split(","))):
        with getattr(databases, kind)(size) as url:
            cores = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {LOAD_CORE})
            tables.append(asyncio.run(compare(url, size, asked.seconds, asked.requests, asked.only)))
            os.sched_setaffinity(0, cores)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(report.page(tables, facts, asked.seconds, asked.requests, CONNECTIONS))


if __name__ == "__main__":
    main()
