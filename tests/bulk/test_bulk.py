"""Many writes in one request: they answer as each would alone, all are kept or none, and one transaction is enough."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import text

from app.bulk import running
from app.core.inside import Answered
from app.core.settings import Settings
from tests.conftest import serving
from tests.newsroom import Client, Newsroom, OpenNewsroom, Statements, by_chance, made, names

Operation = dict[str, Any]


def post(path: str, body: Any, **more: Any) -> Operation:
    return {"method": "POST", "path": path, "body": body, **more}


async def bulk(client: Client, operations: Sequence[Operation], *, atomic: bool = True, query: str = "", **headers: str) -> Response:
    return await client.post(f"/v1/bulk{query}", {"atomic": atomic, "operations": list(operations)}, **headers)


async def alone(client: Client, operation: Operation) -> Response:
    headers = {name: operation[name.lower()] for name in ("If_Match",) if name.lower() in operation}
    if "idempotency_key" in operation:
        headers["Idempotency_Key"] = operation["idempotency_key"]
    return await client.request(operation["method"], operation["path"], operation.get("body"), **headers)


async def seq_of(client: Client) -> int:
    seq: int = (await client.get("/v1/changes?limit=1000")).json()["next_since"]
    return seq


class Sameness:
    """Ids and moments differ from one newsroom to the other: each is told by its first place."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def of(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self.of(inner, name) for name, inner in value.items() if name != "request_id"}
        if isinstance(value, list):
            return [self.of(one) for one in value]
        if isinstance(value, str):
            if key.endswith("_at") or key == "at":
                return "a moment"
            parts = value.split("/")
            return "/".join(
                self.known.setdefault(part, f"id {len(self.known)}") if part[3:4] == "_" and len(part) > 20 else part for part in parts
            )
        return value


def script(chance: random.Random) -> list[Operation]:
    """Writes of all sorts, sound and unsound, that name articles by slug."""
    found: list[Operation] = []
    for number in range(chance.randrange(6, 14)):
        slug = f"story-{chance.randrange(4)}"
        url = f"/v1/articles/{slug}"
        match = {"if_match": chance.choice(['"1"', '"2"', '"3"', "*"])}
        found.append(
            chance.choice(
                [
                    post(
                        "/v1/articles", {"headline": f"Story {number}", "slug": slug, "section": chance.choice(["world", None, "nowhere"])}
                    ),
                    post("/v1/articles", {"headline": f"Story {number}"}, idempotency_key=f"key-{chance.randrange(3)}"),
                    post(f"{url}/publish", {}, **match),
                    post(f"{url}/stage", {"to": chance.choice(["approved", "in_review", "draft"])}, **match),
                    post(f"{url}/sections", {"heading": "Talks"}, **match),
                    post(f"{url}/notes", {"text": "Call."}),
                    {"method": "PATCH", "path": url, "body": {"headline": f"Edited {number}"}, **match},
                    {"method": "PATCH", "path": f"{url}?dry_run=true", "body": {"headline": "Rehearsed"}, **match},
                    {"method": "PATCH", "path": url, "body": {"headlin": "Misspelt"}, **match},
                    {"method": "PATCH", "path": url, "body": {"headline": "Without a version"}},
                    {"method": "PATCH", "path": f"{url}?unknown=1", "body": {}, **match},
                    {"method": "DELETE", "path": url, **match},
                    {"method": "PUT", "path": f"/v1/articles/by-source/wire/{chance.randrange(2)}", "body": {"headline": "Wire"}},
                    {"method": "DELETE", "path": "/v1/articles"},
                    post("/v1/tags", {"name": f"Tag {chance.randrange(3)}"}),
                ]
            )
        )
    return found


