"""Where the time of a cold request goes, by layer: `python -m bench.profile --help`.

The application answers in this process, as pure ASGI, without a cache of answers; cProfile adds up what each function took itself, and each
function belongs to one layer. The profiler slows Python's own calls more than C's, so read shares, not milliseconds; uvicorn, which is not
in the picture, is what the bare application of `bench.run` costs.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench import databases
from bench.bare import Message
from bench.cases import COLD, Case, explorer
from bench.databases import Databases

_WARM_UP = 20
_LAYERS = (
    ("our database door (core/database.py)", ("app/core/database",)),
    (
        "our middleware, cache and log",
        ("app/core/middleware", "app/core/front", "app/core/answers", "app/core/guard", "app/core/observability"),
    ),
    ("our HTTP (core, routers)", ("app/core/", "router.py")),
    ("our queries and pages (features)", ("app/",)),
    ("FastAPI", ("fastapi/",)),
    ("Starlette", ("starlette/",)),
    ("Pydantic", ("pydantic", "SchemaSerializer", "to_json")),
    ("SQLAlchemy", ("sqlalchemy/",)),
    ("database driver", ("psycopg", "aiosqlite", "sqlite3", "Cursor", "Connection'")),
    ("structlog and logging", ("structlog", "logging/")),
    (
        "waiting and the event loop",
        ("asyncio", "selectors", "select.epoll", "uvloop", "greenlet", "concurrent/", "threading", "_queue", "lock"),
    ),
)
_OTHER = "Python's own library and the rest"
Application = Callable[[Message, Any, Any], Coroutine[Any, Any, None]]


def main() -> None:
    """Print a table of layers for each case."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=1_000, help="how many articles (default: 1000)")
    parser.add_argument("--database", default="postgresql", choices=("postgresql", "sqlite"))
    parser.add_argument("--only", default="one article", help="the cold cases whose title holds this (default: 'one article')")
    parser.add_argument("--requests", type=int, default=500, help="how many requests are profiled (default: 500)")
    parser.add_argument("--functions", type=int, default=0, help="how many of the dearest functions are listed too")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "dateline-bench", help="where loaded databases are kept"
    )
    asked = parser.parse_args()

    kept = Databases(asked.cache)
    name, build = databases.of_dateline(asked.size)
    with getattr(kept, asked.database)(name, build) as url:
        asyncio.run(_profile(url, kept.cache / f"{name}.{asked.database}.json", asked))


async def _profile(url: str, notes: Path, asked: argparse.Namespace) -> None:
    async with explorer(url, notes) as found:
        cases = [case for case in await found.cases(asked.size, asked.only) if case.kept == COLD]
        for case in cases:
            statistics = await _profiled(found.client._transport.app, case, asked.requests)  # noqa: SLF001 - the application itself
            print_layers(f"{case.title}, {found.database}, {asked.size:,} articles", statistics, asked.requests)
            if asked.functions:
                statistics.sort_stats("tottime").print_stats(asked.functions)


async def _profiled(application: Application, case: Case, requests: int) -> pstats.Stats:
    async def ask(number: int) -> None:
        await _ask(application, case.targets[number % len(case.targets)])

    for number in range(_WARM_UP):
        await ask(number)
    profiler = cProfile.Profile()
    profiler.enable()
    for number in range(requests):
        await ask(number)
    profiler.disable()
    return pstats.Stats(profiler)


async def _ask(application: Application, target: str) -> None:
    """As uvicorn would ask."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await application(scope, receive, send)
    assert statuses == [200], (target, statuses)


def print_layers(title: str, statistics: pstats.Stats, requests: int) -> None:
    """What each layer took, as a table."""
    layers: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in statistics.stats.items():
        layer = _layer(function)
        if layer == _OTHER and function[0] == "~":
            # What is built into Python belongs to whoever calls it.
            for caller, (_, _, of_caller, _) in callers.items():
                layers[_layer(caller)] += of_caller
        else:
            layers[layer] += own
    total = sum(layers.values())
    print(f"\n{title}: {total / requests * 1000:.2f} ms a request under the profiler\n\n| layer | share |\n|---|--:|")
    for layer, own in layers.most_common():
        print(f"| {layer} | {own / total:.0%} |")


def _layer(function: tuple[str, int, str]) -> str:
    place = f"{function[0]}:{function[2]}".replace(os.sep, "/")
    installed = "site-packages/" in place
    for layer, marks in _LAYERS:
        if any(mark in place for mark in marks) and not (layer.startswith("our") and installed):
            return layer
    return _OTHER


if __name__ == "__main__":
    main()
