"""Limits: exactly so many pass, whoever counts and however many ask at once; who is told what; and whom an address stands for."""

import asyncio
import re
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, AsyncHTTPTransport, Response
from sqlalchemy import select, text

from app.core import clock
from app.core.asgi.counting import DatabaseCounter, MemoryCounter, RateCount
from app.core.asgi.limits import Limits, network_of
from app.core.settings import Settings
from tests.command import Command, free_port
from tests.conftest import serving
from tests.newsroom import Newsroom, Statements

LETTER = {"author": {"name": "A reader"}, "body": "Words."}
MIDNIGHT = clock.now().replace(microsecond=0)
REDIS = shutil.which("redis-server")
Opened = Callable[..., AbstractAsyncContextManager[Newsroom]]


@pytest.fixture(params=["memory", "database"])
def storage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def limited(settings: Settings, storage: str) -> Opened:
    """Opens a service with these limits; its clock stands, so that no window ends while a test looks."""

    @asynccontextmanager
    async def opened(**limits: str) -> AsyncIterator[Newsroom]:
        with clock.stopped_at(MIDNIGHT):
            async with serving(settings.model_copy(update={"rate_limit_storage": storage, **limits})) as room:
                yield room

    return opened


def statuses(answers: list[Response]) -> dict[int, int]:
    found = [answer.status_code for answer in answers]
    return {status: found.count(status) for status in set(found)}


async def test_of_many_writes_at_once_exactly_so_many_pass(limited: Opened) -> None:
    async with limited(rate_limit_key_writes="7/minute") as room:
        other = await room.key("taxonomy:write")
        answers = await asyncio.gather(*(room.desk.post("/v1/tags", {"name": f"Tag {number}"}) for number in range(20)))
        others = await other.post("/v1/tags", {"name": "Another's"})
        made = (await room.desk.get("/v1/tags?limit=100")).json()["data"]

    assert statuses(answers) == {201: 7, 429: 13}
    assert others.status_code == 201, "each key has a count of its own"
    assert len(made) == 8, "what was refused was not done"


async def test_readers_rehearse_comments_a_few_times_and_nothing_of_that_is_kept(limited: Opened) -> None:
    """New ones and edits together; posting has counts of its own, and who has a key may do as they like."""
    async with limited(rate_limit_rehearsals="4/minute") as room:
        reader, address = room.client(None), f"/v1/articles/{(await room.article())['id']}/comments"
        posted = (await reader.post(address, LETTER)).json()
        own = f"/v1/me/comments/{posted['id']}?dry_run=true"
        token = {"X_Claim_Token": posted["claim_token"], "If_Match": "*"}
        answers = [await reader.post(f"{address}?dry_run=true", {**LETTER, "body": f"Word {number}."}) for number in range(3)]
        answers += [await reader.patch(own, {"body": f"Word {number}."}, **token) for number in range(2)]
        again = await reader.post(address, {**LETTER, "body": "Other words."})
        desk = [await room.desk.post(f"{address}?dry_run=true", LETTER) for _ in range(6)]
        found = (await reader.get(address)).json()["data"]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 200, 429]
    assert (answers[-1].json()["policy"], answers[0].headers["ratelimit-policy"]) == ("rehearsals", '"rehearsals";q=4;w=60')
    assert (again.status_code, statuses(desk), len(found)) == (201, {201: 6}, 2)


async def test_who_is_limited_is_told_how_much_and_for_how_long(limited: Opened) -> None:
    async with limited(rate_limit_key_writes="2/minute") as room:
        answers = [await room.desk.post("/v1/tags", {"name": f"Tag {number}"}) for number in range(3)]
        rehearsed = await room.desk.get("/v1/me")

    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"key-writes";q=2;w=60'] * 3
    told = [re.fullmatch(r'"key-writes";r=(\d+);t=(\d+)', answer.headers["ratelimit"]) for answer in answers]
    assert [int(match[1]) for match in told if match] == [1, 0, 0]
    refusal, seconds = answers[2], int(answers[2].headers["retry-after"])
    assert [int(match[2]) for match in told if match] == [seconds] * 3
    assert 1 <= seconds <= 60
    assert (refusal.json()["code"], refusal.json()["policy"]) == ("too-many-requests", "key-writes")
    assert refusal.headers["cache-control"] == "no-store"
    assert rehearsed.headers["ratelimit"].startswith('"key-reads"')


