"""Nothing that can be sent makes the service fail: every refusal is a problem, and what was there still reads."""

import asyncio
import itertools
import json
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response

from app.core.asgi import guard
from app.core.errors import MAX_FAULTS, MalformedBody, ValidationFailed
from tests.newsroom import Client, Newsroom
from tests.operations import reading, small_world, writing

HUGE = 2**63
BODIES = {
    "malformed": (b'{"name": ', 400, "malformed-body"),
    "two documents": (b"{} {}", 400, "malformed-body"),
    "white space": (b" \n ", 400, "malformed-body"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "malformed-body"),
    "bad utf-8": (b'{"name": "\xff\xfe"}', 400, "malformed-body"),
    "an overlong NUL": (b'{"name": "\xc0\x80"}', 400, "malformed-body"),
    "a raw surrogate": (b'{"name": "\xed\xa0\x80"}', 400, "malformed-body"),
    "a raw control character": (b'{"name": "\x00"}', 400, "malformed-body"),
    "NaN": (b'{"position": NaN}', 400, "malformed-body"),
    "Infinity": (b'{"position": [-Infinity]}', 400, "malformed-body"),
    "a doubled key": (b'{"name": "a", "name": "b"}', 400, "malformed-body"),
    "a doubled key deep inside": (b'{"a": [{"b": {"x": 1, "x": 2}}]}', 400, "malformed-body"),
    "a deep list": (b"[" * 1_000 + b"]" * 1_000, 400, "malformed-body"),
    "a deep object": (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, 400, "malformed-body"),
    "an abyss": (b"[" * 500_000, 400, "malformed-body"),
    "too many digits": (b'{"position": ' + b"9" * 5_000 + b"}", 400, "malformed-body"),
    "an escaped NUL": (b'{"name": "a\\u0000b"}', 422, "validation-failed"),
    "an escaped NUL in a key": (b'{"a\\u0000b": 1}', 422, "validation-failed"),
    "half a surrogate pair": (b'{"name": "\\ud83d"}', 422, "validation-failed"),
    "a pair the wrong way round": (b'{"name": "\\ude00\\ud83d"}', 422, "validation-failed"),
    "half a pair in a key": (b'{"\\udfff": 1}', 422, "validation-failed"),
    "1e999": (b'{"position": 1e999}', 422, "validation-failed"),
    "2**63": (f'{{"position": {HUGE}}}'.encode(), 422, "validation-failed"),
    "-2**63-1": (f'{{"position": {-HUGE - 1}}}'.encode(), 422, "validation-failed"),
}
VALUES: tuple[Any, ...] = (
    None, True, -1, HUGE - 1, 1e308, "", "\t\n", "\u0085\u200b\ufeff", "\ufffe", "x" * 70_000, "\u0958" * 200, "%00",
    "2026-02-30T25:61:61Z", "9999-12-31T23:59:59-23:59", [], {}, [[]], [None], {"": ""}, ["x"] * 3_000,
    {"id": {"id": 1}}, [{"type": "list", "items": "x"}],
)  # fmt: skip
"""What no field expects: other types, other alphabets, text that grows when it is normalised, sizes, times that are none."""


@pytest.fixture
async def world(newsroom: Newsroom) -> dict[str, str]:
    return await small_world(newsroom)


async def check_that_all_still_reads(newsroom: Newsroom, world: dict[str, str]) -> None:
    """Whatever was sent, what is there is sound: one bad row would break every list that holds it."""
    for operation in (each for each in reading() if not each.needs_a_member):
        found = await newsroom.desk.get(operation.url(world))
        assert found.status_code in {200, 404}, (operation, found.text)
        assert isinstance(json.loads(found.content), dict), operation


def refused(response: Response, what: object) -> dict[str, Any]:
    """The problem that a refusal must be."""
    assert 400 <= response.status_code < 500, (what, response.status_code, response.text[:500])
    assert response.headers["content-type"] == "application/problem+json", (what, response.text[:500])
    problem: dict[str, Any] = json.loads(response.content)
    assert problem["request_id"] == response.headers["x-request-id"], what
    assert problem["status"] == response.status_code, what
    return problem


async def send(
    desk: Client, method: str, url: str, body: bytes = b"", *extra: tuple[bytes, bytes], media: str | None = "application/json"
) -> Response:
    """One request, byte for byte."""
    headers: list[tuple[bytes, bytes]] = [*extra]
    names = {name.lower() for name, _ in extra}
    if b"authorization" not in names and desk.secret is not None:
        headers.append((b"Authorization", f"Bearer {desk.secret}".encode()))
    if b"if-match" not in names:
        headers.append((b"If-Match", b"*"))
    if media is not None:
        headers.append((b"Content-Type", media.encode()))
    return await desk.http.request(method, url, content=body, headers=headers)


