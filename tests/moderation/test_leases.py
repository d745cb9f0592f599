"""Two people do not take one comment."""

import asyncio
from datetime import timedelta

import pytest

from app.core import clock, ids
from app.moderation import queries
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, made, names
from tests.plans import NO_SHORT_TABLES, overhearing, plans_of


@pytest.fixture
async def other(newsroom: Newsroom) -> Client:
    """A second moderator, with a key of their own."""
    return await newsroom.key("comments:moderate")


async def test_the_next_comments_go_to_one_of_those_who_ask(held: Desk, editor: Client, other: Client) -> None:
    waiting = [await held.post() for _ in range(5)]

    mine = made(await editor.post("/v1/moderation/leases", {"limit": 3}))["data"]
    theirs = made(await other.post("/v1/moderation/leases", {"limit": 3}))["data"]

    assert (names(mine), names(theirs)) == (names(waiting[:3]), names(waiting[3:]))
    assert (mine[0]["lease"]["mine"], mine[0]["lease"]["by"]["name"]) == (True, "tests")
    assert names(made(await editor.post("/v1/moderation/leases", {"limit": 3}))["data"]) == names(waiting[:3])
    assert names(await other.all_pages("/v1/moderation/comments?lease=free")) == names(waiting[3:])
    assert names(await other.all_pages("/v1/moderation/comments?lease=mine")) == names(waiting[3:])
    assert [one["lease"]["mine"] for one in await other.all_pages("/v1/moderation/comments")] == [False] * 3 + [True] * 2


async def test_of_many_who_ask_at_once_none_gets_what_another_has(newsroom: Newsroom, held: Desk) -> None:
    for _ in range(6):
        await held.post()
    people = [await newsroom.key("comments:moderate") for _ in range(4)]

    answers = await asyncio.gather(*(each.post("/v1/moderation/leases", {"limit": 2}) for each in people))

    taken = [comment["id"] for answer in answers for comment in made(answer)["data"]]
    assert len(taken) == len(set(taken)) == 6


async def test_whoever_has_no_lease_does_not_decide_until_it_ends_or_is_taken_over(held: Desk, editor: Client, other: Client) -> None:
    first, second = await held.post(), await held.post()
    for comment in (first, second):
        made(await editor.put(f"/v1/moderation/comments/{comment['id']}/lease", {"seconds": 60}))
    address = f"/v1/moderation/comments/{first['id']}"

    refused = await other.post(f"{address}/approve", If_Match="*")
    batch = made(await other.post("/v1/moderation/batches", {"verdict": "spam", "comments": [{"id": first["id"]}]}))
    taking = await other.put(f"{address}/lease", {})

    assert (refused.status_code, refused.json()["code"], refused.json()["holder"]) == (409, "comment-leased", "tests")
    assert batch["results"][0]["problem"]["code"] == "comment-leased"
    assert taking.status_code == 409
    made(await other.put(f"{address}/lease", {"take_over": True}))
    assert (await editor.post(f"{address}/approve", If_Match="*")).status_code == 409
    made(await other.post(f"{address}/approve", If_Match="*"))
    with clock.stopped_at(clock.now() + timedelta(seconds=61)):
        made(await other.post(f"/v1/moderation/comments/{second['id']}/approve", If_Match="*"))


async def test_a_decision_ends_the_lease_and_so_does_giving_it_back(held: Desk, editor: Client, other: Client) -> None:
    first, second = await held.post(), await held.post()
    made(await editor.post("/v1/moderation/leases", {}))

    await held.moderate(first, "approve")
    assert (await other.delete(f"/v1/moderation/comments/{second['id']}/lease")).status_code == 204
    assert made(await other.get(f"/v1/moderation/comments/{second['id']}"))["lease"] is not None
    assert (await editor.delete(f"/v1/moderation/comments/{second['id']}/lease")).status_code == 204

    assert [made(await other.get(f"/v1/moderation/comments/{one['id']}"))["lease"] for one in (first, second)] == [None, None]
    made(await other.post(f"/v1/moderation/comments/{first['id']}/reject", If_Match="*"))


async def test_a_lease_takes_a_moderator_and_a_comment(newsroom: Newsroom, held: Desk, editor: Client) -> None:
    comment = await held.post()
    looking = await newsroom.key("comments:read")

    assert (await looking.post("/v1/moderation/leases", {})).status_code == 403
    assert (await editor.put("/v1/moderation/comments/cmt_01m82536fhesjaqzv7y0v141hx/lease", {})).status_code == 404
    assert (await editor.put(f"/v1/moderation/comments/{comment['id']}/lease", {"seconds": 5})).status_code == 422
    assert made(await editor.post("/v1/moderation/leases?dry_run=true", {}))["data"] != []
    assert names(await looking.all_pages("/v1/moderation/comments?lease=free")) == [comment["id"]]


async def test_the_queues_tell_how_full_they_are(newsroom: Newsroom, held: Desk, editor: Client) -> None:
    section = await newsroom.section("World")
    within = Desk(newsroom, await newsroom.article(section=section["id"], comments={"moderation": "pre"}))
    first = await within.post()
    for verdict in ("approved", "rejected", "spam", "pending"):
        await held.decide(verdict, await held.post())

    everywhere = {one["queue"]: one for one in made(await editor.get("/v1/moderation/queues"))["data"]}
    here = {one["queue"]: one["count"] for one in made(await editor.get("/v1/moderation/queues?section=world"))["data"]}

    assert {name: one["count"] for name, one in everywhere.items()} == {
        "pending": 2, "reported": 0, "appeals": 0, "spam": 1, "rejected": 1, "approved": 1,
    }  # fmt: skip
    assert everywhere["pending"]["oldest_at"][:19] == first["created_at"][:19]
    assert here == {"pending": 1, "reported": 0, "appeals": 0, "spam": 0, "rejected": 0, "approved": 0}


async def test_whoever_lets_a_comment_stand_is_done_with_it(desk: Desk, editor: Client, other: Client) -> None:
    comment = await desk.post()
    made(await editor.put(f"/v1/moderation/comments/{comment['id']}/lease", {}))

    await desk.moderate(comment, "approve")

    assert made(await other.get(f"/v1/moderation/comments/{comment['id']}"))["lease"] is None


async def test_leases_are_looked_for_once_and_not_for_each_comment(newsroom: Newsroom) -> None:
    """There are few of them: what somebody looks at is found by them, however much was approved."""
    sought = queries.Sought(("approved",), lease="mine", holder=ids.EXAMPLE)
    with overhearing(newsroom.database) as said:
        async with newsroom.database.reading() as session:
            await queries.list_queue(session, sought, None, 21)

    (plan,) = await plans_of(newsroom.database, said, without=NO_SHORT_TABLES)

    assert "comment_leases" in plan
    assert not [each for each in ("CORRELATED", "SubPlan") if each in plan], plan
