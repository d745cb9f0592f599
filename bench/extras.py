"""What is not a rate: starting, memory, the log's price, workers, and how soon another process shows what was written."""

import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench import load, servers, wrk
from bench.asking import Reader, reader
from bench.cases import Case
from bench.report import Row
from bench.servers import CORES_OF_TWO, LOAD_CORE, SERVER_CORE, Server

_PROPAGATIONS = 200
_FILL_SECONDS = 60
_SECTIONS = ("world", "politics", "business", "sport", "culture")
_LISTS = [f"/v1/articles?section={section}&limit=100" for section in _SECTIONS]
"""So much work for the server that what the load takes of a core that both share counts for little."""


def measure(url: str, key: str, articles: Case, *, rounds: int, seconds: int) -> list[Row]:
    """All of them, on one database."""
    hot = articles.targets[:1]
    return [
        starting(url).shown(),
        logging(url, hot, rounds, seconds).shown(),
        memory(url, articles).shown(),
        workers("hot: one article", url, hot, seconds).shown(),
        workers("cold: one article", url, articles.targets, seconds, DATELINE_CACHE_BYTES="0").shown(),
        workers("cold: list of 100 of a section", url, _LISTS, seconds, DATELINE_CACHE_BYTES="0").shown(),
        propagation(url, key, articles.targets[0]).shown(),
    ]


def starting(url: str) -> Row:
    """From the command to the first whole answer."""
    took = []
    for _ in range(3):
        with servers.dateline(url) as server:
            took.append(server.seconds_to_answer)
    return Row("start", note=f"{statistics.median(took):.2f} s from `dateline serve` to the first 200")


def logging(url: str, hot: list[str], rounds: int, seconds: int) -> Row:
    """What a line a request costs."""
    with (
        servers.dateline(url) as silent,
        servers.dateline(url, DATELINE_ACCESS_LOG="true", DATELINE_LOG_LEVEL="info", DATELINE_LOG_FORMAT="json") as talking,
    ):
        pairs = [[wrk.drive(server.port, hot, {}, seconds) for server in (silent, talking)] for _ in range(rounds)]
    off, on = (statistics.median(pair[which].per_second for pair in pairs) for which in (0, 1))
    p50, p99 = (statistics.median(getattr(pair[1], name) for pair in pairs) for name in ("p50", "p99"))
    return Row("hot: one article, access log on", per_second=on, p50=p50, p99=p99, note=f"{on / off:.2f} of the same with the log off")


def memory(url: str, articles: Case) -> Row:
    """Ask for more different answers than a cache can hold, and look at the process."""
    with servers.dateline(url) as server:
        at_rest = server.megabytes()
        asking = load.drive(server.port, _everything(articles), status=200, connections=8, seconds=_FILL_SECONDS)
        seen = asyncio.run(asking)
        return Row(
            "memory", note=f"{server.megabytes():.0f} MB resident after {len(seen.latencies):,} different answers; {at_rest:.0f} MB before"
        )


def _everything(articles: Case) -> Iterator[bytes]:
    for target in articles.targets:
        yield load.http("GET", target)
    for order in ("-published_at", "published_at", "-updated_at", "updated_at"):
        for limit in range(100, 20, -1):
            for section in _SECTIONS:
                yield load.http("GET", f"/v1/articles?section={section}&sort={order}&limit={limit}")


def workers(name: str, url: str, targets: list[str], seconds: int, **environment: str) -> Row:
    """Two workers beside one; where they share a core with the load, the figure says so."""
    with servers.dateline(url, **environment) as one:
        alone = wrk.drive(one.port, targets, {}, seconds)
    with servers.dateline(url, two_workers=True, **environment) as two:
        both = wrk.drive(two.port, targets, {}, seconds)
    where = f"workers on cores {CORES_OF_TWO}, load on {LOAD_CORE}; one worker on {SERVER_CORE}"
    shared = "" if LOAD_CORE not in CORES_OF_TWO else ", which the load shares"
    note = f"{both.per_second / alone.per_second:.2f} of one worker; {where}{shared}"
    return Row(f"{name}, two workers", per_second=both.per_second, p50=both.p50, p99=both.p99, note=note)


def propagation(url: str, key: str, target: str) -> Row:
    """Write through one process, and ask the other until it shows it."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(servers.dateline(url)) for _ in range(2))
        took = sorted(_change_and_wait(one, other, key, target))
    p50, p99 = took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000
    return Row("another process shows a write", p50=p50, p99=p99, note=f"{len(took)} writes, from the writer's answer on")


def _change_and_wait(one: Server, other: Server, key: str, target: str) -> Iterator[float]:
    with reader(one.port) as editor, reader(other.port) as public:
        for number in range(_PROPAGATIONS):
            headline = f"Edition {number} {time.monotonic_ns()}"
            public.insist(200, target)
            _publish(editor, key, target, headline)
            began = time.perf_counter()
            while json.loads(public.insist(200, target)[1])["headline"] != headline:
                assert time.perf_counter() < began + 30, "The other process never showed it."
            yield time.perf_counter() - began


def _publish(editor: Reader, key: str, target: str, headline: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
    _, body = editor.insist(200, target, headers, method="PATCH", body={"headline": headline})
    editor.insist(200, f"/v1/articles/{json.loads(body)['id']}/publish", headers, method="POST", body={})
