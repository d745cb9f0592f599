"""Writes: articles created by eight clients at once, then published by eight clients at once."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Iterator

from pydantic_core import to_json

from bench import load, world
from bench.report import Row
from bench.servers import Server

CLIENTS = 8


def measure(ours: Server, key: str, seconds: int) -> list[Row]:
    """Create for a while, then publish what was created."""
    created, answers = measured(ours, "create, 8 clients", _creations(key), 201, seconds, keep=True)
    published, _ = measured(ours, "publish, 8 clients", iter(list(_publications(key, answers))), 200, seconds)
    return [created, published]


def measured(
    ours: Server, name: str, requests: Iterator[bytes], status: int, seconds: int, *, clients: int = CLIENTS,
    keep: bool = False,
) -> tuple[Row, list[tuple[bytes, bytes]]]:  # fmt: skip
    """Send the requests by so many clients at once: the row, and the answers where they are to be kept."""
    before = ours.cpu_seconds()
    seen = asyncio.run(load.drive(ours.port, requests, status=status, connections=clients, seconds=seconds, keep=keep))
    cpu = (ours.cpu_seconds() - before) / len(seen.latencies) * 1000
    row = Row(name, per_second=seen.per_second, p50=seen.percentile(0.5), p99=seen.percentile(0.99), cpu=cpu)
    return row.shown(), seen.answers


def _creations(key: str) -> Iterator[bytes]:
    """Orders of the same few hundred articles, each under a headline of its own; made before the first is sent."""
    room = world.Newsroom(world.SEED)
    bodies = [world.order(number, room) for number in range(200)]
    written = [to_json(body | {"headline": "%s " + body["headline"]}) for body in bodies]
    fresh = (body.replace(b"%s", uuid.uuid4().hex.encode(), 1) for body in itertools.cycle(written))
    return (load.http("POST", "/v1/articles", body, **headers(key)) for body in fresh)


def _publications(key: str, created: list[tuple[bytes, bytes]]) -> Iterator[bytes]:
    for head, body in created:
        etag = head.lower().partition(b"\netag:")[2].partition(b"\r\n")[0].strip().decode()
        yield load.http("POST", f"/v1/articles/{json.loads(body)['id']}/publish", b"{}", **headers(key), If_Match=etag)


def headers(key: str) -> dict[str, str]:
    """Those of a write that may be repeated."""
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency_Key": uuid.uuid4().hex}