async def test_every_writing_operation_refuses_a_hostile_body(editor: Client, world: dict[str, str]) -> None:
    for operation in writing():
        for what, (body, status, code) in BODIES.items():
            problem = refused(await send(editor, operation.method, operation.url(world), body), (operation, what))
            assert (problem["status"], problem["code"]) == (status, code), (operation, what, problem)
            assert (status == 400) or all("pointer" in fault for fault in problem["errors"]), (operation, what, problem)


def test_a_key_that_stands_twice_among_many_is_found_at_once() -> None:
    """A body of the largest size held ten times as many: to count each of them in all of them would take an hour."""
    names = [f"k{number}" for number in range(30_000)]
    body = ("{" + ",".join(f'"{name}":0' for name in [*names, names[-1]]) + "}").encode()

    begun = time.process_time()
    with pytest.raises(MalformedBody, match="k29999"):
        guard.check_body(body, "application/json")

    assert time.process_time() - begun < 2


def test_a_body_takes_no_more_memory_than_its_length_warrants() -> None:
    """To write out where each value stands would multiply a long key by a long list."""
    body = json.dumps({"k" * 20_000: [0] * 5_000}).encode()

    tracemalloc.start()
    guard.check_body(body, "application/json")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 100 * len(body)


def test_a_refusal_is_of_a_bounded_length() -> None:
    with pytest.raises(ValidationFailed) as refusal:
        guard.check_body(json.dumps({"a/b": {"k" * 20_000: ["\0"] * 5_000}}).encode(), "application/json")

    assert [fault.pointer for fault in refusal.value.errors] == ["#/a~1b"] * MAX_FAULTS


async def test_a_crowd_of_unknown_fields_is_refused_at_once(reader: Client) -> None:
    """A body of the largest size holds thirty times as many: to hold each against all others took a process hours."""
    body = {f"k{number}": 0 for number in range(15_000)}
    begun = time.process_time()

    answer = await reader.post("/v1/articles/any/comments", body)

    assert time.process_time() - begun < 2
    assert answer.status_code == 422
    assert {fault["code"] for fault in answer.json()["errors"]} == {"missing", "extra_forbidden"}
    assert len(answer.json()["errors"]) == MAX_FAULTS


async def test_a_body_that_is_not_called_json_is_refused(editor: Client, world: dict[str, str]) -> None:
    media_types = (None, "", "text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonp", "json", "\xff")
    for operation, media in itertools.product(writing(), media_types):
        problem = refused(await send(editor, operation.method, operation.url(world), b'{"name": "x"}', media=media), (operation, media))
        assert problem["code"] == "unsupported-media-type", (operation, media)


async def test_other_words_for_json_are_taken(editor: Client, world: dict[str, str]) -> None:
    section = f"/v1/sections/{world['/v1/sections/ref']}"

    for media in ("application/merge-patch+json", "application/json; charset=utf-8", "Application/JSON"):
        answer = await send(editor, "PATCH", section, b'{"description": "The rest of it."}', media=media)
        assert answer.status_code == 200, answer.text


async def test_no_value_in_any_field_of_any_body_makes_the_service_fail(newsroom: Newsroom, editor: Client, world: dict[str, str]) -> None:
    """Each field of each sort of body in turn holds each odd value."""
    seen: set[str] = set()
    sent = 0
    for operation in writing():
        schema = operation.body
        if schema is None or (text := json.dumps(schema)) in seen:
            continue
        seen.add(text)
        for name, value in itertools.product(schema["properties"], VALUES):
            body = json.dumps({**operation.small_body(), name: value}).encode()
            answer = await send(editor, operation.method, operation.url(world), body)
            sent += 1
            if answer.status_code not in {200, 201, 202}:
                refused(answer, (operation, name, str(value)[:80]))
    assert sent > 1_000
    await check_that_all_still_reads(newsroom, world)


async def test_a_body_of_another_shape_is_never_a_failure(newsroom: Newsroom, editor: Client, world: dict[str, str]) -> None:
    for operation, body in itertools.product(writing(), (b"null", b"[]", b"[{}]", b'"text"', b"7", b"true", b"0.0", b"{}", b"")):
        answer = await send(editor, operation.method, operation.url(world), body)
        if answer.status_code not in {200, 201, 202}:
            refused(answer, (operation, body))
    await check_that_all_still_reads(newsroom, world)


async def test_ten_megabytes_are_refused_whether_announced_or_not(editor: Client, world: dict[str, str]) -> None:
    megabyte = b'"' + b"x" * 1_000_000

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield megabyte

    for operation in writing()[:3]:
        announced = await send(editor, operation.method, operation.url(world), megabyte * 10)
        assert refused(announced, operation)["code"] == "body-too-large"
        for key, limit in (({"Authorization": f"Bearer {editor.secret}"}, 4_000_000), ({}, 200_000)):
            headers = {"Content-Type": "application/json", **key}
            streamed = await editor.http.request(operation.method, operation.url(world), content=unannounced(), headers=headers)
            assert refused(streamed, operation)["limit"] == limit


