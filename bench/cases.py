"""What is asked for: found by the application itself in this process, which also counts its statements."""

import json
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import Engine, event

from app.access import actions as access
from app.core.settings import Settings
from app.events.models import SYSTEM
from app.main import create_app
from bench import world
from bench.servers import HOST

_DEEP = 10_000
_ARTICLES = 200
_REVISIONS = 50
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_SCOPES = ("articles:read", "articles:write", "articles:publish")
HOT, COLD = "hot", "cold"
_THEN = "2024-01-01T00:00:00Z"
"""A moment in the years that the world is of."""
_HIT = (0.85, 0.75)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of read. Its targets are asked for in turn; `hot` is answered from the cache of answers, `cold` without one."""

    name: str
    targets: Sequence[str]
    kept: str = COLD
    headers: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    """Whether the client sends the ETag that it has, and expects a 304."""
    aims: tuple[float, float] | None = None
    """What part of the bare application is aimed at, on PostgreSQL and on SQLite."""
    note: str = ""

    @property
    def title(self) -> str:
        return f"{self.kept}: {self.name}"


class Explorer:
    """The application on one database, in this process."""

    def __init__(self, client: AsyncClient, key: str, engine: Engine, notes: Path) -> None:
        self.client, self.key, self.notes = client, key, notes
        self.statements: list[str] = []
        version = ".".join(map(str, engine.dialect.server_version_info or ()))
        self.database = f"{_NAMES[engine.dialect.name]} {version}"

    async def get(self, target: str, headers: Mapping[str, str] | None = None) -> Any:
        response = await self.client.get(target, headers=headers)
        assert response.status_code == 200, (target, response.text)
        return response.json()

    async def statements_of(self, case: Case) -> float:
        """How many statements a cold answer takes, at the second time: what a process learns once is not counted."""
        counts = []
        for target in case.targets[:5]:
            await self.get(target, case.headers)
            self.statements.clear()
            await self.get(target, case.headers)
            counts.append(len(self.statements))
        return statistics.median(counts)  # The workers of the process ask too, now and then.

    async def cases(self, size: int, only: str) -> list[Case]:
        """Every read whose title holds `only`, on the world that was built."""
        room = world.Newsroom(world.SEED)
        slugs = await self.slugs(size)
        often, rarely = room.tags[0]["slug"], room.tags[-1]["slug"]
        both = f"/v1/articles?section=world&tag={often}"
        article, busy = f"/v1/articles/{slugs[0]}", f"/v1/articles/{world.BUSY_SLUG}/comments"
        found = [
            Case("one article", [article], HOT, aims=_HIT),
            Case("list of 20", ["/v1/articles"], HOT, aims=_HIT),
            Case("page of comments", [busy], HOT, aims=_HIT),
            Case("one article, 304", [article], HOT, again=True, aims=(1.1, 1.1)),
            Case("one article, zstd", [article], HOT, {"Accept-Encoding": "zstd"}),
            Case("one article, 200 in turn", [f"/v1/articles/{slug}" for slug in slugs], aims=(0.06, 0.06)),
            Case("list of 20", ["/v1/articles"], aims=(0.04, 0.04)),
            Case("list of a section and all below it", ["/v1/articles?section=world"]),
            Case("list of a frequent tag", [f"/v1/articles?tag={often}"]),
            Case("list of a rare tag", [f"/v1/articles?tag={rarely}"]),
            Case("list of a section and a tag", [both]),
            Case("page of comments", [busy]),
            Case("one article as of 2024", [f"{article}?as_of={_THEN}"]),
            Case("list of 20 as of 2024", [f"/v1/articles?as_of={_THEN}"]),
            Case("search, a rare word (1 %)", [f"/v1/articles?q={world.RARE}"]),
            Case("search, a common word (25 %)", [f"/v1/articles?q={world.COMMON}"]),
        ]
        found += await self._history(only)
        found = [case for case in found if only in case.title]
        for name, target in (("the list", "/v1/articles?"), ("the list of a section and a tag", f"{both}&")):
            if only in f"cold: deep page of {name}":
                page, cursor = await self._deep(target)
                found.append(Case(f"deep page of {name}", [f"{target}cursor={cursor}"], note=f"page {page:,}"))
        return found

    async def _history(self, only: str) -> list[Case]:
        """Reads of one article's history, which is made when it is met for the first time."""
        names = {"list of 20 revisions": "?limit=20", "one revision": "/25", "diff of two revisions": f"/1...{_REVISIONS}/diff"}
        if not any(only in f"{COLD}: {name}" for name in names):
            return []
        key = {"Authorization": f"Bearer {self.key}"}
        order = world.order(0, world.Newsroom(world.SEED)) | {"slug": None, "source_ref": None}
        article = (await self.client.put("/v1/articles/by-source/bench/history", json=order, headers=key)).json()
        for number in range(article["version"], _REVISIONS):
            body = [{**block, "html": f"{block['html']} Edited {number}."} if "html" in block else block for block in article["body"]]
            changed = {"body": body[: number % len(body)] + article["body"][number % len(body) :], "headline": f"Headline {number}"}
            edited = await self.client.patch(f"/v1/articles/{article['id']}", json=changed, headers={**key, "If-Match": "*"})
            assert edited.status_code == 200, edited.text
        path = f"/v1/articles/{article['id']}/revisions"
        return [Case(name, [path + rest], headers=key, note=f"{_REVISIONS} revisions") for name, rest in names.items()]

    async def slugs(self, size: int) -> list[str]:
        """About 200 articles from all over the years."""
        found: list[str] = []
        for year in range(2021, 2026):
            page = await self.get(f"/v1/articles?fields=slug&limit={min(100, size // 10)}&published_at[lt]={year}-10-01T00:00:00Z")
            found += [article["slug"] for article in page["data"]]
        return found[:: max(1, len(found) // _ARTICLES)]

    async def _deep(self, target: str) -> tuple[int, str]:
        """Page 10,000 of 20, or the last that a walk in steps of 100 meets; and the cursor that leads there, noted for later runs."""
        known = json.loads(self.notes.read_text()) if self.notes.exists() else {}
        if target not in known or (await self.client.get(f"{target}cursor={known[target][1]}")).status_code != 200:
            passed, cursor = 0, ""
            while passed < (_DEEP - 1) * 20:
                limit = min(100, (_DEEP - 1) * 20 - passed)
                page = (await self.get(f"{target}fields=slug&limit={limit}{cursor and '&cursor=' + cursor}"))["page"]
                if page["next_cursor"] is None:
                    break
                passed, cursor = passed + limit, page["next_cursor"]
            known[target] = passed // 20 + 1, cursor
            self.notes.write_text(json.dumps(known))
        page, cursor = known[target]
        return page, cursor


@asynccontextmanager
async def explorer(url: str, notes: Path) -> AsyncIterator[Explorer]:
    """The application on the database at `url`, without a cache of answers; `notes` is where what takes long to find is kept."""
    settings: dict[str, Any] = {"database_url": url, "access_log": False, "log_level": "error", "cache_bytes": 0}
    app = create_app(Settings(_env_file=None, **settings))
    async with app.router.lifespan_context(app):
        database = app.state.database
        async with database.writing() as session:
            _, key = await access.create_key(session, name="bench", scopes=_SCOPES, by=SYSTEM)
        async with AsyncClient(transport=ASGITransport(app=app), base_url=f"http://{HOST}") as client:
            found = Explorer(client, key, database.engine.sync_engine, notes)

            def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
                if not statement.startswith("BEGIN"):
                    found.statements.append(statement)

            event.listen(Engine, "before_cursor_execute", note)
            database.lookups.listeners.append(found.statements.append)
            yield found
            event.remove(Engine, "before_cursor_execute", note)
