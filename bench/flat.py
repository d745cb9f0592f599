"""How long a list and a search take alone, at one size and at another: `python -m bench.flat --sizes 1000,1000000`.

Asked in this process, without a cache of answers and without a server, one after another. Deep pages are begun by a cursor in the middle of
the years, which costs what any page there costs, since a cursor is a place and not a number.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from httpx2 import ASGITransport, AsyncClient

from app.core.pagination import Pager
from app.core.settings import Settings
from app.main import create_app
from bench import databases, world

_TIMES, _SECONDS = 60, 6.0
_MIDDLE = [datetime(2023, 7, 1, tzinfo=UTC), UUID(int=2**127)]


def _cases(key: bytes) -> dict[str, str]:
    room = world.Newsroom(world.SEED)
    often, rarely = room.tags[0]["slug"], room.tags[-1]["slug"]

    def deep(*given: tuple[str, str]) -> str:
        asked = "&".join(f"{name}={value}" for name, value in given)
        return f"{asked}&cursor={Pager(key, f'articles published {list(given)} None -published_at').encode(_MIDDLE)}".lstrip("&")

    return {
        "list of 20": "", "list of 20, deep": deep(), "a section and all below it": "section=world",
        "a section and all below it, deep": deep(("section", "world")), "a frequent tag": f"tag={often}", "a rare tag": f"tag={rarely}",
        "a rare tag, deep": deep(("tag", rarely)), "a section and a tag": f"section=world&tag={often}",
        "search, a word in 1 %": f"q={world.RARE}", "search, a word in 25 %": f"q={world.COMMON}",
        "search, both words": f"q={world.RARE}+{world.COMMON}", "search, a word in 25 %, in a section": f"q={world.COMMON}&section=europe",
    }  # fmt: skip


async def _measure(url: str) -> dict[str, tuple[float, float]]:
    """The median and the slowest of each case, in milliseconds."""
    app = create_app(Settings(_env_file=None, database_url=url, access_log=False, log_level="error", cache_bytes=0))
    found = {}
    async with app.router.lifespan_context(app), AsyncClient(transport=ASGITransport(app=app), base_url="http://localhost") as client:
        for name, query in _cases(app.state.settings.signing_key).items():
            times: list[float] = []
            until = time.perf_counter() + _SECONDS
            while len(times) < _TIMES and time.perf_counter() < until:
                began = time.perf_counter()
                response = await client.get(f"/v1/articles?{query}".rstrip("?"))
                times.append((time.perf_counter() - began) * 1000)
                assert response.status_code == 200, response.text
            settled = times[2:] or times
            found[name] = statistics.median(settled), max(settled)
    return found


def main() -> None:
    """Measure every size on both databases, and print a table each."""
    parser = argparse.ArgumentParser(prog="python -m bench.flat", description=__doc__)
    parser.add_argument("--sizes", default="1000,1000000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "dateline-bench")
    asked = parser.parse_args()
    kept = databases.Databases(asked.cache)
    for kind in asked.databases.split(","):
        for size in map(int, asked.sizes.split(",")):
            name, build = databases.of_dateline(size)
            with getattr(kept, kind)(name, build) as url:
                print(f"\n{kind}, {size:,} articles\n\n| what | median ms | slowest ms |\n|---|--:|--:|", flush=True)
                for what, (median, slowest) in asyncio.run(_measure(url)).items():
                    print(f"| {what} | {median:.2f} | {slowest:.1f} |", flush=True)


if __name__ == "__main__":
    main()
