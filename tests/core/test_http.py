"""How every address meets HTTP: methods, HEAD, OPTIONS, CORS, conditional reads, request ids, parameters it does not know."""

import itertools
import re

import pytest
from httpx2 import Response

from tests.newsroom import Client, Newsroom
from tests.operations import Operation, operations, reading, small_world

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
ADDRESSES = sorted({operation.template for operation in operations()})
PAGES = ("/docs", "/openapi.json", "/problems", "/problems/not-found", "/static/page.css")
PRIVATE = ("/v1/previews", "/v1/changes", "/v1/me/", "/v1/comments/form", "/healthz", "/readyz")
"""What is nobody's but the caller's, or true for a moment only, though it needs no key: without a validator."""
LISTED, STRANGER = "https://paper.example.org", "https://elsewhere.example.com"


@pytest.fixture
async def world(newsroom: Newsroom) -> dict[str, str]:
    return await small_world(newsroom)


def public() -> list[Operation]:
    open_to_all = [operation for operation in reading() if {} in (operation.about["security"] or [{}])]
    found = [operation for operation in open_to_all if not operation.template.startswith(PRIVATE)]
    assert len(found) > 20
    return found


def methods_of(template: str) -> set[str]:
    return {operation.method for operation in operations() if operation.template == template}


def at(template: str, world: dict[str, str]) -> str:
    """The address, without its query."""
    return next(operation for operation in operations() if operation.template == template).url(world).partition("?")[0]


def varies(response: Response) -> set[str]:
    return {name.strip() for name in response.headers.get("vary", "").split(",") if name.strip()}


async def test_an_address_names_its_methods_whether_asked_or_mistaken(editor: Client, world: dict[str, str]) -> None:
    for template in ADDRESSES:
        path, own = at(template, world), methods_of(template)
        expected = ", ".join(sorted(own | {"OPTIONS"} | ({"HEAD"} if "GET" in own else set())))

        options = await editor.request("OPTIONS", path)
        assert (options.status_code, options.headers["allow"], options.content) == (204, expected, b""), template
        for method in [*sorted(METHODS - own), "TRACE"]:
            answer = await editor.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, expected), (method, template)
            assert answer.json()["code"] == "method-not-allowed"
            assert expected in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/sections/by-path/world/europe/baltic", *PAGES])
async def test_an_address_with_slashes_and_a_page_name_theirs_too(reader: Client, path: str) -> None:
    assert (await reader.request("OPTIONS", path)).headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await reader.request("DELETE", path)).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/articles", "/v1/articles/", "/v1/nothing", "/static/none.css"])
