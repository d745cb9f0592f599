"""One request at a time over a kept connection: to check an answer, to keep it, to time it alone."""

import http.client
import json
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.bare import Answer
from bench.servers import HOST

_OF_THE_SERVER = {"date", "server", "connection"}
_ALONE_SECONDS, _ALONE_REQUESTS = 1.0, 200


class Reader:
    """Somebody with one connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=60)

    def ask(
        self, target: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: object = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and the bytes as they came."""
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        content = None
        if body is not None:
            sent["Content-Type"], content = "application/json", json.dumps(body)
        self.connection.request(method, target, content, sent)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def insist(self, status: int, *rest: Any, **more: Any) -> tuple[Mapping[str, str], bytes]:
        """As `ask`; raises AssertionError where the status is another one."""
        found, headers, body = self.ask(*rest, **more)
        assert found == status, (found, rest, body[:500])
        return headers, body

    def answer(self, target: str, headers: Mapping[str, str]) -> Answer:
        """A 200 in the form that the bare application repeats."""
        got, body = self.insist(200, target, headers)
        kept = [(name.lower().encode(), value.encode()) for name, value in got.items() if name.lower() not in _OF_THE_SERVER]
        return 200, kept, body

    def alone(self, targets: list[str], headers: Mapping[str, str]) -> float:
        """The median time of an answer, in milliseconds, when nobody else asks."""
        took, until = [], time.perf_counter() + _ALONE_SECONDS
        for number in range(_ALONE_REQUESTS):
            began = time.perf_counter()
            self.ask(targets[number % len(targets)], headers)
            took.append(time.perf_counter() - began)
            if began > until and len(took) >= 5:
                break
        return statistics.median(took) * 1000


@contextmanager
def reader(port: int) -> Iterator[Reader]:
    """A reader until the block ends."""
    found = Reader(port)
    try:
        yield found
    finally:
        found.connection.close()
