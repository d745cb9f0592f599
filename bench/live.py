"""Live coverage: what it costs to post to a live blog of ten updates and of a thousand, and to ask what has changed."""

import itertools
import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

from bench import load, writes
from bench.report import Row
from bench.servers import Server

_AT = "2026-02-28T16:15:00Z"
_BLOCKS = [{"type": "paragraph", "html": "The harbour master waves, and the ferry, eleven minutes late, waves back. " * 4}]
_POSTS = 200


def measure(ours: Server, key: str, seconds: int) -> list[Row]:
    """The same number of posts to each, and then the polls of those who follow the larger one."""
    rows = []
    for updates in (10, 1000):
        address, seq = _live_blog(ours, key, updates)
        posts = itertools.islice(_posts(address, key), _POSTS)
        rows.append(writes.measured(ours, f"post to a live blog of {updates:,}", posts, 201, seconds)[0])
    polls = itertools.repeat(load.http("GET", f"{address}?since={seq}"))
    rows.append(writes.measured(ours, f"changes of a live blog, {_POSTS} of {updates + _POSTS:,}", polls, 200, seconds)[0])
    return rows


def _live_blog(ours: Server, key: str, updates: int) -> tuple[str, int]:
    """The address of the blocks of a live blog with so many updates, and the number to follow it from."""
    body = [{"type": "live_update", "at": _AT, "blocks": _BLOCKS} for _ in range(updates)]
    made = _ask(ours, key, "POST", "/v1/articles", {"headline": f"Live {updates}", "kind": "live_blog", "body": body})
    _ask(ours, key, "POST", f"/v1/articles/{made['id']}/publish", {}, **{"If-Match": "*"})
    address = f"/v1/articles/{made['id']}/blocks"
    return address, _ask(ours, key, "GET", address)["seq"]


def _ask(ours: Server, key: str, method: str, target: str, body: object = None, **headers: str) -> dict[str, int]:
    sent = None if body is None else json.dumps(body).encode()
    named = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    with urlopen(Request(f"http://127.0.0.1:{ours.port}{target}", sent, named, method=method)) as answer:
        found: dict[str, int] = json.load(answer)
    return found


def _posts(address: str, key: str) -> Iterator[bytes]:
    for number in itertools.count():
        order = json.dumps({"title": f"Post {number}", "blocks": _BLOCKS}).encode()
        yield load.http("POST", f"{address}?publish=true", order, **writes.headers(key))