async def test_what_is_not_there_is_a_problem(reader: Client, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = await reader.request(method, path)
        assert answer.status_code == (405 if method != "GET" and path.startswith("/static/") else 404), (method, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_head_is_get_without_its_body(editor: Client, world: dict[str, str]) -> None:
    for path in [operation.url(world) for operation in reading()] + list(PAGES) + ["/v1/tags/none", "/v1/tags?limit=0"]:
        full, bare = await editor.get(path), await editor.request("HEAD", path)
        assert (bare.status_code, bare.content) == (full.status_code, b""), path
        changing = {"x-request-id", "date", "last-modified"}
        expected = {name: value for name, value in full.headers.items() if name not in changing}
        assert {name: value for name, value in bare.headers.items() if name not in changing} == expected, path


async def test_what_is_public_has_a_strong_validator_and_is_not_sent_twice(reader: Client, world: dict[str, str]) -> None:
    for operation in public():
        path = operation.url(world)
        first = await reader.get(path)
        etag = first.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f-]+(-br)?"', etag), path
        assert varies(first) == {"Accept-Encoding"}, path
        assert first.headers["cache-control"].startswith("public, max-age=0, s-maxage="), path
        assert first.headers["cache-tag"].split(",") == first.headers["surrogate-key"].split(" ")

        for known in (etag, f"W/{etag}", f'"other", {etag}', f'{etag} ,W/"x"', "*"):
            again = await reader.get(path, If_None_Match=known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), (path, known)
            for name in ("cache-control", "vary"):
                assert again.headers[name] == first.headers[name], (path, name)
            assert "cache-tag" not in again.headers, "A cache would forget the tags that it keeps the answer under."
        for other in ('"other"', etag.strip('"'), 'W/"other"', ""):
            assert (await reader.get(path, If_None_Match=other)).status_code == 200, (path, other)


async def test_a_public_address_shows_everybody_the_same_bytes(newsroom: Newsroom, reader: Client, world: dict[str, str]) -> None:
    people = [reader, newsroom.desk, await newsroom.key("articles:read")]
    for operation in public():
        answers = [await who.get(operation.url(world)) for who in people]
        assert {answer.content for answer in answers} == {answers[0].content}, operation
        assert {answer.headers["etag"] for answer in answers} == {answers[0].headers["etag"]}, operation


async def test_a_key_is_looked_at_before_a_validator(newsroom: Newsroom, world: dict[str, str]) -> None:
    """A 304 says that something is as it was: whoever may not ask is not told."""
    revoked = newsroom.client("dl_" + "x" * 46)

    for path in (f"/v1/articles/{world['/v1/articles/ref']}", "/v1/articles?view=draft", "/v1/keys"):
        assert (await revoked.get(path, If_None_Match="*")).status_code == 401
    assert (await newsroom.client(None).get("/v1/articles?view=draft", If_None_Match="*")).status_code == 401


async def test_what_is_the_callers_own_is_kept_by_nobody(editor: Client, world: dict[str, str]) -> None:
    article = world["/v1/articles/ref"]

    for path in ("/v1/me", "/v1/keys", "/v1/moderation/comments", f"/v1/articles/{article}?view=draft", "/v1/articles?view=draft"):
        answer = await editor.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store"), path


async def test_a_request_is_known_by_its_own_id_or_by_ours(reader: Client) -> None:
    for path in ("/v1/sections", "/v1/tags/none", "/nowhere", "/v1/me"):
        own = await reader.get(path, X_Request_ID="edge-7.4f_2-9")
        ours = {(await reader.get(path)).headers["x-request-id"] for _ in range(3)}
        assert own.headers["x-request-id"] == "edge-7.4f_2-9"
        assert len(ours) == 3
        assert path == "/v1/sections" or own.json()["request_id"] == "edge-7.4f_2-9"


async def test_every_answer_forbids_the_browser_to_guess(reader: Client) -> None:
    for path in ("/v1/sections", "/v1/tags/none", "/docs", "/problems/not-found"):
        headers = (await reader.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")


async def test_no_operation_takes_a_parameter_it_does_not_know(editor: Client, world: dict[str, str]) -> None:
    for operation in operations():
        path = operation.url(world)
        body = None if operation.body is None else operation.small_body()
        answer = await editor.request(operation.method, f"{path}{'&' if '?' in path else '?'}headlnie=x&zz=1", body, If_Match="*")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown-parameter"), operation
        assert {fault["parameter"] for fault in answer.json()["errors"]} == {"headlnie", "zz"}


async def test_no_operation_takes_a_parameter_twice(editor: Client, world: dict[str, str]) -> None:
    for operation, parameter in ((each, parameter) for each in operations() for parameter in each.parameters("query")):
        path, name = operation.url(world).partition("?")[0], parameter["name"]
        body = None if operation.body is None else operation.small_body()
        answer = await editor.request(operation.method, f"{path}?{name}=1&{name}=1", body, If_Match="*")
        assert (answer.status_code, answer.json()["code"]) == (400, "duplicate-parameter"), (operation, name)
        assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


async def test_a_misspelt_parameter_is_told_what_was_probably_meant(reader: Client) -> None:
    (fault,) = (await reader.get("/v1/articles?secton=world")).json()["errors"]

    assert (fault["parameter"], fault["suggestion"]) == ("secton", "section")
    assert "suggestion" not in (await reader.get("/v1/articles?qqqqqq=1")).json()["errors"][0]


async def test_however_many_parameters_are_unknown_so_many_are_told_and_no_more(reader: Client) -> None:
    answer = await reader.get("/v1/articles?" + "&".join(f"x{number}" for number in range(3_000)))

    assert (answer.status_code, answer.json()["code"], len(answer.json()["errors"])) == (400, "unknown-parameter", 50)


async def test_every_fault_of_a_body_is_told_at_once_where_it_stands(editor: Client) -> None:
    answer = await editor.post("/v1/sections", {"slug": "Not A Slug", "position": "3", "nmae": "x", "description": 7})

    assert {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]} == {
        "#/name": "missing", "#/slug": "string_pattern_mismatch", "#/position": "int_type", "#/nmae": "extra_forbidden",
        "#/description": "string_type",
    }  # fmt: skip
    assert answer.json()["type"] == "/problems/validation-failed"


async def test_any_page_may_read_what_is_public_and_never_with_credentials(reader: Client, world: dict[str, str]) -> None:
    for operation, origin in itertools.product(public(), (LISTED, STRANGER, "null")):
        plain = await reader.get(operation.url(world))
        answer = await reader.get(operation.url(world), Origin=origin)
        assert answer.headers["access-control-allow-origin"] == "*", operation
        assert "access-control-allow-credentials" not in answer.headers
        assert {"ETag", "Link", "Location", "X-Request-ID"} <= set(answer.headers["access-control-expose-headers"].split(", "))
        assert varies(answer) == varies(plain) == {"Accept-Encoding"}
        assert plain.headers["access-control-allow-origin"] == "*"


async def test_a_refused_read_can_be_read_by_the_page_that_asked(reader: Client) -> None:
    for path in ("/v1/tags/none", "/v1/tags?nmae=x", "/nowhere"):
        assert (await reader.get(path, Origin=STRANGER)).headers["access-control-allow-origin"] == "*"


async def test_only_listed_pages_read_with_a_key_or_write(editor: Client) -> None:
    reads = {origin: await editor.get("/v1/me", Origin=origin) for origin in (LISTED, STRANGER)}
    writes = {origin: await editor.post("/v1/tags?dry_run=true", {"name": "Rail"}, Origin=origin) for origin in (LISTED, STRANGER)}

    for answers in (reads, writes):
        assert answers[LISTED].headers["access-control-allow-origin"] == LISTED
        assert "access-control-allow-origin" not in answers[STRANGER].headers
        assert all("Origin" in varies(answer) for answer in answers.values())
        assert all("access-control-allow-credentials" not in answer.headers for answer in answers.values())


async def preflight(client: Client, origin: str, method: str, *headers: str) -> Response:
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        sent["Access-Control-Request-Headers"] = ", ".join(headers)
    return await client.http.request("OPTIONS", "/v1/articles", headers=sent)


@pytest.mark.parametrize(("origin", "method", "headers", "allowed"), [
    (LISTED, "GET", ("authorization",), LISTED), (LISTED, "POST", ("authorization", "content-type", "idempotency-key"), LISTED),
    (LISTED, "PATCH", ("authorization", "if-match", "content-type"), LISTED), (LISTED, "DELETE", (), LISTED),
    (STRANGER, "GET", (), "*"), (STRANGER, "GET", ("If-None-Match", "Accept"), "*"), (STRANGER, "HEAD", (), "*"),
    (STRANGER, "GET", ("authorization",), None), (STRANGER, "POST", ("content-type",), None), (STRANGER, "POST", (), None),
    (STRANGER, "DELETE", (), None), (STRANGER, "GET", ("x-anything",), None), ("null", "PATCH", (), None),
    (LISTED + ".evil.com", "POST", (), None), ("http://paper.example.org", "POST", (), None),
])  # fmt: skip
async def test_a_preflight_allows_what_the_request_may(
    reader: Client, origin: str, method: str, headers: tuple[str, ...], allowed: str | None
) -> None:
    answer = await preflight(reader, origin, method, *headers)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers.get("access-control-allow-origin") == allowed
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in varies(answer)
    if allowed is not None:
        assert method in answer.headers["access-control-allow-methods"].split(", ")
        granted = {name.lower() for name in answer.headers["access-control-allow-headers"].split(", ")}
        assert {name.lower() for name in headers} <= granted


async def test_an_options_request_that_is_no_preflight_names_the_methods(reader: Client) -> None:
    answer = await reader.request("OPTIONS", "/v1/articles", Origin=STRANGER)

    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.headers["access-control-allow-origin"] == "*"
