"""Editors who send articles to a running service, and know what was acknowledged."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from httpx2 import AsyncClient, HTTPError


@dataclass(frozen=True, slots=True)
class Order:
    """One write, by a name that is its own."""

    name: str
    path: str
    body: dict[str, Any]


class Desk:
    """Editors who send articles, each under a key of its own, and send again what was not answered with certainty."""

    def __init__(self, key: str) -> None:
        self.headers = {"Authorization": f"Bearer {key}"}
        self.url = ""
        self.acknowledged: list[str] = []
        self.open: dict[str, Order] = {}
        self.made: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.closed = False

    @asynccontextmanager
    async def working(self, editors: int = 4, *, mixed: bool = False) -> AsyncIterator[None]:
        """Editors at work until the block ends; each finishes the request that it has begun. `mixed`: they publish and comment too."""
        self.closed = False
        tasks = [asyncio.create_task(self._edit(mixed=mixed)) for _ in range(editors)]
        try:
            yield
        finally:
            self.closed = True
            await asyncio.gather(*tasks)

    async def _edit(self, *, mixed: bool) -> None:
        async with AsyncClient(timeout=60) as http:
            while not self.closed:
                name = uuid.uuid4().hex
                await self.send(http, f"Story {name}", name)
                article = self.made.get(f"Story {name}")
                if mixed and article is not None:
                    await self._order(http, Order(f"Publish {name}", f"/v1/articles/{article}/publish", {}), uuid.uuid4().hex)
                    letter = {"author": {"name": "A reader"}, "body": f"Letter {name}"}
                    await self._order(http, Order(f"Letter {name}", f"/v1/articles/{article}/comments", letter), uuid.uuid4().hex)

    async def send(self, http: AsyncClient, headline: str, key: str) -> None:
        """Create one article."""
        await self._order(http, Order(headline, "/v1/articles", {"headline": headline}), key)

    async def _order(self, http: AsyncClient, order: Order, key: str) -> None:
        """Send one order, on a connection of its own; what is in doubt stays open."""
        self.open[key] = order
        headers = {**self.headers, "Idempotency-Key": key, "If-Match": "*", "Connection": "close"}
        try:
            answer = await http.post(self.url + order.path, json=order.body, headers=headers)
        except HTTPError:
            self.statuses[0] += 1
            await asyncio.sleep(0.05)
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code in {200, 201}:
            self.acknowledged.append(order.name)
            self.made[order.name] = answer.json()["id"]
            del self.open[key]
        else:
            await asyncio.sleep(0.05)

    async def until_refused(self, seconds: float) -> None:
        """Wait until somebody was told to come again."""
        async with asyncio.timeout(seconds):
            while not self.statuses[503]:  # noqa: ASYNC110 - it looks at other tasks' work
                await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Send again what is in doubt, until it is answered."""
        async with AsyncClient(timeout=60) as http, asyncio.timeout(60):
            while self.open:
                for key, order in list(self.open.items()):
                    await self._order(http, order, key)

    async def written(self) -> list[str]:
        """The headline of every article there is."""
        found: list[str] = []
        address = f"{self.url}/v1/articles?view=draft&limit=100&fields=headline&sort=created_at"
        async with AsyncClient(timeout=60) as http:
            cursor = ""
            while True:
                page = (await http.get(address + cursor, headers=self.headers)).json()
                found += [article["headline"] for article in page["data"]]
                if not page["page"]["has_more"]:
                    return found
                cursor = f"&cursor={page['page']['next_cursor']}"

    async def log(self) -> list[int]:
        """The number of every event."""
        return [change["seq"] for change in await self.changes()]

    async def changes(self) -> list[dict[str, Any]]:
        """Every event."""
        found: list[dict[str, Any]] = []
        async with AsyncClient(timeout=60) as http:
            while True:
                address = f"{self.url}/v1/changes?limit=1000&since={found[-1]['seq'] if found else 0}"
                page = (await http.get(address, headers=self.headers)).json()
                found += page["data"]
                if not page["has_more"]:
                    return found
