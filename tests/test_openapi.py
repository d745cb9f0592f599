"""The description at `/openapi.json`: whole, true, and the same as the committed one.

`python -m tests.test_openapi` writes `docs/reference/openapi.json` anew.
"""

import gc
import json
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from httpx2 import AsyncClient

from app.core.errors import Problem
from app.core.openapi.description import operations, snapshot
from app.core.openapi.examples import UNSAID
from app.core.settings import Settings
from app.main import create_app
from tests.newsroom import Newsroom

SNAPSHOT = Path(__file__).parent.parent / "docs" / "reference" / "openapi.json"
REQUIRED: Any = [{"key": []}]
OPTIONAL: Any = [{}, {"key": []}]
MEMBERS: Any = [{}, {"key": []}, {"member": []}]
MEMBERS_ONLY: Any = [{"member": []}]
PUBLIC: Any = []
LIMITS = {"RateLimit", "RateLimit-Policy"}


def text() -> str:
    return snapshot(create_app(Settings(_env_file=None)))


DESCRIPTION: dict[str, Any] = json.loads(text())
OPERATIONS = {operation["operationId"]: (method, path, operation) for method, path, operation in operations(DESCRIPTION)}


@pytest.fixture(params=OPERATIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def operation(name: str) -> dict[str, Any]:
    return OPERATIONS[name][2]


def test_the_committed_description_is_that_of_the_code() -> None:
    is_the_same = SNAPSHOT.read_text("utf-8") == text()

    assert is_the_same, "The API changed. Run `python -m tests.test_openapi`, and look at what `git diff` shows."


def test_there_is_something_to_describe() -> None:
    assert len(OPERATIONS) > 40
    assert {"list_articles", "publish_article", "create_comment", "list_changes"} <= set(OPERATIONS)


def test_an_operation_says_what_it_is(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"].lower().replace(" ", "_") == name
    assert operation["description"].rstrip().endswith((".", "`.")), operation["description"]
    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in {tag["name"] for tag in DESCRIPTION["tags"] if tag["description"]}


def test_a_parameter_is_described_and_never_null(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter
        assert "anyOf" not in parameter["schema"], parameter
        assert "title" not in parameter["schema"], parameter


def test_every_text_that_is_sent_has_a_longest_length(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        bounded = {"enum", "const", "maxLength"} & set(schema) or schema.get("format") == "date-time"
        assert schema.get("type") != "string" or bounded, parameter


def test_a_body_has_an_example_that_is_valid(operation: dict[str, Any]) -> None:
    for kind, media in operation.get("requestBody", {"content": {}})["content"].items():
        shown = [each["value"] for each in media.get("examples", {}).values()] or [media["example"]]
        for example in shown:
            assert faults(media["schema"], example) == [], kind


def test_a_change_can_be_sent_as_a_merge_patch(name: str, operation: dict[str, Any]) -> None:
    if OPERATIONS[name][0] == "patch":
        assert set(operation["requestBody"]["content"]) == {"application/json", "application/merge-patch+json"}


def test_an_answer_has_an_example_that_is_valid_and_leaves_nothing_unsaid(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if status in {"204", "304"}:
            assert "content" not in answer
        elif status < "400":
            assert answer["content"]
            for media in answer["content"].values():
                assert faults(media["schema"], media["example"]) == [], status
                assert f'"{UNSAID}"' not in json.dumps(media["example"], ensure_ascii=False), media["example"]


def test_a_refusal_is_a_problem_with_an_example_of_each_kind(operation: dict[str, Any]) -> None:
    refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}

    assert {"400", "500"} <= set(refusals)
    for status, answer in refusals.items():
        assert set(answer["content"]) == {"application/problem+json"}
        media = answer["content"]["application/problem+json"]
        assert media["examples"]
        for code, reference in media["examples"].items():
            example = DESCRIPTION["components"]["examples"][reference["$ref"].rpartition("/")[2]]["value"]
            assert faults(media["schema"], example) == [], code
            assert (example["code"], str(example["status"])) == (code, status)
            assert code in Problem.kinds


def test_every_operation_that_is_limited_says_so(name: str) -> None:
    """A write, and a read that needs a key, tell what is left with every success."""
    method, path, operation = OPERATIONS[name]
    successes = [set(answer["headers"]) for status, answer in operation["responses"].items() if status < "300"]
    told = all(headers >= LIMITS for headers in successes)

    assert ("429" in operation["responses"]) == path.startswith("/v1/")
    assert told == (method != "get" or operation["security"] == REQUIRED)


def test_an_answer_declares_its_headers(name: str, operation: dict[str, Any]) -> None:
    parameters = names_of(operation)
    for status, answer in operation["responses"].items():
        headers = set(answer["headers"])
        assert "X-Request-ID" in headers
        assert (headers - LIMITS == {"X-Request-ID"}) == (status == "204")
        assert headers >= LIMITS or status != "429"
        assert ("WWW-Authenticate" in headers) == (status == "401")
        assert "Retry-After" in headers or status != "503"
        assert "Location" in headers or status != "201"
        assert "ETag" in headers or status != "304"
        if "cursor" in parameters and status == "200":
            assert "Link" in headers
        if "Idempotency-Key" in parameters and status < "300":
            assert "Idempotent-Replayed" in headers


def test_what_can_be_asked_conditionally_can_answer_304(operation: dict[str, Any]) -> None:
    parameters = names_of(operation)

    assert ("If-None-Match" in parameters) == ("304" in operation["responses"])


def test_what_is_sent_has_no_defaults_that_a_generated_client_would_send_along() -> None:
    """In a patch they would set what nobody meant to touch."""
    schemas = DESCRIPTION["components"]["schemas"]
    sent = [name for name in schemas if name.endswith(("Create", "Update", "Write", "Order", "Input", "Settings", "Block"))]

    assert len(sent) > 20
    assert [name for name in sent if any("default" in field for field in schemas[name].get("properties", {}).values())] == []
    assert "`news` when left out" in schemas["ArticleCreate"]["properties"]["genre"]["description"]
    assert "when left out" not in schemas["ArticleUpdate"]["properties"]["genre"]["description"]


def test_components_have_plain_names_and_are_used() -> None:
    everything = json.dumps(DESCRIPTION)

    for kind in ("schemas", "headers", "examples"):
        for name in DESCRIPTION["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in everything
            assert not re.search("-|Out$|Output$|HTTPValidationError", name) or kind != "schemas"


async def test_security_is_declared_as_it_is_enforced(newsroom: Newsroom) -> None:
    """Whoever comes without a key meets a 401 exactly where the description says that one is needed."""
    answers = {name: await call(newsroom.http, *OPERATIONS[name]) for name in OPERATIONS}

    refused = {name for name, answer in answers.items() if answer.status_code == 401}
    assert refused == {name for name in OPERATIONS if security(name) in (REQUIRED, MEMBERS_ONLY)}
    assert {name for name in OPERATIONS if security(name) not in (REQUIRED, OPTIONAL, MEMBERS, MEMBERS_ONLY, PUBLIC)} == set()


async def test_a_bad_key_is_refused_wherever_keys_are_looked_at(newsroom: Newsroom) -> None:
    """It must not be taken for no key: that would hide the mistake."""
    answers = {name: await call(newsroom.http, *OPERATIONS[name], Authorization="Bearer dl_wrong") for name in OPERATIONS}

    refused = {name for name, answer in answers.items() if answer.status_code == 401}
    assert refused == {name for name in OPERATIONS if security(name) != PUBLIC}
    assert refused == {name for name, (_, _, operation) in OPERATIONS.items() if "401" in operation["responses"]}


async def test_a_draft_is_shown_only_with_a_key(newsroom: Newsroom) -> None:
    """That is why a key is optional there."""
    views = {name: OPERATIONS[name] for name in OPERATIONS if "view" in names_of(OPERATIONS[name][2])}

    answers = {name: await call(newsroom.http, *views[name], {"view": "draft"}) for name in views}

    assert {answer.status_code for answer in answers.values()} == {401}
    assert {name for name in answers if security(name) != OPTIONAL} == set()


def test_an_application_that_nobody_holds_is_let_go() -> None:
    """FastAPI remembers each function that is an operation, and with it whatever that holds."""
    gone = weakref.ref(create_app(Settings(_env_file=None)))

    gc.collect()

    assert gone() is None


async def test_the_description_is_served_and_revalidated(newsroom: Newsroom) -> None:
    first = await newsroom.http.get("/openapi.json")
    again = await newsroom.http.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert first.json() == DESCRIPTION
    assert (again.status_code, again.content) == (304, b"")


def security(name: str) -> Any:
    return OPERATIONS[name][2]["security"]


def names_of(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}


async def call(
    http: AsyncClient, method: str, path: str, operation: dict[str, Any], query: dict[str, str] | None = None, **headers: str
) -> Any:
    """The operation, with its own examples for everything that it needs; of a stream, which has no end, its head."""
    if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
        method = "head"
    needed = [parameter for parameter in operation.get("parameters", []) if parameter["required"]]
    for parameter in needed:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    asked = {parameter["name"]: parameter["example"] for parameter in needed if parameter["in"] == "query"}
    sent = {parameter["name"]: parameter["example"] for parameter in needed if parameter["in"] == "header"}
    body = next(bodies(operation), None)
    return await http.request(method.upper(), path, params=asked | (query or {}), json=body, headers=sent | headers)


def bodies(operation: dict[str, Any]) -> Iterator[Any]:
    media = operation.get("requestBody", {"content": {}})["content"].get("application/json", {})
    yield from (each["value"] for each in media.get("examples", {}).values())
    if "example" in media:
        yield media["example"]


def faults(schema: dict[str, Any], example: Any) -> list[str]:
    """What is wrong with `example`, by the rules of JSON Schema 2020-12."""
    whole = {**schema, "components": DESCRIPTION["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(example)]


if __name__ == "__main__":
    SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
    SNAPSHOT.write_text(text(), "utf-8")
