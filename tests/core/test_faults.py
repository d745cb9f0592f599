"""What is said of a fault: what was probably meant, and how that which is asked for is written."""

from typing import Any

import pytest

from tests.newsroom import Client, Newsroom
from tests.operations import operations, small_world


@pytest.fixture
async def world(newsroom: Newsroom) -> dict[str, str]:
    return await small_world(newsroom)


async def faults(client: Client, body: dict[str, Any]) -> dict[str, str]:
    """What is wrong with an article, by its pointer."""
    answer = await client.post("/v1/articles", {"headline": "Talks", **body})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}


async def test_a_field_that_is_not_known_is_told_what_was_probably_meant(editor: Client) -> None:
    answer = await editor.post("/v1/articles", {"headline": "Talks", "standfrist": "They began."})

    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["suggestion"]) == ("#/standfrist", "standfirst")
    assert fault["detail"] == "There is no such field here. Did you mean 'standfirst'?"


async def test_a_field_is_held_against_those_that_may_stand_just_there(editor: Client) -> None:
    blocks = [{"type": "paragraph", "html": "", "text": "Both came."}, {"type": "heading", "text": "Talks", "lvel": 3}]
    said = await faults(editor, {"body": blocks, "lead_image": {"url": "/a.jpg", "captoin": ""}, "related": [{"artcle": "talks"}]})

    assert said["#/body/0/text"] == "There is no such field here. Known here: html, id, type."
    assert said["#/body/1/lvel"].endswith("Did you mean 'level'?")
    assert said["#/lead_image/captoin"].endswith("Did you mean 'caption'?")
    assert said["#/related/0/artcle"].endswith("Did you mean 'article'?")


async def test_every_body_names_the_fields_that_it_may_have(editor: Client, world: dict[str, str]) -> None:
    asked = [operation for operation in operations() if operation.body is not None]
    for operation in asked:
        answer = await editor.request(operation.method, operation.url(world), {"qqqqqq": 1}, If_Match="*")
        (said,) = [fault["detail"] for fault in answer.json()["errors"] if fault["pointer"] == "#/qqqqqq"]
        assert said.startswith("There is no such field here. Known here: "), operation
        assert "none" not in said, operation
    assert len(asked) > 40


async def test_what_cannot_be_is_told_how_it_is_written(editor: Client) -> None:
    said = await faults(
        editor, {"tags": ["Rail ways"], "authors": ["Ana", {"author": "Ana"}], "lead_image": "/a.jpg", "body": "They began."}
    )

    assert said == {
        "#/tags/0": "Write it like 'railways'. A tag: its id or its slug.",
        "#/authors/0": "Write it like 'ana-ruiz'. An author: its id or its slug.",
        "#/authors/1/author": "Write it like 'ana-ruiz'. An author: its id or its slug.",
        "#/lead_image": "An object is needed here, in braces.",
        "#/body": "Give a list of blocks, or an object with `format` (markdown, html or text) and `content`.",
    }


async def test_a_parameter_is_told_how_it_is_written(reader: Client) -> None:
    (fault,) = (await reader.get("/v1/articles/Talks-Begin")).json()["errors"]

    assert fault["parameter"] == "ref"
    assert fault["detail"].startswith("Write it like '")
    assert fault["detail"].endswith("The article's id or slug.")


async def test_of_a_parameter_without_an_example_is_told_what_it_is(reader: Client) -> None:
    (fault,) = (await reader.get("/v1/articles?cursor=%26")).json()["errors"]

    assert fault["detail"].startswith("It cannot be that. `page.next_cursor` of the page before")


async def test_a_request_without_body_or_version_is_told_what_to_send(editor: Client) -> None:
    empty = await editor.request("POST", "/v1/tags")
    unconditional = await editor.request("PATCH", "/v1/tags/railways", {"name": "Trains"})

    assert [fault["detail"] for fault in empty.json()["errors"]] == ["A body is needed: a JSON object, {} at the least."]
    assert unconditional.json()["detail"].startswith("Send `If-Match` with the ETag")


async def test_what_only_sounds_alike_is_not_suggested(reader: Client) -> None:
    for fault in (await reader.get("/v1/articles?page=1&ids=1&offset=1")).json()["errors"]:
        assert "suggestion" not in fault
        assert "cursor" in fault["detail"]
