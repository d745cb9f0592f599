"""A small world for tests: makes sections, authors, tags and articles through the API, as an integrator would."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings, strategies
from sqlalchemy import event

from app.access import actions as access
from app.core.asgi.answers import Answers
from app.core.database import Database
from app.events.models import SYSTEM

Wire = dict[str, Any]


@dataclass(slots=True)
class Client:
    """Somebody who talks to the service, with or without a key."""

    http: AsyncClient
    secret: str | None

    async def request(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """One call; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret is not None:
            sent["Authorization"] = f"Bearer {self.secret}"
        return await self.http.request(method, path, json=body, headers=sent)

    async def get(self, path: str, **headers: str) -> Response:
        return await self.request("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.request("POST", path, {} if body is None else body, **headers)

    async def put(self, path: str, body: Any, **headers: str) -> Response:
        return await self.request("PUT", path, body, **headers)

    async def patch(self, path: str, body: Any, **headers: str) -> Response:
        return await self.request("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str) -> Response:
        return await self.request("DELETE", path, **headers)

    async def all_pages(self, path: str) -> list[Wire]:
        """Every item of a list, page by page."""
        found: list[Wire] = []
        cursor = ""
        while True:
            page = (await self.get(path + (("&" if "?" in path else "?") + f"cursor={cursor}" if cursor else ""))).json()
            found += page["data"]
            if not page["page"]["has_more"]:
                return found
            cursor = page["page"]["next_cursor"]


@dataclass(slots=True)
class Newsroom:
    """The running service and its people."""

    app: FastAPI
    database: Database
    http: AsyncClient
    secret: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def client(self, secret: str | None) -> Client:
        """Somebody with this key, or with none."""
        return Client(self.http, secret)

    @property
    def desk(self) -> Client:
        """Somebody whose key may do everything."""
        return self.client(self.secret)

    async def key(self, *scopes: str, sections: Sequence[str] | None = None) -> Client:
        """Somebody whose key has just these scopes, and keeps to these sections."""
        async with self.database.writing() as session:
            _, secret = await access.create_key(session, name="limited", scopes=scopes, by=SYSTEM, sections=sections)
        return self.client(secret)

    async def section(self, name: str = "World", parent: str | None = None, **fields: Any) -> Wire:
        return made(await self.desk.post("/v1/sections", {"name": name, "parent": parent, **fields}))

    async def author(self, name: str = "Ana Ruiz", **fields: Any) -> Wire:
        return made(await self.desk.post("/v1/authors", {"name": name, **fields}))

    async def tag(self, name: str = "Railways", **fields: Any) -> Wire:
        return made(await self.desk.post("/v1/tags", {"name": name, **fields}))

    async def draft(self, **fields: Any) -> Wire:
        """A working copy that no reader sees."""
        number = next(self._numbers)
        body = [{"type": "paragraph", "html": f"Paragraph of article {number}."}]
        return made(await self.desk.post("/v1/articles", {"headline": f"Article number {number}", "body": body, **fields}))

    async def article(self, **fields: Any) -> Wire:
        """A published article, as the newsroom sees it."""
        return await self.publish(await self.draft(**fields))

    async def publish(self, article: Wire, **order: Any) -> Wire:
        """The working copy after publishing it as it is now."""
        return made(await self.desk.post(f"/v1/articles/{article['id']}/publish", order, If_Match=f'"{article["version"]}"'))

    async def edit(self, article: Wire, **changes: Any) -> Wire:
        """The working copy after a change."""
        return made(await self.desk.patch(f"/v1/articles/{article['id']}", changes, If_Match=f'"{article["version"]}"'))

    async def working(self, article: Wire) -> Wire:
        """The working copy as it is now."""
        return made(await self.desk.get(f"/v1/articles/{article['id']}?view=draft"))


OpenNewsroom = Callable[[], AbstractAsyncContextManager[Newsroom]]
"""Opens an empty newsroom of its own."""


def by_chance(examples: int, *, long: bool = False) -> Callable[[Any], Any]:
    """Let Hypothesis run a test with so many scripts of `chance`; the same ones each time, since a gate must not fail by luck.

    It throws away a script that asks for chance some thousand times, and tries the next. A `long` one asks only for a seed, and is not
    made shorter where it fails.
    """
    unhurried = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    phases = [Phase.generate] if long else list(Phase)
    prepared = settings(max_examples=examples, deadline=None, derandomize=True, phases=phases, suppress_health_check=unhurried)
    return lambda test: prepared(given(chance=strategies.randoms(use_true_random=long))(test))


def made(response: Response) -> Wire:
    """The body of an answer that must have succeeded."""
    assert response.status_code in {200, 201, 202}, (response.status_code, response.text)
    body: Wire = response.json()
    return body


def pointers(response: Response) -> set[str]:
    """Where a problem says that something is wrong."""
    return {fault["pointer"] for fault in response.json()["errors"] if "pointer" in fault}


def names(items: Sequence[Wire], field: str = "id") -> list[Any]:
    """One field of every item."""
    return [item[field] for item in items]


class Statements:
    """Counts SQL statements, so that no endpoint starts to ask once a row."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self.answers = answers
        self.engines = database.engines
        self.seen: list[str] = []
        for engine in self.engines:
            event.listen(engine, "before_cursor_execute", self._note)
        self.lookups = database.lookups.listeners
        self.lookups.append(self._note_text)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self._note_text(statement)

    def _note_text(self, statement: str) -> None:
        if "FROM keys" not in statement:
            self.seen.append(statement)

    @contextmanager
    def counted(self, at_most: int) -> Iterator[None]:
        """Assert that what runs inside asks the database no more often than this, and that it asks at all where it may.

        Nothing is taken from the cache of answers; asking who the key belongs to is not counted.
        """
        self.answers.clear()
        self.seen.clear()
        yield
        assert min(at_most, 1) <= len(self.seen) <= at_most, "\n\n".join([f"{len(self.seen)} statements:", *self.seen])

    def stop(self) -> None:
        """Stop listening."""
        for engine in self.engines:
            event.remove(engine, "before_cursor_execute", self._note)
        self.lookups.remove(self._note_text)