async def test_who_sends_no_key_sends_no_more_than_the_longest_comment(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article()
    longest = json.dumps({"author": {"name": "A reader"}, "body": "\U0001d518" * 10_000}).encode()
    address = f"/v1/articles/{article['id']}/comments"

    posted = await send(reader, "POST", address, longest)
    larger = await send(reader, "POST", address, longest + b" " * 100_000)
    with_a_key = await send(newsroom.desk, "POST", address, longest + b" " * 100_000)

    assert posted.status_code == 201, posted.text
    assert refused(larger, "POST")["limit"] == 200_000
    assert with_a_key.status_code == 201, with_a_key.text


@pytest.mark.parametrize("announced", [True, False])
async def test_a_key_is_looked_at_before_much_is_read(editor: Client, announced: bool) -> None:
    """Who makes one up has nothing long read, let alone looked through; a member's token is no key."""
    nonsense = b'"' + b"x" * 300_000
    revoked = (await editor.post("/v1/keys", {"name": "gone", "scopes": ["articles:write"]})).json()
    await editor.delete(f"/v1/keys/{revoked['id']}")

    async def unannounced() -> AsyncIterator[bytes]:
        for start in range(0, len(nonsense), 50_000):
            yield nonsense[start : start + 50_000]

    async def post(secret: str | None) -> Response:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        return await editor.http.post("/v1/articles", content=nonsense if announced else unannounced(), headers=headers)

    assert refused(await post("dl_junk"), "POST")["code"] == "unauthorized"
    assert refused(await post(revoked["secret"]), "POST")["code"] == "unauthorized"
    assert refused(await post("eyJhbGciOiJub25lIn0.e30."), "POST")["limit"] == 200_000
    assert refused(await post(editor.secret), "POST")["code"] == "malformed-body"


async def test_an_absurd_length_is_never_a_failure(editor: Client) -> None:
    for length in ("9" * 5_000, "-1", "1e9", "\xb2", "0x10", ""):
        answer = await send(editor, "POST", "/v1/sections", b'{"name": ', (b"Content-Length", length.encode("latin-1")))
        assert refused(answer, length)["code"] in {"malformed-body", "body-too-large"}, length


ADDRESSES = [
    "/v1/articles/%00", "/v1/articles/a%00b", "/v1/sections/by-path/a%2F%00", "/v1/articles/%ff%fe", "/v1/articles/%c0%af", "/%ed%a0%80",
    "/v1/authors/%0d%0aSet-Cookie:%20a=b", "/v1/tags/%7f", "/v1/articles/" + "a" * 60_000, "/v1/articles/" + "%C3%A9" * 500,
    "/v1/articles/..%2f..%2fetc", "/v1/comments/cmt_zzzzzzzzzzzzzzzzzzzzzzzzzz", "/v1/keys/key_8zzzzzzzzzzzzzzzzzzzzzzzzz", "/problems/%00",
    "/problems/" + "x" * 10_000, "/static/..%2f..%2fpyproject.toml", "/static/%00", "/static/" + "x" * 5_000,
]  # fmt: skip


async def test_a_hostile_address_is_refused(editor: Client) -> None:
    for address, method in itertools.product(ADDRESSES, ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE", "TRACE", "BREW")):
        answer = await send(editor, method, address, media=None)
        assert answer.status_code < 500, (method, address[:80], answer.text[:200])
        if method == "GET":
            refused(answer, address[:80])


QUERY_VALUES = (
    "%00", "a%00", "%ff", "%ed%a0%80", "%ef%bf%be", str(HUGE), "9" * 5_000, "1e999", "NaN", "-1", "", "true", "%27", "%22%22", "*", "%",
    "%E0%A4%A", "a" * 5_000, quote("\u0958" * 300), "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z", "a,,b", ",", "(", "NEAR(", "%5B",
    "a%0Ab",
)  # fmt: skip


async def test_no_value_of_any_parameter_makes_the_service_fail(editor: Client, world: dict[str, str]) -> None:
    sent = taken = 0
    for operation in reading():
        url = operation.url(world).partition("?")[0]
        for parameter in operation.parameters("query"):
            if parameter["name"].endswith(("[gt]", "[lte]", "[lt]")):  # They are read as `[gte]` is.
                continue
            for value in QUERY_VALUES:
                answer = await editor.get(f"{url}?{quote(parameter['name'])}={value}")
                sent += 1
                if answer.status_code == 200:
                    taken += 1
                else:
                    refused(answer, (operation, parameter["name"], value[:80]))
    assert 0 < taken < sent > 1_000


async def test_dry_run_takes_no_odd_value(editor: Client, world: dict[str, str]) -> None:
    for operation in writing():
        for value in ("%00", "2", "", "NaN", str(HUGE)):
            problem = refused(await send(editor, operation.method, f"{operation.url(world)}?dry_run={value}", b"{}"), (operation, value))
            assert (problem["status"], problem["code"]) == (400, "invalid-parameter"), (operation, value, problem)


async def test_an_absurd_precondition_is_refused(editor: Client, world: dict[str, str]) -> None:
    values = (b"", b'"', b"\xff", b'"\xff"', b"9" * 190, b'"1", "2"', b'W/"1"', b"x" * 10_000, b'"-1"', b"\xd9\xa3", b"**", b'"1-zz"')
    for method, value in itertools.product(("PATCH", "DELETE"), values):
        address = f"/v1/sections/{world['/v1/sections/ref']}"
        problem = refused(await send(editor, method, address, b"{}" if method == "PATCH" else b"", (b"If-Match", value)), value)
        assert problem["code"] == "invalid-parameter"


async def test_an_absurd_idempotency_key_is_refused(editor: Client, world: dict[str, str]) -> None:
    for value in (b"", b'""', b" ", b"\xff\xfe", "clé".encode(), b"x" * 256, b"x" * 10_000, b"a b", b'"a"b"'):
        problem = refused(await send(editor, "POST", "/v1/sections", b'{"name": "Culture"}', (b"Idempotency-Key", value)), value)
        assert problem["code"] == "invalid-parameter"


SECRETS: tuple[bytes, ...] = (
    b"", b"Bearer", b"Bearer ", b"Basic dXNlcjpwYXNz", b"Bearer \xff\xfe", "Bearer dl_é".encode(), b"Bearer dl_" + b"x" * 46,
    b"Bearer " + b"x" * 20_000, b"Bearer dl_ dl_", b"bearer", b"dl_x", b"Bearer dl_" + b"\xd9\xa3" * 23,
)  # fmt: skip


async def test_an_absurd_key_is_refused_wherever_it_is_sent(editor: Client, world: dict[str, str]) -> None:
    places = ("/v1/me", "/v1/changes", "/v1/articles", f"/v1/comments/{world['comment_id']}")
    for address, secret in itertools.product(places, SECRETS):
        problem = refused(await send(editor, "GET", address, b"", (b"Authorization", secret), media=None), (address, secret[:80]))
        assert problem["code"] == "unauthorized", (address, secret[:80])


async def test_an_absurd_request_id_is_replaced(editor: Client) -> None:
    for sent in (b"", b"\xff" * 20, b"a" * 100_000, b"short", b"has spaces in it", b"new\x7fline-in-it"):
        answer = await send(editor, "GET", "/v1/sections", b"", (b"X-Request-ID", sent), media=None)
        assert answer.status_code == 200
        assert answer.headers["x-request-id"].startswith("req_"), sent[:80]


async def test_odd_headers_change_nothing(editor: Client) -> None:
    odd = [
        (b"Cookie", b"a=" + b"b" * 100_000), (b"Cookie", b"\xff"), (b"Origin", b"\xff"), (b"Accept", b"text/html;q=9"),
        (b"Range", b"bytes=9-1"), (b"If-None-Match", b'\xff,W/,"",,'), (b"If-Modified-Since", b"yesterday"), (b"Host", b"\xff"),
        (b"X-Forwarded-For", b"\x00"), (b"Accept-Encoding", b"\xff"), (b"Expect", b"surprises"), (b"X-HTTP-Method-Override", b"DELETE"),
    ]  # fmt: skip

    for header in odd:
        answer = await send(editor, "GET", "/v1/sections?limit=1", b"", header, media=None)
        assert answer.status_code == 200, (header[0], answer.text)


async def test_many_hostile_requests_at_once_leave_the_service_serving(editor: Client) -> None:
    bodies = [body for body, _, _ in BODIES.values()]

    answers = await asyncio.gather(*(send(editor, "POST", "/v1/sections", body) for body in bodies * 4))

    assert {answer.status_code for answer in answers} <= {400, 422}
    assert (await send(editor, "POST", "/v1/sections", b'{"name": "Culture"}')).status_code == 201


@pytest.mark.parametrize("query", ["fields=", "include=", "view=draft&stage=", "view=draft&status="])
async def test_of_a_value_with_hundreds_of_faults_some_are_told(editor: Client, query: str) -> None:
    names = ",".join(f"x{number}" for number in range(60))

    answer = await editor.get(f"/v1/articles?{query}{names[:190] if query == 'include=' else names}")

    assert answer.status_code == 400
    assert 40 <= len(answer.json()["errors"]) <= MAX_FAULTS
