"""Posts to one hot thread: guests who all write under the same article."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Iterator

from bench import databases, load, servers, writes
from bench.report import Row

CLIENTS = 16
_FIRST = 300
_FROM_ANYWHERE = {f"DATELINE_COMMENT_RATE_{place}": "" for place in ("ACCOUNT", "ADDRESS", "NETWORK")}
"""All clients have one address here, and a real crowd has as many as it has heads."""


def measure(url: str, address: str, seconds: int, *, two_workers: bool) -> Row:
    """Post for a while, behind a few posts of which the database has learned how large its tables get."""
    posts = _posts(address)
    with servers.dateline(url, two_workers=two_workers, **_FROM_ANYWHERE) as ours:
        asyncio.run(load.drive(ours.port, itertools.islice(posts, _FIRST), status=201, connections=CLIENTS, seconds=60))
        databases.analyze(url)
        row, _ = writes.measured(ours, f"post, {CLIENTS} clients, one thread", posts, 201, seconds, clients=CLIENTS)
    return row


def _posts(address: str) -> Iterator[bytes]:
    """What nobody has said before."""
    for _ in itertools.count():
        order = {"author": {"name": "A reader"}, "body": f"*I* saw it. {uuid.uuid4()}"}
        named = {"Content_Type": "application/json", "Idempotency_Key": uuid.uuid4().hex}
        yield load.http("POST", f"{address}/comments", json.dumps(order).encode(), **named)
