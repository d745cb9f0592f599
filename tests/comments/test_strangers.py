"""What one reader may do with what is another's: nothing. No column can be set from outside, no list leaks what is held."""

import itertools
import json
from typing import Any

import pytest
from sqlalchemy import select

from app.comments.models import Comment
from app.comments.schemas import uuid_of
from tests.newsroom import Client, Newsroom, Wire, made, names
from tests.operations import reading, small_world

VERDICTS = {"rejected": "reject", "spam": "spam"}
HIDDEN = ("pending", "rejected", "spam", "deleted")
PRIVATE = ("author_email", "sealed_email", "email_digest", "author_url", "claim_digest", "address_digest", "network_digest", "score")
"""Columns that no answer to a reader has a name for."""


@pytest.fixture
async def two(discuss: Any) -> tuple[Any, Any, list[Wire], list[Wire]]:
    """Two discussions, each with a root and a reply."""
    mine, theirs = await discuss(), await discuss()
    made_in = []
    for one in (mine, theirs):
        root = await one.post()
        made_in.append([root, await one.post(root)])
    return mine, theirs, made_in[0], made_in[1]


async def test_nothing_of_one_thread_opens_another(reader: Client, two: Any) -> None:
    """Cursors, parents and links of one article are worth nothing under the other."""
    mine, theirs, own, foreign = two
    for _ in range(2):
        await mine.post(own[0])
        await mine.post()
    roots = (await reader.get(f"{mine.address}?limit=1")).json()["page"]["next_cursor"]
    replies = (await reader.get(f"/v1/comments/{own[0]['id']}/replies?limit=1")).json()["page"]["next_cursor"]
    letter = {"author": {"name": "R"}, "body": "x"}

    crossed = {
        f"{theirs.address}?cursor={roots}": 400,
        f"{mine.address}?cursor={replies}": 400,
        f"{mine.address}?mode=flat&cursor={roots}": 400,
        f"{mine.address}?sort=best&cursor={roots}": 400,
        f"/v1/comments/{foreign[0]['id']}/replies?cursor={replies}": 400,
        f"/v1/comments/{own[0]['id']}/replies?cursor={roots}": 400,
        f"/v1/comments/{own[0]['id']}/replies?sort=newest&cursor={replies}": 400,
        f"{theirs.address}?around={own[0]['id']}": 404,
        f"{theirs.address}?mode=flat&around={own[1]['id']}": 404,
        f"/v1/comments/{foreign[0]['id']}/replies?around={own[1]['id']}": 404,
        f"/v1/me/votes?cursor={roots}": 400,
    }

    for address, status in crossed.items():
        assert (await reader.get(address)).status_code == status, address
    answer = await reader.post(theirs.address, {**letter, "parent": own[0]["id"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/parent")
    assert await theirs.count() == 2


async def test_a_claim_token_opens_its_own_comment_alone(reader: Client, discuss: Any) -> None:
    one, other = await discuss(moderation="pre"), await discuss(moderation="pre")
    mine, theirs, elsewhere = await one.post(), await one.post(), await other.post()
    token = mine["claim_token"]

    for comment in (theirs, elsewhere):
        for address in (f"/v1/comments/{comment['id']}", f"/v1/me/comments/{comment['id']}"):
            assert (await reader.get(address, X_Claim_Token=token)).status_code in {403, 404}, address
        changed = await reader.patch(f"/v1/me/comments/{comment['id']}", {"body": "Mine now."}, X_Claim_Token=token, If_Match="*")
        deleted = await reader.delete(f"/v1/me/comments/{comment['id']}", X_Claim_Token=token, If_Match="*")
        assert {changed.status_code, deleted.status_code} <= {403, 404}
    assert (await reader.get(f"/v1/me/comments/{mine['id']}", X_Claim_Token=token)).status_code == 200


async def test_a_moderator_of_another_section_moderates_nothing_here(newsroom: Newsroom, discuss: Any) -> None:
    here, there = await newsroom.section("Here"), await newsroom.section("There")
    one = await discuss()
    article = await newsroom.publish(await newsroom.edit(await newsroom.working(one.article), section=here["id"]))
    assert article["section"]["id"] == here["id"]
    comment, moderator = await one.post(), await newsroom.key("comments:moderate", "comments:write", sections=[there["id"]])
    before = made(await newsroom.desk.get(f"/v1/comments/{comment['id']}"))

    for verdict in ("approve", "reject", "spam"):
        answer = await moderator.post(f"/v1/moderation/comments/{comment['id']}/{verdict}", {}, If_Match="*")
        assert answer.status_code in {403, 404}, verdict
    assert (await moderator.patch(f"/v1/comments/{comment['id']}", {"body": "Else."}, If_Match="*")).status_code in {403, 404}
    assert (await moderator.delete(f"/v1/comments/{comment['id']}", If_Match="*")).status_code in {403, 404}
    assert made(await newsroom.desk.get(f"/v1/comments/{comment['id']}")) == before


async def test_no_column_is_set_from_outside(newsroom: Newsroom, reader: Client, discussion: Any) -> None:
    """Whatever a letter says beside its words is refused by name; so is what an edit says, and a vote."""
    order, comment = {"author": {"name": "A reader"}, "body": "Well said."}, await discussion.post()
    before = made(await reader.get(f"/v1/comments/{comment['id']}"))

    for column in sorted(each.key for each in Comment.__table__.columns if each.key != "body"):
        for value in (1_000, True, "approved"):
            inside = {**order, "author": {"name": "A reader", column: value}}
            for answer in (
                await reader.post(discussion.address, {**order, column: value}),
                await reader.post(discussion.address, inside),
                await newsroom.desk.patch(f"/v1/comments/{comment['id']}", {column: value}, If_Match="*"),
                await reader.put(f"/v1/comments/{comment['id']}/vote", {"vote": "up", column: value}),
            ):
                assert answer.status_code == 422, (column, value, answer.text)
                assert [fault for fault in answer.json()["errors"] if fault["pointer"].endswith(f"/{column}")], (column, answer.text)
    assert made(await reader.get(f"/v1/comments/{comment['id']}")) == before


async def test_no_public_answer_differs_by_what_is_held(newsroom: Newsroom, discussion: Any) -> None:
    """Every public address says the same, whether hidden comments stand there or never did."""
    world = await small_world(newsroom)
    article, reader = world["/v1/articles/ref"], newsroom.client(None)
    letter = {"author": {"name": "Canary", "email": "canary@reader.example.org"}, "body": "canary"}
    addresses = [operation.url(world) for operation in reading()]
    made(await newsroom.desk.patch(f"/v1/articles/{article}", {"comments": {"moderation": "pre"}}, If_Match="*"))
    since = made(await reader.get(f"/v1/articles/{article}/comments/changes"))["next_since"]
    shapes = ("?sort=best", "?mode=flat", "?sort=oldest&replies=20", f"?around={world['comment_id']}", f"/changes?since={since}")
    addresses += [f"/v1/articles/{article}/comments{shape}" for shape in shapes]
    addresses += [
        f"/v1/comments/{world['comment_id']}/replies?sort=best",
        f"/v1/articles/{article}?include=comments",
        "/v1/articles?include=comments",
    ]
    before = {address: _without_seq(await reader.get(address)) for address in addresses}

    held = []
    for parent, status in itertools.product((None, world["comment_id"]), HIDDEN):
        comment = made(await reader.post(f"/v1/articles/{article}/comments", {**letter, "parent": parent}))
        held.append(comment)
        if status in VERDICTS:
            made(await newsroom.desk.post(f"/v1/moderation/comments/{comment['id']}/{VERDICTS[status]}", {}, If_Match="*"))
        if status == "deleted":
            assert (await newsroom.desk.delete(f"/v1/comments/{comment['id']}", If_Match="*")).status_code == 204
    newsroom.app.state.answers.clear()

    for address, told in before.items():
        now = _without_seq(await reader.get(address))
        assert "canary" not in now.lower(), address
        assert not [comment["id"] for comment in held if comment["id"] in now], address
        assert not [name for name in PRIVATE if f'"{name}"' in now], address
        if not address.startswith(("/v1/changes", "/readyz", "/v1/comments/form", "/v1/previews")):
            assert now == told, address
    async with newsroom.database.reading() as session:
        rows = {row.id: row.status for row in await session.scalars(select(Comment))}
    assert [rows[uuid_of(comment["id"])] for comment in held] == [*HIDDEN * 2], "The canaries are alive."


def _without_seq(answer: Any) -> str:
    """The body of an answer without the names of requests."""
    try:
        body = answer.json()
    except ValueError:
        return str(answer.text)
    if isinstance(body, dict):
        body.pop("request_id", None)
    return json.dumps(body, sort_keys=True)


async def test_everything_that_a_reader_reaches_is_visible(newsroom: Newsroom, reader: Client, discussion: Any) -> None:
    """Each comment by itself: what no list shows, none of the addresses of the comment shows."""
    root = await discussion.post()
    children = [await discussion.post(root) for _ in range(3)]
    below = [await discussion.post(child) for child in children]
    await discussion.moderate(children[0], "reject")
    await discussion.delete(below[1])
    flat = set(names(await reader.all_pages(f"{discussion.address}?mode=flat")))

    for comment in (root, *children, *below):
        for rest in ("", "/replies", "/ancestors"):
            status = (await reader.get(f"/v1/comments/{comment['id']}{rest}")).status_code
            assert status == (200 if comment["id"] in flat else 404), (comment["html"], rest)
        status = (await reader.get(f"{discussion.address}?around={comment['id']}")).status_code
        assert status == (200 if comment["id"] in flat else 404)
    assert flat == {root["id"], children[1]["id"], children[2]["id"], below[2]["id"]}
