"""Reads: Dateline and the bare application in turn, on the same core, with the same bytes."""

import asyncio
import itertools
import pickle
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import load, servers, wrk
from bench.asking import reader
from bench.cases import HOT, Case
from bench.report import Row
from bench.servers import Server

_OPEN_SHARE, _OPEN_MOST, _OPEN_CONNECTIONS = 0.3, 2_000.0, 64
"""Arrivals of the open loop: this share of what the closed loop reached, but no more than a generator in Python keeps up with."""


def compare(ours: Server, case: Case, *, rounds: int, seconds: int) -> Row:
    """One case in rounds: medians, the ratio, the time alone, the processor time a request."""
    headers = dict(case.headers)
    with reader(ours.port) as one:
        answers = {target.encode(): one.answer(target, headers) for target in case.targets}
        if case.again:
            headers["If-None-Match"] = one.insist(200, case.targets[0])[0]["ETag"]
            one.insist(304, case.targets[0], headers)
        alone = one.alone(list(case.targets), headers)
    mine, theirs, cpu = _rounds(ours, case.targets, headers, answers, rounds, seconds)
    requests = sum(each.requests for each in mine)
    return Row(
        case.title,
        per_second=_median(mine, "per_second"),
        bare_per_second=_median(theirs, "per_second"),
        p50=_median(mine, "p50"),
        p99=_median(mine, "p99"),
        alone=alone,
        cpu=cpu / requests * 1000 if requests else None,
        kilobytes=0.0 if case.again else statistics.mean(len(body) for _, _, body in answers.values()) / 1000,
    )


def _rounds(
    ours: Server, targets: Sequence[str], headers: Mapping[str, str], answers: object, rounds: int, seconds: int
) -> tuple[list[wrk.Round], list[wrk.Round], float]:
    """Ours and bare alternate, so that a machine that slows down slows both."""
    mine, theirs, cpu = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "answers"
        written.write_bytes(pickle.dumps(answers))
        with servers.bare(written) as bare:
            for _ in range(rounds):
                before = ours.cpu_seconds()
                mine.append(wrk.drive(ours.port, targets, headers, seconds))
                cpu += ours.cpu_seconds() - before
                theirs.append(wrk.drive(bare.port, targets, headers, max(1, seconds // 2)))
    return mine, theirs, cpu


def _median(rounds: Sequence[wrk.Round], name: str) -> float:
    return statistics.median(getattr(each, name) for each in rounds)


def arrivals(ours: Server, case: Case, reached: float, seconds: int) -> Row:
    """The open loop: readers arrive by the clock, at a part of what the closed loop reached."""
    rate = min(_OPEN_MOST, reached * _OPEN_SHARE)
    requests = itertools.cycle([load.http("GET", target) for target in case.targets])
    # No more connections than are used every other second: an idle one is closed.
    connections = max(2, min(_OPEN_CONNECTIONS, int(rate * 2)))
    seen = asyncio.run(load.arrive(ours.port, requests, status=200, connections=connections, seconds=max(seconds, 3), rate=rate))
    note = f"open loop, {rate:,.0f} arrivals/s; p99.9 {seen.percentile(0.999):.1f} ms"
    return Row(f"{case.title}, arriving", per_second=seen.per_second, p50=seen.percentile(0.5), p99=seen.percentile(0.99), note=note)


def measure(url: str, found: list[Case], counts: Mapping[str, float], *, rounds: int, seconds: int) -> list[Row]:
    """All cases, the hot ones on a server as it comes, the cold ones on one that keeps no answers."""
    rows = []
    for kept, cases in itertools.groupby(sorted(found, key=lambda case: case.kept != HOT), key=lambda case: case.kept):
        with servers.dateline(url, **({} if kept == HOT else {"DATELINE_CACHE_BYTES": "0"})) as ours:
            for case in cases:
                row = compare(ours, case, rounds=rounds, seconds=seconds)
                row.statements = counts.get(case.title)
                row.note = f"aim {case.aims[url.startswith('sqlite')]}" if case.aims else case.note
                rows.append(row.shown())
                if case.name.startswith("one article") and not (case.again or case.headers):
                    rows.append(arrivals(ours, case, row.per_second or 0.0, seconds).shown())
    return rows
