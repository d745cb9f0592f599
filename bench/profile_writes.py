"""What a write costs the process, and where: `python -m bench.profile_writes --help`.

The application answers in this process, as pure ASGI, one request at a time; what is told is the processor time of the whole process for
each request. uvicorn is not in it, which is what the bare application of `bench.run` costs, nor the worker. On a machine that others use
too, processor time is not always the same for the same work, so a fixed piece of work is done beside: `pace` is what that took, and two
runs compare by cost over pace. `--functions` runs them under cProfile instead.
"""

import argparse
import cProfile
import gc
import itertools
import json
import pstats
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from pydantic_core import to_json
from sqlalchemy import Engine, event

from app.access import actions as access
from app.core.settings import Settings
from app.events.models import SYSTEM
from app.main import Service, create_app
from bench import databases, world
from bench.bare import Message
from bench.databases import Databases
from bench.profile import print_layers

_WARM_UP = 30
Ask = Callable[[], Awaitable[None]]


def main() -> None:
    """Print what each kind of write costs."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile_writes", description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=1_000, help="how many articles there are before (default: 1000)")
    parser.add_argument("--database", default="postgresql", choices=("postgresql", "sqlite"))
    parser.add_argument("--requests", type=int, default=100, help="how many of each kind in a round (default: 100)")
    parser.add_argument("--rounds", type=int, default=9, help="how often (default: 9)")
    parser.add_argument("--functions", type=int, default=0, help="profile, and list so many of the dearest functions")
    parser.add_argument("--by", default="tottime", choices=("tottime", "cumtime"))
    parser.add_argument("--statements", action="store_true", help="list the statements of each kind")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "dateline-bench", help="where loaded databases are kept"
    )
    asked = parser.parse_args()
    kept = Databases(asked.cache)
    name, build = databases.of_dateline(asked.size)
    with getattr(kept, asked.database)(name, build) as url:
        uvloop.run(_measure(url, asked))


async def _measure(url: str, asked: argparse.Namespace) -> None:
    async with _desk(url) as desk:
        gc.freeze()
        costs: dict[str, list[tuple[float, float]]] = {}
        for number in range(asked.rounds):
            for kind, ask in (("create", desk.create), ("publish", desk.publish), ("comment", desk.comment)):
                for _ in range(0 if number else _WARM_UP):
                    await ask()
                if asked.statements:
                    desk.statements.clear()
                    await ask()
                    print(f"\n{kind}: {len(desk.statements)} statements", *desk.statements, sep="\n  ")
                elif asked.functions:
                    await _profiled(kind, ask, asked)
                else:
                    costs.setdefault(kind, []).append(await _timed(ask, asked.requests))
        for kind, found in costs.items():
            cost, pace = min(found, key=lambda one: one[0] / one[1])
            said = f"{cost:.2f} ms of processor time a request at a pace of {pace:.2f}, {cost / pace:.2f}"
            print(f"{kind}, {asked.database}: {said}; median {statistics.median(one / beside for one, beside in found):.2f}")


async def _timed(ask: Ask, count: int) -> tuple[float, float]:
    """What a request took, and what the fixed work beside it did, in milliseconds."""
    took = pace = 0.0
    for _ in range(count):
        began = time.process_time()
        await ask()
        between = time.process_time()
        _fixed_work()
        took, pace = took + between - began, pace + time.process_time() - between
    return took / count * 1000, pace / count * 1000


def _fixed_work() -> None:
    """About a millisecond of what Python does all day, on a quiet core."""
    for number in range(12):
        document = json.loads(json.dumps({str(place): [place, str(number), {"at": place}] for place in range(40)}))
        sorted(document.items(), key=lambda pair: pair[1][1])


async def _profiled(kind: str, ask: Ask, asked: argparse.Namespace) -> None:
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    for _ in range(asked.requests):
        await ask()
    profiler.disable()
    profile = pstats.Stats(profiler)
    print_layers(f"{kind}, {asked.database}", profile, asked.requests)
    profile.sort_stats(asked.by).print_stats(asked.functions)


class Desk:
    """Creates articles, and publishes them in the same order."""

    def __init__(self, app: Service, key: str) -> None:
        self._app, self._key = app, key
        self.statements: list[str] = []
        self._created: list[tuple[str, str]] = []
        room = world.Newsroom(world.SEED)
        written = [
            to_json(order | {"headline": "%s " + order["headline"]}) for order in (world.order(number, room) for number in range(200))
        ]
        self._orders = itertools.cycle(written)

    async def create(self) -> None:
        """One draft, under a headline of its own."""
        body = next(self._orders).replace(b"%s", uuid.uuid4().hex.encode(), 1)
        answer, headers = await self._ask("/v1/articles", body, 201)
        self._created.append((json.loads(answer)["id"], headers[b"etag"].decode()))

    async def publish(self) -> None:
        """The oldest draft that was made here."""
        article, etag = self._created.pop(0)
        self._shown = article
        await self._ask(f"/v1/articles/{article}/publish", b"{}", 200, (b"if-match", etag.encode()))

    async def comment(self) -> None:
        """A reader's comment under the article that was published last."""
        order = {"author": {"name": "A reader", "email": None, "url": None}, "body": f"I was there. {uuid.uuid4()}"}
        await self._ask(f"/v1/articles/{self._shown}/comments", to_json(order), 201, anyone=True)

    async def _ask(
        self, path: str, body: bytes, status: int, *headers: tuple[bytes, bytes], anyone: bool = False
    ) -> tuple[bytes, dict[bytes, bytes]]:
        """As uvicorn would ask."""
        key = [] if anyone else [(b"authorization", f"Bearer {self._key}".encode())]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80), "state": {},
            "headers": [
                (b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
                (b"idempotency-key", uuid.uuid4().hex.encode()), *key, *headers,
            ],
        }  # fmt: skip
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        assert sent[0]["status"] in {status, 202}, (path, sent)
        return b"".join(message.get("body", b"") for message in sent[1:]), dict(sent[0]["headers"])


@asynccontextmanager
async def _desk(url: str) -> AsyncIterator[Desk]:
    settings: dict[str, Any] = {
        "database_url": url,
        "access_log": False,
        "log_level": "error",
        "rate_limit_storage": "off",
        "worker": "alone",
    }
    app = create_app(Settings(_env_file=None, **settings))
    async with app.router.lifespan_context(app):
        async with app.state.database.writing() as session:
            _, key = await access.create_key(session, name="bench", scopes=("articles:write", "articles:publish"), by=SYSTEM)
        desk = Desk(app, key)
        app.state.database.lookups.listeners.append(desk.statements.append)
        event.listen(Engine, "before_cursor_execute", lambda _c, _u, text, *_: desk.statements.append(text))
        yield desk


if __name__ == "__main__":
    main()