@by_chance(examples=6)
async def test_a_bulk_answers_what_its_operations_would_alone(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    operations = script(chance)
    answers, logs = [], []
    for way in ("alone", "each", "all"):
        async with open_newsroom() as newsroom:
            same = Sameness()
            await newsroom.section("World")
            start = await seq_of(newsroom.desk)
            if way == "alone":
                raw = [await alone(newsroom.desk, one) for one in operations]
                found = [
                    {"status": one.status_code, "body": one.json() if one.content else None, "etag": one.headers.get("etag")} for one in raw
                ]
            else:
                answer = await bulk(newsroom.desk, operations, atomic=way == "all")
                assert answer.status_code == 200 or (way == "all" and answer.json()["code"] == "bulk-undone"), answer.text
                found = [
                    {"status": one["status"], "body": one["body"], "etag": one["headers"].get("ETag")} for one in answer.json()["answers"]
                ]
            answers.append(same.of(found))
            events = (await newsroom.desk.get(f"/v1/changes?since={start}&limit=1000")).json()["data"]
            logs.append([(one["type"], one["object"]["version"]) for one in events])

    refused = any(one["status"] >= 300 for one in answers[0])
    assert answers[0] == answers[1]
    assert answers[0] == answers[2]
    assert logs[1] == logs[0]
    assert logs[2] == ([] if refused else logs[0])


async def test_the_first_fault_of_an_atomic_bulk_undoes_all_of_it(newsroom: Newsroom, editor: Client) -> None:
    seq = await seq_of(editor)
    order = [
        post("/v1/articles", {"headline": "One", "slug": "one"}),
        post("/v1/articles", {"headline": "", "slug": "two"}),
        post("/v1/articles/one/publish", {}, if_match='"1"'),
        post("/v1/articles", {"headline": "Again", "slug": "one"}),
    ]

    answer = await bulk(editor, order)
    body = answer.json()

    assert (answer.status_code, body["code"], body["failed"]) == (409, "bulk-undone", 1)
    assert names(body["answers"], "status") == [201, 422, 200, 409]
    assert names(body["errors"], "pointer") == ["#/operations/1", "#/operations/3"]
    assert await seq_of(editor) == seq
    assert (await editor.get("/v1/articles/one?view=draft")).status_code == 404


async def test_a_bulk_that_is_not_atomic_keeps_what_went_well(editor: Client, newsroom: Newsroom) -> None:
    order = [post("/v1/articles", {"headline": "One", "slug": "one"}), post("/v1/articles", {}), post("/v1/tags", {"name": "Rail"})]

    answer = made(await bulk(editor, order, atomic=False))

    assert (answer["succeeded"], answer["failed"], names(answer["answers"], "status")) == (2, 1, [201, 422, 201])
    assert (await editor.get("/v1/articles/one?view=draft")).status_code == 200


@pytest.mark.parametrize("atomic", [True, False])
async def test_bodies_that_are_too_long_together_are_neither_told_nor_held(
    editor: Client, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    """A hundred changes of one long article are a short request: its answers must not take a process's memory."""
    length = len((await editor.post("/v1/articles?dry_run=true", {"headline": "Number 0"})).content)
    monkeypatch.setattr(running, "_MOST_BYTES", length * 5 // 2)
    held: list[int] = []
    texts = running._texts

    def weighed(found: Sequence[Answered]) -> list[bytes]:
        held.append(sum(len(one.body) for one in found))
        return texts(found)

    monkeypatch.setattr(running, "_texts", weighed)
    order = [post("/v1/articles", {"headline": f"Number {number}"}) for number in range(6)]

    whole = made(await bulk(editor, order, atomic=atomic))["answers"]
    refused = (await bulk(editor, [*order, post("/v1/articles", {"headline": ""})], atomic=atomic)).json()

    assert [one["body"] is None for one in whole] == [one["omitted"] for one in whole] == [False] * 2 + [True] * 4
    assert names(whole, "status") == [201] * 6
    assert max(held) < length * 3
    assert not atomic or names(refused["errors"], "code") == ["validation-failed"]


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_bulk_can_be_rehearsed_whole(editor: Client, newsroom: Newsroom, atomic: bool) -> None:
    seq = await seq_of(editor)
    order = [post("/v1/articles", {"headline": "One", "slug": "one"}), post("/v1/articles/one/publish", {}, if_match='"1"')]

    answer = made(await bulk(editor, order, atomic=atomic, query="?dry_run=true"))

    assert [one["body"]["status"] for one in answer["answers"]] == ["draft", "published"]
    assert await seq_of(editor) == seq
    assert (await editor.get("/v1/articles/one?view=draft")).status_code == 404


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_repeated_bulk_has_its_effect_once(editor: Client, newsroom: Newsroom, atomic: bool) -> None:
    order = [
        post("/v1/articles", {"headline": "Same"}),
        {"method": "PUT", "path": "/v1/articles/by-source/wire/1", "body": {"headline": "Wire"}},
    ]

    first = made(await bulk(editor, order, atomic=atomic, Idempotency_Key="once"))
    seq = await seq_of(editor)
    second = made(await bulk(editor, order, atomic=atomic, Idempotency_Key="once"))

    assert [one["body"] for one in first["answers"]] == [one["body"] for one in second["answers"]]
    assert await seq_of(editor) == seq


async def test_each_operation_is_checked_as_if_alone(newsroom: Newsroom, editor: Client) -> None:
    await newsroom.section("World")
    await newsroom.section("Sport")
    writer = await newsroom.key("articles:write")
    desk = await newsroom.key("articles:read", "articles:write", sections=["world"])
    create = post("/v1/articles", {"headline": "A derby", "section": "sport"})

    lacking = (await bulk(writer, [post("/v1/tags", {"name": "Rail"}), create])).json()
    outside = (await bulk(desk, [create])).json()
    nested = await bulk(editor, [post("/v1/bulk?x=1", {"operations": []})])
    reading = await bulk(editor, [{"method": "GET", "path": "/v1/articles"}])
    elsewhere = await bulk(editor, [post("/healthz", {})])
    many = await bulk(editor, [create] * 101)

    assert [one["body"].get("code") for one in lacking["answers"]] == ["forbidden", None]
    assert [one["body"]["code"] for one in outside["answers"]] == ["outside-sections"]
    assert {one.status_code for one in (nested, reading, elsewhere, many)} == {422}
    assert (await bulk(newsroom.client(None), [create])).status_code == 401


async def test_each_operation_counts_for_the_limits_of_its_key(settings: Settings) -> None:
    limited = settings.model_copy(update={"rate_limit_storage": "memory", "rate_limit_key_writes": "5/hour"})
    async with serving(limited) as newsroom:
        order = [post("/v1/tags", {"name": f"Tag {number}"}) for number in range(5)]

        refused = await bulk(newsroom.desk, order)

        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert (await newsroom.client(None).get("/v1/tags")).json()["data"] == []


async def test_a_repeated_answer_holds_no_secret(newsroom: Newsroom, editor: Client) -> None:
    order = [post("/v1/keys", {"name": "wire", "scopes": ["articles:read"]})]

    first = made(await bulk(editor, order, Idempotency_Key="once"))["answers"][0]["body"]
    second = made(await bulk(editor, order, Idempotency_Key="once"))["answers"][0]["body"]

    assert first["secret"] is not None
    assert second == {**first, "secret": None}
    async with newsroom.database.reading() as session:
        kept = [bytes(row.body or b"") for row in await session.execute(text("SELECT body FROM idempotency_records"))]
    assert not any(first["secret"].encode() in body for body in kept)


async def by_source(client: Client, count: int, way: str) -> list[int]:
    """Send `count` items under the ids of their source; the statuses."""
    items: list[Operation] = [
        {"method": "PUT", "path": f"/v1/articles/by-source/wire/{number}", "body": {
            "headline": f"Item {number}", "tags": ["rail"], "authors": ["ana-ruiz"], "section": "world",
            "body": {"format": "markdown", "content": f"# Head\n\nText *{number}*.\n\n- one\n- two"},
            "source": {"name": "Wire"}, "lead_image": {"url": "https://images.example.org/1.jpg"}, "published_at": "2026-01-02T03:04:05Z",
        }}
        for number in range(count)
    ]  # fmt: skip
    if way == "single":
        return [(await client.put(one["path"], one["body"])).status_code for one in items]
    answers = [made(await bulk(client, items[start : start + 100], atomic=way == "all")) for start in range(0, count, 100)]
    return [one["status"] for answer in answers for one in answer["answers"]]


async def everything_of_the_log(newsroom: Newsroom) -> list[Any]:
    tables = ("events", "articles", "publications")
    async with newsroom.database.reading() as session:
        counts = [(await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() for table in tables]  # noqa: S608
        versions = (await session.execute(text("SELECT sum(version) FROM articles"))).scalar_one()
    return [*counts, int(versions)]


@pytest.mark.parametrize("way", ["single", "each", "all"])
async def test_what_is_sent_from_its_source_again_changes_nothing(
    newsroom: Newsroom, editor: Client, statements: Statements, items: int, way: str
) -> None:
    count = items if way == "all" else items // 3
    await newsroom.section("World")
    await newsroom.tag("Rail")
    await newsroom.author("Ana Ruiz")

    assert set(await by_source(editor, count, way)) == {201}
    before = await everything_of_the_log(newsroom)
    assert set(await by_source(editor, count, way)) == {200}

    assert await everything_of_the_log(newsroom) == before
    with statements.counted(8):
        await by_source(editor, 1, "single")
