"""Editors who send articles to a running service, and know what was acknowledged."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from httpx2 import AsyncClient, HTTPError


class Desk:
    """Editors who send articles, each under a key of its own, and send again what was not answered with certainty."""

    def __init__(self, key: str) -> None:
        self.headers = {"Authorization": f"Bearer {key}"}
        self.url = ""
        self.acknowledged: list[str] = []
        self.open: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.closed = False

    @asynccontextmanager
    async def working(self, editors: int = 4) -> AsyncIterator[None]:
        """Editors at work until the block ends; each finishes the request that it has begun."""
        self.closed = False
        tasks = [asyncio.create_task(self._edit()) for _ in range(editors)]
        try:
            yield
        finally:
            self.closed = True
            await asyncio.gather(*tasks)

    async def _edit(self) -> None:
        async with AsyncClient(timeout=60) as http:
            while not self.closed:
                await self.send(http, f"Story {uuid.uuid4().hex}", uuid.uuid4().hex)

    async def send(self, http: AsyncClient, headline: str, key: str) -> None:
        """Create one article, on a connection of its own; what is in doubt stays open."""
        self.open[headline] = key
        headers = {**self.headers, "Idempotency-Key": key, "Connection": "close"}
        try:
            answer = await http.post(f"{self.url}/v1/articles", json={"headline": headline}, headers=headers)
        except HTTPError:
            self.statuses[0] += 1
            await asyncio.sleep(0.05)
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.acknowledged.append(headline)
            del self.open[headline]
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
                for headline, key in list(self.open.items()):
                    await self.send(http, headline, key)

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
        found: list[int] = []
        async with AsyncClient(timeout=60) as http:
            while True:
                address = f"{self.url}/v1/changes?limit=1000&since={found[-1] if found else 0}"
                page = (await http.get(address, headers=self.headers)).json()
                found += [change["seq"] for change in page["data"]]
                if not page["has_more"]:
                    return found
