"""What Prometheus is told: every request once, under a name that no stranger can choose, of all processes together."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx2 import Client as Http
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from sqlalchemy import text, update

from app.core import clock, ids
from app.core.leadership import WorkerState
from app.core.observability.figures import FAMILIES, Figures, put
from app.core.observability.gathering import GONE_SECONDS, Gathering
from app.core.settings import Settings
from tests.command import Command, Server
from tests.conftest import serving
from tests.newsroom import Client, Newsroom

Told = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
async def watched(settings: Settings) -> AsyncIterator[Newsroom]:
    """A service that tells its figures to everybody."""
    async with serving(settings.model_copy(update={"metrics": "open"})) as room:
        yield room


def read(page: str) -> Told:
    """Every sample by its name and its labels."""
    samples = (sample for family in parse(page) for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


async def told(client: Client) -> Told:
    return read((await client.get("/metrics")).text)


def value(found: Told, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0)


async def test_each_request_is_counted_under_its_route_whoever_answered_it(watched: Newsroom) -> None:
    reader, article = watched.client(None), await watched.article()
    before, address = await told(reader), f"/v1/articles/{article['id']}"

    first = await reader.get(address)
    await reader.get(address)
    await reader.get(address, If_None_Match=first.headers["etag"])
    await reader.request("HEAD", address)
    await reader.get("/v1/articles/none")
    await reader.post("/v1/articles", {})
    await reader.get("/v1/nothing/here")

    after = await told(reader)
    expected = {
        ("/v1/articles/{ref}", "GET", "2xx"): 2, ("/v1/articles/{ref}", "GET", "3xx"): 1, ("/v1/articles/{ref}", "HEAD", "2xx"): 1,
        ("/v1/articles/{ref}", "GET", "4xx"): 1, ("/v1/articles", "POST", "4xx"): 1, ("other", "GET", "4xx"): 1,
    }  # fmt: skip
    for (route, method, status), count in expected.items():
        labels = {"route": route, "method": method, "status": status}
        assert value(after, "dateline_requests_total", **labels) - value(before, "dateline_requests_total", **labels) == count, labels
    timed = {"route": "/v1/articles/{ref}", "method": "GET"}
    assert value(after, "dateline_request_seconds_count", **timed) - value(before, "dateline_request_seconds_count", **timed) == 4
    assert value(after, "dateline_request_seconds_bucket", **timed, le="+Inf") == value(after, "dateline_request_seconds_count", **timed)
    assert value(after, "dateline_cache_hits_total") - value(before, "dateline_cache_hits_total") == 3
    assert value(after, "dateline_cache_not_modified_total") - value(before, "dateline_cache_not_modified_total") == 1
    assert value(after, "dateline_cache_entries") == len(list(watched.app.state.answers)) > 0
    assert value(after, "dateline_requests_under_way") == 1, "the one that asks"


async def test_a_stranger_cannot_make_up_new_series(watched: Newsroom) -> None:
    reader = watched.client(None)
    for method in ("GET", "POST", "PROPFIND"):
        await reader.request(method, "/v1/none")
        await reader.request(method, "/v1/articles/none")
    await told(reader)
    before = set(await told(reader))

    for number in range(40):
        await reader.get(f"/v1/{number}")
        await reader.get(f"/v1/articles/none-{number}")
        await reader.request(f"FOO{number}", f"/v1/articles/{number}")

    assert set(await told(reader)) == before


async def test_statements_are_counted_for_the_route_that_asks_them(watched: Newsroom) -> None:
    reader, article = watched.client(None), await watched.article()
    route = {"route": "/v1/articles/{ref}", "method": "GET"}
    before = await told(reader)

    await reader.get(f"/v1/articles/{article['id']}")
    once = await told(reader)
    for _ in range(3):
        await reader.get(f"/v1/articles/{article['id']}")
    again = await told(reader)

    counts = [value(found, "dateline_statements_total", **route) for found in (before, once, again)]
    assert 0 < counts[1] - counts[0] <= 5
    assert counts[2] == counts[1]
    assert value(once, "dateline_statement_seconds_total", **route) > value(before, "dateline_statement_seconds_total", **route)
    written = value(again, "dateline_statements_total", route="/v1/articles", method="POST")
    assert written > 3


async def test_everything_that_can_be_told_is_told_in_both_forms(watched: Newsroom) -> None:
    reader = watched.client(None)
    await watched.article()

    plain = await reader.get("/metrics")
    newer = await reader.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")

    names = {family.name for family in parse(plain.text)}
    assert {name.removesuffix("_total") for name in FAMILIES} == {name.removesuffix("_total") for name in names}
    assert {family.name for family in parse_openmetrics(newer.text)}  # type: ignore[no-untyped-call] # it has no types == {name.removesuffix("_total") for name in FAMILIES}
    assert plain.headers["content-type"].startswith("text/plain")
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert plain.headers["cache-control"] == "no-store"


async def test_only_those_read_it_whom_the_operator_lets(settings: Settings) -> None:
    async with serving(settings) as room:
        assert (await room.desk.get("/metrics")).status_code == 404
    guarded = Settings(_env_file=None, database_url=settings.database_url, log_level="error", metrics="token", metrics_token="t" * 16)  # type: ignore[arg-type] # as the environment gives it
    async with serving(guarded) as room:
        refused = [await room.client(secret).get("/metrics") for secret in (None, "t" * 15, room.secret)]
        assert [answer.status_code for answer in refused] == [401] * 3
        assert refused[0].json()["code"] == "unauthorized"
        assert (await room.client("t" * 16).get("/metrics")).status_code == 200
    with pytest.raises(ValueError, match="DATELINE_METRICS_TOKEN"):
        Settings(_env_file=None, metrics="token")


async def test_what_the_cache_has_not_heard_of_is_told_as_lag(watched: Newsroom) -> None:
    reader = watched.client(None)
    await watched.article()
    assert value(await told(reader), "dateline_log_followed") == 1
    assert value(await told(reader), "dateline_log_head") > 0

    await watched.app.state.follower.stop()
    await watched.article()
    found = await told(reader)

    assert value(found, "dateline_log_followed") == 0
    assert value(found, "dateline_log_lag_events") == value(found, "dateline_log_head") - value(found, "dateline_log_read") >= 2


async def test_a_database_that_does_not_answer_is_told_of(watched: Newsroom) -> None:
    reader = watched.client(None)
    async with watched.database.writing() as session:
        await session.execute(text("ALTER TABLE log_head RENAME TO log_tail"))

    found = await told(reader)

    assert value(found, "dateline_database_up") == 0
    assert value(found, "dateline_requests_total", route="/v1/keys", method="GET", status="2xx") == 0
    assert "dateline_log_head" not in {name for name, _ in found}


async def test_the_worker_is_told_of_by_what_it_said_last(watched: Newsroom) -> None:
    reader = watched.client(None)
    before = await told(reader)
    said = {"log_seq": 9, "queued_seq": 4, "waiting": 3, "oldest_due_at": clock.now() - timedelta(seconds=90), "holder": ids.new()}
    async with watched.database.writing() as session:
        await session.execute(update(WorkerState).values({**said, "until": clock.now() + timedelta(hours=1)}))
    after = await told(reader)

    assert value(before, "dateline_worker_leads") == value(before, "dateline_deliveries_late_seconds") == 0
    assert [value(after, f"dateline_{name}") for name in ("worker_leads", "worker_lag_events", "deliveries_waiting")] == [1, 5, 3]
    assert 90 <= value(after, "dateline_deliveries_late_seconds") < 3_600
    assert value(after, "dateline_transitions_late_seconds") == 0


async def test_connections_are_counted(watched: Newsroom) -> None:
    reader = watched.client(None)
    await watched.article()
    async with watched.database.reading() as session:
        await session.execute(text("SELECT 1"))
        busy = await told(reader)
    free = await told(reader)

    assert value(busy, "dateline_database_connections", state="in use") - value(free, "dateline_database_connections", state="in use") == 1
    assert value(free, "dateline_database_connections_limit") >= value(free, "dateline_database_connections", state="idle") > 0


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def counted(requests: float, entries: float) -> Figures:
    figures: Figures = {}
    put(figures, "dateline_requests_total", requests, "/v1/articles", "GET", "2xx")
    put(figures, "dateline_cache_entries", entries)
    return figures


def sums(figures: Figures) -> tuple[float, float]:
    requests = figures["dateline_requests_total"]["/v1/articles", "GET", "2xx"][0]
    return requests, figures["dateline_cache_entries"][()][0]


async def test_a_process_that_ends_leaves_what_it_counted_and_takes_what_it_held(tmp_path: Path) -> None:
    ending, staying = (Gathering(str(tmp_path), lambda count=count: counted(count, count)) for count in (10, 1))  # type: ignore[misc] # mypy sees no default in a lambda
    ending.start()
    staying.start()
    assert sums(staying.whole()) == sums(ending.whole()) == (11, 11)

    await ending.stop()
    with clock.stopped_at(clock.now() + timedelta(seconds=GONE_SECONDS)):
        assert sums(staying.whole()) == (11, 1)
        staying._write(tmp_path)
        heirs = [Gathering(str(tmp_path), lambda: counted(100, 100)) for _ in range(2)]
        for heir in heirs:
            heir.start()
        assert [sums(each.whole()) for each in (*heirs, staying)] == [(211, 201)] * 3
        assert [each.suffix for each in files(tmp_path)] == [".json"] * 3
        for each in (*heirs, staying):
            await each.stop()


async def test_a_folder_that_is_gone_and_a_file_that_is_no_figures_harm_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    (tmp_path / "odd.json").write_text("{")
    for place in (folder, tmp_path):
        gathering = Gathering(str(place), lambda: counted(1, 1))
        gathering.start()
        assert sums(gathering.whole()) == (1, 1)
        await gathering.stop()


def test_one_scrape_tells_of_every_worker(sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "dateline.db").write_bytes(sqlite_template.read_bytes())
    command = Command(tmp_path, {"metrics": "open", "log_level": "error"})
    labels = {"route": "/v1/articles", "method": "GET", "status": "2xx"}
    found: Told = {}
    with command.serving("--workers", "2") as server:
        try:
            sent = 0
            for _ in range(300):  # Until the other worker has come up and taken some too.
                assert ask(server, "/v1/articles")
                sent += 1
                found = read(ask(server, "/metrics"))
                if value(found, "dateline_processes") == 2 and value(found, "dateline_cache_misses_total") >= 2:
                    break
            for _ in range(100):
                found = read(ask(server, "/metrics"))
                if value(found, "dateline_requests_total", **labels) == sent:
                    break
                time.sleep(0.1)
        finally:
            server.stop()  # Workers outlive a killed parent.

    assert value(found, "dateline_requests_total", **labels) == sent
    assert value(found, "dateline_processes") == 2
    assert value(found, "dateline_cache_misses_total") >= 2


def ask(server: Server, path: str) -> str:
    """Over a connection of its own, so that any worker may take it."""
    with Http(base_url=server.url, timeout=60) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.text
