"""The front answers what it holds, asks once for all who wait, and never gives anybody what was only for another."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.core import clock
from app.core.asgi.answers import Answers
from app.core.asgi.front import Front
from tests.newsroom import Client, Newsroom, Statements


class Slow:
    """An application that answers when it is let, and can be told to fail."""

    def __init__(self, cache_control: str = "public, max-age=0, s-maxage=60") -> None:
        self.calls, self.text, self.cache_control = 0, "one", cache_control
        self.gate = asyncio.Event()
        self.began = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        text = self.text
        self.began.set()
        await self.gate.wait()
        await asyncio.sleep(0)  # As with a database: those who waited go on before it has answered.
        if text == "fail":
            raise RuntimeError(text)
        headers = [(b"cache-control", self.cache_control.encode()), (b"cache-tag", b"x"), (b"etag", b'"1-a"'), (b"content-length", b"3")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})


class Coherent:
    """Always knows that all is true."""

    def __init__(self, *, true: bool = True) -> None:
        self.true = true

    def sync(self, *, anew: bool = False) -> bool:
        return self.true


def front(app: Any, *, coherent: bool = True) -> Front:
    return Front(app, answers=Answers(1_000_000), coherence=lambda: Coherent(true=coherent), log=None)


async def ask(front: Front, *headers: tuple[bytes, bytes], method: str = "GET") -> tuple[int, bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": "/a", "raw_path": b"/a", "query_string": b"", "headers": list(headers)}
    await front(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_hundred_who_ask_at_once_are_answered_by_one_call() -> None:
    app = Slow()
    served = front(app)

    asked = [asyncio.create_task(ask(served)) for _ in range(100)]
    await app.began.wait()
    app.gate.set()

    assert await asyncio.gather(*asked) == [(200, b"one")] * 100
    assert (await ask(served), app.calls) == ((200, b"one"), 1)


async def test_who_comes_after_a_change_does_not_wait_for_what_began_before_it() -> None:
    app = Slow()
    served = front(app)
    early = asyncio.create_task(ask(served))
    await app.began.wait()

    served.answers.drop(["x"])
    app.text = "two"
    late = asyncio.create_task(ask(served))
    await asyncio.sleep(0)
    app.gate.set()

    assert (await early, await late) == ((200, b"one"), (200, b"two"))
    assert await ask(served) == (200, b"two")


async def test_who_comes_after_a_scheduled_change_does_not_wait_for_what_began_before_it() -> None:
    """Those who come at the same time still share one call."""
    app, begun = Slow("public, max-age=0, s-maxage=1"), clock.now()
    served = front(app)
    with clock.stopped_at(begun):
        early = asyncio.create_task(ask(served))
        await app.began.wait()
    with clock.stopped_at(begun + timedelta(seconds=1)):
        app.text = "two"
        late = [asyncio.create_task(ask(served)) for _ in range(10)]
        await asyncio.sleep(0)
        app.gate.set()

        assert (await early, await asyncio.gather(*late)) == ((200, b"one"), [(200, b"two")] * 10)
    assert app.calls == 2


async def test_a_failure_leaves_nobody_waiting() -> None:
    app = Slow()
    served, app.text = front(app), "fail"
    asked = [asyncio.create_task(ask(served)) for _ in range(3)]
    await app.began.wait()
    app.text = "two"
    app.gate.set()

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(answers[0], RuntimeError)
    assert answers[1:] == [(200, b"two")] * 2


async def test_a_leader_who_hangs_up_leaves_nobody_waiting() -> None:
    app = Slow()
    served = front(app)
    leader, other = (asyncio.create_task(ask(served)) for _ in range(2))
    await app.began.wait()

    leader.cancel()
    app.gate.set()

    assert await asyncio.wait_for(other, 5) == (200, b"one")


@pytest.mark.parametrize("cache_control", ["private, no-store", "no-store", "public, max-age=0", "public, max-age=0, s-maxage=0"])
async def test_what_is_not_for_all_is_asked_for_each_time(cache_control: str) -> None:
    app = Slow(cache_control)
    app.gate.set()
    served = front(app)

    assert [await ask(served) for _ in range(2)] == [(200, b"one")] * 2
    assert app.calls == 2


async def test_with_a_key_or_without_knowing_what_is_true_nothing_is_taken_or_kept() -> None:
    for headers, coherent in (([(b"authorization", b"Bearer x")], True), ([(b"x-claim-token", b"x")], True), ([], False)):
        app = Slow()
        app.gate.set()
        served = front(app, coherent=coherent)
        await ask(served, *headers)
        await ask(served, *headers)
        assert (app.calls, len(list(served.answers))) == (2, 0)


async def test_a_hit_asks_the_database_nothing_and_a_head_is_served_from_it(
    newsroom: Newsroom, reader: Client, statements: Statements
) -> None:
    article = await newsroom.article()
    addresses = [f"/v1/articles/{article['slug']}", "/v1/articles", f"/v1/articles/{article['id']}/comments", "/v1/sections"]
    first = {address: await reader.get(address) for address in addresses}

    statements.seen.clear()
    for address, before in first.items():
        again, bare = await reader.get(address), await reader.request("HEAD", address)
        assert (again.content, bare.content) == (before.content, b"")
        assert again.headers["etag"] == bare.headers["etag"] == before.headers["etag"]
        assert bare.headers["content-length"] == before.headers["content-length"]
        assert again.headers["x-request-id"] != before.headers["x-request-id"]

    assert statements.seen == []


async def test_the_order_of_parameters_does_not_matter(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    await newsroom.article()
    await reader.get("/v1/articles?limit=5&sort=updated_at")

    statements.seen.clear()
    await reader.get("/v1/articles?sort=updated_at&limit=5")

    assert statements.seen == []


async def test_a_question_mark_in_a_path_is_not_that_before_the_parameters(reader: Client) -> None:
    """Warm or cold, in whatever order they come."""
    found = [(await reader.get(f"/v1/articles{mark}limit=5")).status_code for mark in ("%3F", "?", "%3F", "?")]

    assert found == [404, 200, 404, 200]


async def test_an_answer_is_known_by_the_validator_of_any_encoding(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(body=[{"type": "paragraph", "html": "Words again. " * 100}])
    address = f"/v1/articles/{article['id']}"
    plain = packed = await reader.get(address, Accept_Encoding="identity")

    for encoding in ("zstd", "br", "gzip"):
        packed = await reader.get(address, Accept_Encoding=encoding)
        assert packed.headers["content-encoding"] == encoding
        assert int(packed.headers["content-length"]) < len(plain.content)
        assert packed.headers["vary"] == "Accept-Encoding"
        assert packed.headers["etag"] == f'{plain.headers["etag"][:-1]}-{encoding}"'
        for held in (plain.headers["etag"], packed.headers["etag"]):
            unchanged = await reader.get(address, Accept_Encoding=encoding, If_None_Match=held)
            assert (unchanged.status_code, unchanged.headers["etag"]) == (304, held)
    patched = await newsroom.desk.patch(address, {"dek": "New"}, If_Match=packed.headers["etag"])
    assert patched.status_code == 200


async def test_a_validator_that_is_too_long_is_refused_warm_or_cold(newsroom: Newsroom, reader: Client) -> None:
    for _ in range(2):
        assert (await reader.get("/v1/articles", If_None_Match="0" * 2_001)).status_code == 400
        assert (await reader.get("/v1/articles")).status_code == 200


async def test_a_draft_never_enters_the_cache(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.draft()
    newsroom.app.state.answers.clear()

    await editor.get(f"/v1/articles/{article['id']}?view=draft")
    await editor.get("/v1/articles?view=draft")
    await editor.get("/v1/articles")

    assert list(newsroom.app.state.answers) == []


async def test_nothing_outlives_the_next_scheduled_change(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft()
    at = clock.now() + timedelta(seconds=5)
    await newsroom.publish(draft, at=at.isoformat())
    await reader.get("/v1/articles")

    kept = next(answer for answer in newsroom.app.state.answers if answer.key == "/v1/articles")
    with clock.stopped_at(at):
        later = (await reader.get("/v1/articles")).json()["data"]

    assert kept.until <= at
    assert [article["id"] for article in later] == [draft["id"]]