async def test_a_request_counts_once_however_many_guards_ask_for_its_key(limited: Opened) -> None:
    """Whoever takes the next of a queue has to be one who may decide, and one who may look."""
    async with limited(rate_limit_key_writes="5/minute") as room:
        taken = await room.desk.post("/v1/moderation/leases", {})

    assert (taken.status_code, taken.headers["ratelimit"].partition(";t")[0]) == (200, '"key-writes";r=4')


async def test_after_the_window_the_count_begins_anew(limited: Opened) -> None:
    async with limited(rate_limit_key_writes="1/minute") as room:
        first = [await room.desk.post("/v1/tags", {"name": f"Tag {number}"}) for number in range(2)]
        with clock.stopped_at(clock.now() + timedelta(seconds=int(first[1].headers["retry-after"]))):
            second = [await room.desk.post("/v1/tags", {"name": f"Then {number}"}) for number in range(2)]

    assert [answer.status_code for answer in (*first, *second)] == [201, 429, 201, 429]


async def test_readers_letters_are_limited_by_address_and_keys_are_not(limited: Opened) -> None:
    async with limited(rate_limit_reader_writes="3/minute") as room:
        article = await room.article()
        address = f"/v1/articles/{article['id']}/comments"
        answers = await asyncio.gather(*(room.client(None).post(address, LETTER) for _ in range(9)))
        async with elsewhere(room, "198.51.100.9") as far:
            theirs = await far.post(address, json=LETTER)
        ours = await room.desk.post(address, LETTER)

    assert statuses(answers) == {201: 3, 429: 6}
    assert {answer.json()["policy"] for answer in answers if answer.status_code == 429} == {"reader-writes"}
    assert theirs.status_code == ours.status_code == 201
    assert "access-control-allow-origin" not in answers[0].headers


@asynccontextmanager
async def elsewhere(room: Newsroom, address: str) -> AsyncIterator[AsyncClient]:
    """Somebody at another address."""
    transport = ASGITransport(app=room.app, client=(address, 1234))
    async with AsyncClient(transport=transport, base_url="http://newsroom.test") as http:
        yield http


async def test_so_many_wrong_keys_are_told_so_and_no_more_and_a_right_one_still_opens(limited: Opened) -> None:
    async with limited(rate_limit_failed_keys="5/minute") as room:
        assert (await room.desk.get("/v1/me")).status_code == 200
        fresh = await room.key("articles:read")
        wrong = [room.client(room.secret[:-1] + letter) for letter in "abcdefghijklmnopqrst"]
        answers = await asyncio.gather(*(client.get("/v1/me") for client in wrong))
        counts = await counted(room)
        known, unknown = await room.desk.get("/v1/me"), await fresh.get("/v1/me")
        public = await room.client(None).get("/v1/articles")

    assert statuses(answers)[401] == 5
    assert statuses(answers)[429] >= 14
    assert known.status_code == 200, "a key that was right before is not held to its neighbours' failures"
    assert (unknown.status_code, unknown.json()["policy"]) == (429, "failed-keys")
    assert public.status_code == 200
    assert counts <= 2, "an unknown key has no count of its own"


async def counted(room: Newsroom) -> int:
    """How many names have a count."""
    counter = room.app.state.limits.counter
    if isinstance(counter, MemoryCounter):
        return len(counter)
    async with room.database.reading() as session:
        return len((await session.execute(select(RateCount.name))).all())


async def test_what_the_cache_answers_is_not_counted(limited: Opened) -> None:
    async with limited(rate_limit_reads="3/minute") as room:
        reader = room.client(None)
        hits = [await reader.get("/v1/articles") for _ in range(10)]
        misses = [await reader.get(f"/v1/articles?limit={number}") for number in range(1, 5)]
        service = [await reader.get(path) for path in ("/healthz", "/readyz", "/docs", "/openapi.json")]

    assert statuses(hits) == {200: 10}
    assert [answer.status_code for answer in misses] == [200, 200, 429, 429]
    assert [answer.status_code for answer in service] == [200] * 4
    assert all("ratelimit" not in answer.headers for answer in (*hits, *misses[:2])), "what is for all says nothing of one"
    assert misses[2].headers["ratelimit"].startswith('"reads";r=0;')


