"""A script that lost our answer sends again, and nothing happens twice."""

import asyncio

from tests.newsroom import Client, Newsroom, made

ORDER = {"headline": "Sent once", "body": [{"type": "paragraph", "html": "Only once."}]}


async def drafts(editor: Client) -> int:
    found: int = (await editor.get("/v1/articles?view=draft&count=exact")).json()["page"]["total"]
    return found


async def test_fifty_equal_requests_at_once_make_one_article(newsroom: Newsroom, editor: Client) -> None:
    answers = await asyncio.gather(*(editor.post("/v1/articles", ORDER, Idempotency_Key="fifty") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer for answer in answers if answer.headers.get("Idempotent-Replayed") == "true"]
    assert len(replayed) == 49
    assert {(answer.headers["ETag"], answer.headers["Location"], answer.headers["Content-Type"]) for answer in answers} == {
        ('"1"', f"/v1/articles/{answers[0].json()['id']}", "application/json")
    }
    assert await drafts(editor) == 1


async def test_a_repeated_request_gets_the_first_answer_whatever_happened_since(newsroom: Newsroom, editor: Client) -> None:
    first = await editor.post("/v1/articles", ORDER, Idempotency_Key="again")
    await newsroom.edit(first.json(), headline="Edited since")

    again = await editor.post("/v1/articles", ORDER, Idempotency_Key='"again"')

    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (201, first.content, "true")


async def test_actions_are_repeated_as_safely_as_creations(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    path = f"/v1/articles/{draft['id']}"

    first = await editor.post(f"{path}/publish", {}, If_Match='"1"', Idempotency_Key="publish")
    again = await editor.post(f"{path}/publish", {}, If_Match='"1"', Idempotency_Key="publish")
    part = [await editor.post(f"{path}/sections", {"heading": "Part"}, If_Match='"2"', Idempotency_Key="part") for _ in range(2)]

    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert [answer.status_code for answer in part] == [201, 201]
    working = await newsroom.working(draft)
    assert (working["version"], len(working["outline"])) == (3, 1)


async def test_a_key_with_another_body_or_address_is_refused(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    await editor.post("/v1/articles", ORDER, Idempotency_Key="mine")

    body = await editor.post("/v1/articles", {**ORDER, "headline": "Other"}, Idempotency_Key="mine")
    address = await editor.post(f"/v1/articles/{draft['id']}/publish", {}, Idempotency_Key="mine", If_Match="*")

    assert [(answer.status_code, answer.json()["code"]) for answer in (body, address)] == [(422, "idempotency-key-reused")] * 2
    assert await drafts(editor) == 2


async def test_a_refused_request_does_not_burn_its_key(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    publish = f"/v1/articles/{draft['id']}/publish"

    refused = await editor.post("/v1/articles", {**ORDER, "tags": ["unknown"]}, Idempotency_Key="one")
    mended = await editor.post("/v1/articles", ORDER, Idempotency_Key="one")
    stale = await editor.post(publish, {}, If_Match='"9"', Idempotency_Key="two")
    fresh = await editor.post(publish, {}, If_Match='"1"', Idempotency_Key="two")

    assert (refused.status_code, mended.status_code) == (422, 201)
    assert (stale.status_code, fresh.status_code) == (412, 200)
    assert not [answer for answer in (mended, fresh) if "Idempotent-Replayed" in answer.headers]


async def test_the_keys_of_different_callers_are_apart(newsroom: Newsroom, editor: Client) -> None:
    colleague = await newsroom.key("articles:read", "articles:write")

    mine = await editor.post("/v1/articles", ORDER, Idempotency_Key="same")
    theirs = await colleague.post("/v1/articles", {**ORDER, "headline": "Theirs"}, Idempotency_Key="same")

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert theirs.json()["headline"] == "Theirs"


async def test_without_a_key_every_request_counts(newsroom: Newsroom, editor: Client) -> None:
    one, other = made(await editor.post("/v1/articles", ORDER)), made(await editor.post("/v1/articles", ORDER))

    assert one["id"] != other["id"]


async def test_a_key_that_is_none_is_refused(newsroom: Newsroom, editor: Client) -> None:
    answers = [await editor.post("/v1/articles", ORDER, Idempotency_Key=key) for key in ("", "two words", "x" * 256)]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert await drafts(editor) == 0
