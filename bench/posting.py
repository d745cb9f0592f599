"""Posts to one hot thread: guests who all write under the same article, to one process and to two."""

import itertools
import json
import uuid
from collections.abc import Iterator

from bench import load, servers, writes
from bench.report import Row
from bench.servers import CORES, LOAD_CORE

CLIENTS = 16
_FROM_ANYWHERE = {f"DATELINE_COMMENT_RATE_{place}": "" for place in ("ACCOUNT", "ADDRESS", "NETWORK")}
"""All clients have one address here, and a real crowd has as many as it has heads."""


def measure(url: str, address: str, seconds: int) -> list[Row]:
    """Post for a while to each; where only two cores are, two workers share them with the load and the database."""
    free = [core for core in CORES if core != LOAD_CORE]
    with servers.dateline(url, **_FROM_ANYWHERE) as one:
        rows = [writes.measured(one, f"post, {CLIENTS} clients, one thread", _posts(address), 201, seconds, clients=CLIENTS)[0]]
    cores = free[:2] if len(free) > 1 else CORES
    with servers.dateline(url, "--workers", "2", cores=cores, **_FROM_ANYWHERE) as two:
        rows.append(writes.measured(two, "the same, two workers", _posts(address), 201, seconds, clients=CLIENTS)[0])
    return rows


def _posts(address: str) -> Iterator[bytes]:
    """What nobody has said before."""
    for _ in itertools.count():
        order = {"author": {"name": "A reader"}, "body": f"*I* saw it. {uuid.uuid4()}"}
        named = {"Content_Type": "application/json", "Idempotency_Key": uuid.uuid4().hex}
        yield load.http("POST", f"{address}/comments", json.dumps(order).encode(), **named)