async def test_words_in_the_place_of_a_key_free_nobody_from_the_count_of_their_address(limited: Opened) -> None:
    """What everybody may read looks at no key, and the cache gives nothing to whoever sends one."""
    async with limited(rate_limit_reads="3/minute") as room:
        assert (await room.desk.get("/v1/me")).status_code == 200
        answers = [await room.client(f"nonsense {number}").get("/v1/sections") for number in range(5)]
        desk = [await room.desk.get("/v1/sections") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429], "the first was that of the desk, yet unknown"
    assert statuses(desk) == {200: 5}, "a key that was right is not held to its neighbours' count"


async def test_a_key_is_counted_where_nobody_looks_at_it_too(limited: Opened) -> None:
    """Else whoever has one, were it a member's token, could ask for what the cache keeps from keys without an end."""
    async with limited(rate_limit_key_reads="3/minute") as room:
        other = await room.key("articles:read")
        known = [await desk.get("/v1/me") for desk in (room.desk, other)]
        answers = [await room.desk.get(f"/v1/sections?limit={number}") for number in range(1, 6)]
        others = [await person.get("/v1/sections") for person in (other, room.client(None))]

    assert statuses([*known, *others]) == {200: 4}
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert (answers[3].json()["policy"], answers[0].headers.get("ratelimit")) == ("key-reads", None)


async def test_a_keyed_read_of_what_is_public_says_nothing_of_the_key(limited: Opened) -> None:
    """A shared cache may keep a public answer to a request with a key (RFC 9111, 3.5)."""
    async with limited() as room:
        public = await room.desk.get("/v1/articles")
        private = await room.desk.get("/v1/articles?view=draft")

    assert "ratelimit" not in public.headers
    assert "ratelimit" in private.headers


async def test_no_address_is_stored_and_what_is_over_is_swept(newsroom: Newsroom) -> None:
    counter = DatabaseCounter(newsroom.database)
    limits = Limits(Settings(_env_file=None), counter)
    for host in ("203.0.113.77", "2001:db8::1"):
        await limits.take("reader-writes", network_of(host))
    async with newsroom.database.reading() as session:
        names = list((await session.execute(select(RateCount.name))).scalars())
    with clock.stopped_at(clock.now() + timedelta(minutes=3)):
        await counter.incr("later", 60)
    async with newsroom.database.reading() as session:
        left = list((await session.execute(select(RateCount.name))).scalars())

    assert len(names) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}:\d+", name) for name in names)
    assert left == ["later"]


async def test_a_count_in_the_database_is_one_statement_and_postgresql_keeps_it_out_of_its_journal(
    newsroom: Newsroom, statements: Statements
) -> None:
    counter = DatabaseCounter(newsroom.database)
    from_now = await counter.incr("somebody", 60)
    again = await counter.incr("somebody", 60, 2)

    assert len([statement for statement in statements.seen if "rate_counts" in statement]) == 2
    assert (from_now, again, await counter.get("somebody"), await counter.get("nobody")) == (1, 3, 3, 0)
    if newsroom.database.dialect == "postgresql":
        async with newsroom.database.reading() as session:
            kind = (await session.execute(text("SELECT relpersistence FROM pg_class WHERE relname = 'rate_counts'"))).scalar_one()
        assert kind in ("u", b"u")


async def test_memory_has_an_end_however_many_come() -> None:
    counter = MemoryCounter(most=100)
    for number in range(1_000):
        assert await counter.incr(f"stranger {number}", 60) == 1
    assert len(counter) <= 101
    assert await counter.incr("stranger 999", 60) == 2

    with clock.stopped_at(clock.now() + timedelta(seconds=61)):
        for number in range(100):
            await counter.incr(f"late {number}", 60)
        assert len(counter) <= 101
        assert await counter.get("stranger 999") == 0


async def test_what_cannot_be_counted_passes(limited: Opened) -> None:
    async with limited(rate_limit_key_writes="1/minute") as room:
        room.app.state.limits.counter = Broken()
        answers = [await room.desk.post("/v1/tags", {"name": f"Tag {number}"}) for number in range(3)]

    assert statuses(answers) == {201: 3}


