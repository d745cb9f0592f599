"""Measures everything that is promised, beside a bare server and two peers, and writes the one table of it: `python -m bench.run`."""

import argparse
import asyncio
import itertools
import tempfile
from pathlib import Path

from bench import databases, extras, live, posting, reads, report, servers, writes, wrk
from bench.cases import COLD, Case, explorer
from bench.databases import Databases
from bench.peers import beside
from bench.report import Row
from bench.servers import LOAD_CORE

_EXTRAS = "extras"
_WRITES = "writes"
_POSTS = "posts"
_PEERS = "peers"
_MOST_OF_PEERS = 100_000


def main() -> None:
    """Read the command line, measure, write the page."""
    asked = _arguments()
    wrk.find()
    facts = report.facts()
    kept = Databases(asked.cache)
    sizes = [int(size) for size in asked.sizes.split(",")]
    rows: list[Row] = []
    for kind, size in itertools.product(asked.databases.split(","), sizes):
        rows += _one_database(kept, kind, size, asked, with_extras=size == sizes[0])
    if asked.only in {"", _PEERS}:
        like_it = [row for row in rows if row.size == beside.WAGTAIL_ARTICLES and row.database.startswith("SQLite")]
        rows += _beside(beside.measure_wagtail(kept, rounds=asked.rounds, seconds=asked.seconds), like_it)
    _compare_sizes(rows)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(report.page(rows, facts, asked.rounds, asked.seconds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__.partition(": ")[0] + ".")
    parser.add_argument("--sizes", default="1000,100000", help="how many articles, separated by commas (default: 1000,100000)")
    parser.add_argument("--databases", default="postgresql,sqlite", help="on which databases, separated by commas (default: both)")
    parser.add_argument("--seconds", type=int, default=2, help="how long a round of ours lasts, whole seconds (default: 2)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds, ours and bare in turn (default: 3)")
    parser.add_argument(
        "--only", default="", help="only reads whose title holds this ('hot', 'cold: list'), or 'writes', 'posts', 'extras', 'peers'"
    )
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "dateline-bench",
        help="where loaded databases and the peers' environments are kept (default: dateline-bench in the folder of temporary files)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="where to write the page, such as docs/benchmarks.md")
    return parser.parse_args()


def _one_database(kept: Databases, kind: str, size: int, asked: argparse.Namespace, *, with_extras: bool) -> list[Row]:
    name, build = databases.of_dateline(size)
    with getattr(kept, kind)(name, build) as url:
        if kind == "postgresql":
            databases.keep_off_the_servers_core(url)
        with servers.on_core(LOAD_CORE):
            rows = _measured(url, size, kept.cache / f"{name}.{kind}.json", asked, with_extras=with_extras)
    if asked.only in {"", _PEERS} and size <= _MOST_OF_PEERS:
        rows += _beside(beside.measure_plain(kept, kind, size, rounds=asked.rounds, seconds=asked.seconds), rows)
    return rows


def _compare_sizes(rows: list[Row]) -> None:
    """Say of each cold read how much longer it takes alone than on the smallest newsroom."""
    smallest: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: row.size):
        first = smallest.setdefault((row.database, row.name), row)
        if row is not first and row.alone and first.alone and row.name.startswith(COLD):
            row.note = ", ".join(filter(None, [row.note, f"alone {row.alone / first.alone:.2f} × that at {first.size:,}"]))


def _beside(peers: list[Row], ours: list[Row]) -> list[Row]:
    """The peers' rows, against what the bare application did with our answer of the same kind."""
    for row in peers:
        kind = row.name.partition(": ")[2]
        ours_hot = next((each for each in ours if each.name == f"hot: {kind}"), None)
        row.bare_per_second = ours_hot.bare_per_second if ours_hot else None
    return peers


def _measured(url: str, size: int, notes: Path, asked: argparse.Namespace, *, with_extras: bool) -> list[Row]:
    only = asked.only if asked.only not in {_EXTRAS, _WRITES, _POSTS, _PEERS} else "nothing"
    database, key, found, counts, articles = asyncio.run(_explored(url, size, notes, only))
    print(f"\n{database}, {size:,} articles\n\n{report.HEAD}", flush=True)
    rows = reads.measure(url, found, counts, rounds=asked.rounds, seconds=asked.seconds)
    if with_extras and asked.only in {"", _EXTRAS}:
        rows += extras.measure(url, key, articles, rounds=asked.rounds, seconds=asked.seconds)
    if asked.only in {"", _WRITES}:
        with servers.dateline(url) as ours:
            rows += live.measure(ours, key, asked.seconds * asked.rounds)
    rows += _writes(url, key, articles.targets[0], asked, two_workers=False)
    if url.startswith("postgresql"):
        databases.keep_on(url, servers.CORES)
    print("  and to two workers:", flush=True)
    for row in (both := _writes(url, key, articles.targets[0], asked, two_workers=True)):
        row.name += ", two workers"
    rows += both
    for row in rows:
        row.database, row.size = database, size
    return rows


def _writes(url: str, key: str, hot: str, asked: argparse.Namespace, *, two_workers: bool) -> list[Row]:
    rows, seconds = list[Row](), asked.seconds * asked.rounds
    if asked.only in {"", _WRITES}:
        with servers.dateline(url, two_workers=two_workers) as ours:
            rows += writes.measure(ours, key, seconds)
    if asked.only in {"", _POSTS}:
        rows.append(posting.measure(url, hot, seconds, two_workers=two_workers))
    return rows


async def _explored(url: str, size: int, notes: Path, only: str) -> tuple[str, str, list[Case], dict[str, float], Case]:
    """What the application itself says of its database: a key, the cases, and the statements of each."""
    async with explorer(url, notes) as application:
        found = await application.cases(size, only)
        counts = {case.title: await application.statements_of(case) for case in found if case.kept == COLD}
        articles = Case("one article", [f"/v1/articles/{slug}" for slug in await application.slugs(size)])
        return application.database, application.key, found, counts, articles


if __name__ == "__main__":
    main()
