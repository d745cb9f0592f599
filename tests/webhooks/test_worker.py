"""The worker as a process: killed, doubled, drained, and inside the API."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, text, update

from app.articles.models import Transition
from app.comments.models import Comment
from app.core import clock, idempotency, ids
from app.core.leadership import WorkerState, lead, resign
from app.core.schemas import wire_instant
from app.core.settings import Settings
from app.moderation.models import Report
from app.readers.models import DigestKey
from app.webhooks.models import Delivery
from app.worker import Worker, sweep
from tests.command import Command, Running, free_port
from tests.core.test_metrics import read, value
from tests.newsroom import Newsroom, made
from tests.webhooks.conftest import Endpoint, Message, deliveries, receiving, subscribe, until, working


@pytest.fixture
def command(settings: Settings, tmp_path: Path) -> Command:
    """`dateline` on the database of the newsroom."""
    return Command(
        tmp_path,
        {"database_url": settings.database_url, "allowed_private_hosts": "127.0.0.1", "webhook_seconds": "1", "log_level": "error"},
    )


@contextmanager
def process(command: Command) -> Iterator[Running]:
    """`dateline worker`; it is gone when the block ends."""
    running = command.start("worker", output=command.folder / "worker.log", told=command.folder / "worker.log")
    try:
        yield running
    finally:
        running.kill()
        running.wait()


async def expire_leases(newsroom: Newsroom) -> None:
    """As if the time of every lease were over: of those who lead, and of what they had taken."""
    past = clock.now() - timedelta(seconds=1)
    async with newsroom.database.writing() as session:
        await session.execute(update(WorkerState).values(until=past))
        await session.execute(update(Delivery).where(Delivery.lease.is_not(None)).values(due_at=past))


async def test_alone_it_forgets_and_erases_all_that_is_kept_of_people(newsroom: Newsroom, command: Command) -> None:
    """A process that never was an API knows who keeps digests, and what was said about comments, all the same."""
    address, reader = f"/v1/articles/{(await newsroom.article())['id']}/comments", newsroom.client(None)
    kept, goes = [made(await reader.post(address, {"author": {"name": "A reader"}, "body": body})) for body in ("It stays.", "It goes.")]
    for comment in (kept, goes):
        made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult", "note": "About somebody."}))
    erasure = made(await newsroom.desk.post("/v1/people/erasures", {"comment": goes["id"]}))
    async with newsroom.database.writing() as session:
        await session.execute(update(DigestKey).values(purge_at=clock.now() - timedelta(days=1)))

    async def is_done() -> bool:
        async with newsroom.database.reading() as session:
            forgotten = not (await session.scalars(select(DigestKey))).all()
        return forgotten and made(await newsroom.desk.get(f"/v1/people/erasures/{erasure['id']}"))["done_at"] is not None

    with process(command):
        for _ in range(900):
            if await is_done():
                break
            await asyncio.sleep(0.1)

    assert await is_done()
    async with newsroom.database.reading() as looking:
        comments, reports = (await looking.scalars(select(Comment))).all(), (await looking.scalars(select(Report))).all()
    assert [ids.encode("cmt", report.comment_id) for report in reports] == [kept["id"]]
    assert all(comment.address_digest is None for comment in comments)
    assert not any(report.voter.startswith("address:") for report in reports)


async def test_killed_between_commit_and_delivery_it_loses_nothing(newsroom: Newsroom, command: Command) -> None:
    """Killed without warning while messages are on their way, again and again; what was written meanwhile arrives all the same."""
    held = asyncio.Event()
    async with receiving(hold=lambda _: held.wait()) as endpoint:
        await subscribe(newsroom, endpoint, events=["article.*"])
        for number in range(4):
            with process(command) as worker:
                await newsroom.article()
                await endpoint.wait_for(len(endpoint.got) + 1)
                worker.send_signal(signal.SIGKILL)
                await newsroom.article(headline=f"Written while nobody delivers, {number}")
            await expire_leases(newsroom)
        held.set()
        log = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["data"]
        wanted = {event["seq"] for event in log if event["type"].startswith("article.")}
        with process(command):
            await until(lambda: set(endpoint.seqs) >= wanted)

    assert len(wanted) == 16
    assert set(endpoint.seqs) == wanted
    same = {(message.data["seq"], message.headers["webhook-id"], message.data["previous_seq"]) for message in endpoint.got}
    assert len(same) == len(wanted)


async def test_two_workers_never_send_the_same_at_once(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    """Not even where both believe that they lead."""
    under_way: set[str] = set()
    doubled: list[str] = []

    async def hold(message: Message) -> None:
        name = message.headers["webhook-id"]
        if name in under_way:
            doubled.append(name)
        under_way.add(name)
        await asyncio.sleep(0.05)
        under_way.discard(name)

    endpoint.hold = hold
    hook = await subscribe(newsroom, endpoint)
    patient = settings.model_copy(update={"webhook_seconds": 30.0})
    workers = [Worker(newsroom.database, patient) for _ in range(3)]
    for worker in workers:
        worker._leads_until = worker._renew_at = clock.FOREVER
        worker.start()
    for _ in range(10):
        await newsroom.article()
    await until(lambda: _all_delivered(newsroom, hook, 20))
    for worker in workers:
        await worker.stop()

    assert doubled == []
    assert {one["attempts"] for one in await deliveries(newsroom, hook)} == {1}
    assert len(endpoint.seqs) == len(set(endpoint.seqs))


async def _all_delivered(newsroom: Newsroom, hook: Any, least: int) -> bool:
    found = await deliveries(newsroom, hook)
    return len(found) >= least and all(one["status"] == "delivered" for one in found)


async def test_one_leads_until_it_resigns_or_its_lease_ends(newsroom: Newsroom) -> None:
    one, other, now = ids.new(), ids.new(), clock.now()

    assert [await lead(newsroom.database, each) for each in (one, other, one)] == [True, False, True]
    await resign(newsroom.database, other)
    assert not await lead(newsroom.database, other)
    await resign(newsroom.database, one)
    assert await lead(newsroom.database, other)
    with clock.stopped_at(now + timedelta(minutes=1)):
        assert await lead(newsroom.database, one)
        assert not await lead(newsroom.database, other)


async def test_sigterm_lets_what_is_on_its_way_arrive(newsroom: Newsroom, command: Command) -> None:
    held = asyncio.Event()
    async with receiving(hold=lambda _: held.wait()) as endpoint:
        hook = await subscribe(newsroom, endpoint, events=["article.published"])
        with process(command.having(webhook_seconds="10")) as worker:
            await newsroom.article()
            await endpoint.wait_for(1)
            worker.send_signal(signal.SIGTERM)
            await newsroom.article()
            held.set()
            await until(lambda: worker.returncode is not None)
            assert worker.returncode == 0, (command.folder / "worker.log").read_text("utf-8")
        delivered = await deliveries(newsroom, hook)
        async with newsroom.database.reading() as session:
            state = (await session.scalars(select(WorkerState))).one()

    assert [one["status"] for one in delivered if one["attempts"]] == ["delivered"]
    assert state.holder is None


async def test_what_takes_long_to_forget_holds_up_no_delivery_and_no_end(
    newsroom: Newsroom, settings: Settings, endpoint: Endpoint
) -> None:
    """To forget all that is past at once may take hours, as after a bound was set for the first time."""
    past, much = clock.now() - timedelta(days=400), 3000
    await subscribe(newsroom, endpoint, events=["article.published"])
    async with newsroom.database.writing() as session:
        days = [past - timedelta(days=number) for number in range(much)]
        session.add_all(DigestKey(begins_at=day, ends_at=day + timedelta(days=1), purge_at=past, sealed=b"") for day in days)

    async with working(newsroom, settings):
        await until(lambda: _forgotten(newsroom, much))
        await newsroom.article()
        await endpoint.wait_for(1)

    assert not await _forgotten(newsroom, 1), "it went on until all of it was done"


async def _forgotten(newsroom: Newsroom, less_than: int) -> bool:
    async with newsroom.database.reading() as session:
        return len((await session.scalars(select(DigestKey.begins_at))).all()) < less_than


async def test_alone_it_tells_how_it_is_and_what_became_of_deliveries(newsroom: Newsroom, command: Command, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    deaf = await subscribe(newsroom, Endpoint(url=f"http://127.0.0.1:{free_port()}/"), events=["article.published"])
    with command.having(metrics="open").listening("worker") as worker:
        await newsroom.article()
        await until(lambda: _all_delivered(newsroom, hook, 1))
        await until(lambda: _was_tried(newsroom, deaf))
        async with AsyncClient(base_url=worker.url) as http:
            health, ready, page = [await http.get(path) for path in ("/healthz", "/readyz", "/metrics")]
        log = worker.stop()

    assert [health.status_code, ready.status_code, page.status_code] == [200, 200, 200]
    found = read(page.text)
    assert (
        value(found, "dateline_delivery_attempts_total", answer="2xx")
        == value(found, "dateline_deliveries_total", outcome="delivered")
        == 1
    )
    assert value(found, "dateline_delivery_attempts_total", answer="unreachable") == 1
    assert ("dateline_deliveries_total", frozenset({("outcome", "failed")})) in found, "a series that begins at 0"
    assert value(found, "dateline_worker_leads") == value(found, "dateline_database_up") == 1
    assert value(found, "dateline_statements_total", route="background", method="") > 0
    assert "Traceback" not in log
    async with newsroom.database.reading() as session:
        assert (await session.scalars(select(WorkerState.holder))).one() is None


async def _was_tried(newsroom: Newsroom, hook: Any) -> bool:
    return [(one["attempts"], one["failure"]) for one in await deliveries(newsroom, hook)] == [(1, "unreachable")]


async def test_it_works_inside_the_api_and_says_how_far_it_is(newsroom: Newsroom, command: Command, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    with command.serving() as server:
        await newsroom.article()
        await endpoint.wait_for(1)
        await until(lambda: _all_delivered(newsroom, hook, 1))
        await until(lambda: _is_up_to_date(newsroom))
        log = server.stop()

    assert "Traceback" not in log


async def _is_up_to_date(newsroom: Newsroom) -> bool:
    head = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]
    async with newsroom.database.reading() as session:
        state = (await session.scalars(select(WorkerState))).one()
    return (state.log_seq, state.queued_seq, state.waiting, state.oldest_due_at) == (head, head, 0, None)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_it_goes_on_after_all_its_connections_were_cut(newsroom: Newsroom, command: Command, endpoint: Endpoint) -> None:
    await subscribe(newsroom, endpoint, events=["article.published"])
    with process(command):
        await newsroom.article()
        await endpoint.wait_for(1)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        async with newsroom.database.reading() as session:
            await session.execute(text(cut))
        await newsroom.database.dispose()
        await newsroom.article()
        await endpoint.wait_for(2)

    assert len(set(endpoint.seqs)) == 2


async def test_what_happens_by_itself_is_recorded_and_sent_at_its_moment(
    newsroom: Newsroom, settings: Settings, endpoint: Endpoint
) -> None:
    await subscribe(newsroom, endpoint, events=["article.published", "article.unpublished"])
    async with working(newsroom, settings):
        now = clock.now()
        begin, end = now + timedelta(seconds=1), now + timedelta(seconds=2)
        await newsroom.publish(await newsroom.draft(), at=wire_instant(begin), until=wire_instant(end))
        await endpoint.wait_for(2)

    assert [message.event["type"] for message in endpoint.got] == ["article.published", "article.unpublished"]
    assert all(message.data["data"]["cause"] == "schedule" for message in endpoint.got)
    assert all(message.event["timestamp"] >= wire_instant(begin) for message in endpoint.got)
    async with newsroom.database.reading() as session:
        assert (await session.scalars(select(Transition))).all() == []


async def test_what_was_kept_long_enough_is_swept(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    await newsroom.desk.post("/v1/tags", {"name": "Railways"}, Idempotency_Key="one")
    old, held = await newsroom.key("articles:read"), await newsroom.key("webhooks:manage")
    made(await held.post("/v1/webhooks", {"name": "x", "url": endpoint.url, "events": ["article.deleted"]}))
    await newsroom.article()
    async with working(newsroom, settings):
        await until(lambda: _all_delivered(newsroom, hook, 1))
    for client in (old, held):
        await newsroom.desk.delete(f"/v1/keys/{(await client.get('/v1/me')).json()['key']['id']}")
    keys = len((await newsroom.desk.get("/v1/keys")).json()["data"])

    await sweep(newsroom.database, settings)
    kept = len(await deliveries(newsroom, hook)), len((await newsroom.desk.get("/v1/keys")).json()["data"])
    with clock.stopped_at(clock.now() + timedelta(days=401)):
        await sweep(newsroom.database, settings)

    assert kept == (1, keys)
    assert await deliveries(newsroom, hook) == []
    assert len((await newsroom.desk.get("/v1/keys")).json()["data"]) == keys - 1
    async with newsroom.database.reading() as session:
        assert (await session.scalars(select(idempotency.IdempotencyRecord))).all() == []
    events = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["data"]
    assert [event["type"] for event in events][-1] == "key.forgotten"