class Broken:
    """A counter whose store is away."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise ConnectionRefusedError

    async def get(self, key: str) -> int:
        raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.77", "203.0.113.77"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.77"), ("fe80::1%eth0", "fe80::/64"), ("testclient", "testclient"),
    ],
)  # fmt: skip
def test_an_address_stands_for_whoever_has_it(host: str, network: str) -> None:
    assert network_of(host) == network


async def test_the_addresses_of_one_customer_share_a_count_and_others_do_not(limited: Opened) -> None:
    async with limited(rate_limit_reader_writes="2/minute") as room:
        address = f"/v1/articles/{(await room.article())['id']}/comments"
        found = []
        for host in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"):
            async with elsewhere(room, host) as far:
                found.append((await far.post(address, json=LETTER)).status_code)

    assert found == [201, 201, 429, 201]


def test_a_limit_that_makes_no_sense_is_refused_and_none_is_none() -> None:
    for wrong in ("many", "5/fortnight", "/minute"):
        with pytest.raises(ValueError, match="rate_limit_reads"):
            Settings(_env_file=None, rate_limit_reads=wrong)
    assert Limits(Settings(_env_file=None, rate_limit_reads="")).policies["reads"] is None
    item = Limits(Settings(_env_file=None, rate_limit_reads="5000 per 2 hours")).policies["reads"]
    assert item is not None
    assert (item.amount, item.get_expiry()) == (5_000, 7_200)
    assert set(Limits(Settings(_env_file=None, rate_limit_storage="off")).policies.values()) == {None}


def ask_of_two(command: Command, address: str, headers: list[dict[str, str]]) -> list[int]:
    """Send a comment for each set of headers, half of them to each of two servers, all at once."""

    async def ask() -> list[int]:
        with command.serving() as one, command.serving() as two:
            async with AsyncClient(transport=AsyncHTTPTransport(retries=3), timeout=120) as http:
                urls = [f"{(one, two)[number % 2].url}{address}" for number in range(len(headers))]
                answers = await asyncio.gather(*(http.post(url, json=LETTER, headers=own) for url, own in zip(urls, headers, strict=True)))
        return [answer.status_code for answer in answers]

    return asyncio.run(ask())


def test_two_processes_count_together_in_the_database(database_url: str, tmp_path: Path) -> None:
    """Windows begin at a moment that depends on the address; a day is long enough that none ends here but by rare chance."""
    settings: dict[str, Any] = {"database_url": database_url, "log_level": "error", "rate_limit_reader_writes": "4/day"}
    command = Command(tmp_path, settings | {"rate_limit_storage": "database"})
    command.must("demo")

    found = ask_of_two(command, "/v1/articles/night-ferry-returns-to-the-grey-sound/comments", [{}] * 12)

    assert found.count(429) == 8
    assert found.count(201) == 4


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_behind_a_trusted_proxy_the_address_is_the_readers(database_url: str, tmp_path: Path) -> None:
    settings = {"database_url": database_url, "log_level": "error", "rate_limit_reader_writes": "2/day", "rate_limit_storage": "database"}
    command = Command(tmp_path, settings)
    command.must("demo")
    readers = [{"X-Forwarded-For": f"203.0.113.{number // 3}"} for number in range(12)]

    found = ask_of_two(command, "/v1/articles/night-ferry-returns-to-the-grey-sound/comments", readers)

    assert found.count(429) == 4, "each of four readers has two"


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [str(REDIS), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.01)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


@pytest.mark.skipif(REDIS is None, reason="redis-server is not installed; CI installs it")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_redis_counts_for_all(settings: Settings, redis_url: str) -> None:
    changed = settings.model_copy(update={"rate_limit_storage": redis_url, "rate_limit_key_writes": "5/day"})
    async with serving(changed) as one, serving(changed) as two:
        rooms = [one, two]
        answers = await asyncio.gather(*(rooms[number % 2].desk.post("/v1/tags", {"name": f"Tag {number}"}) for number in range(4)))
        more = await asyncio.gather(*(room.client(one.secret).post("/v1/tags", {"name": "More"}) for room in rooms * 5))

    assert statuses(answers) == {201: 4}
    assert statuses(more)[429] == 7


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_where_redis_is_away_requests_pass(settings: Settings) -> None:
    changed = settings.model_copy(update={"rate_limit_storage": f"redis://127.0.0.1:{free_port()}/0", "rate_limit_key_writes": "1/day"})
    async with serving(changed) as room:
        answers = [await room.desk.post("/v1/tags", {"name": f"Tag {number}"}) for number in range(2)]

    assert statuses(answers) == {201: 2}
