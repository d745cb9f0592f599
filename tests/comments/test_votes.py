"""Readers vote: one vote each, whatever is sent, and the counters are those of the votes."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import select

from app.comments import voting
from app.comments.models import Comment
from app.comments.ranking import wilson
from app.comments.schemas import uuid_of
from app.comments.votes import DOWN, UP, CommentVote
from app.core import clock
from app.readers.forgetting import forget_digests
from app.readers.kind import NOBODY
from tests.newsroom import Client, Newsroom, Statements, Wire, by_chance, made, names


def at_address(newsroom: Newsroom, address: str) -> Client:
    """A guest who comes from there."""
    transport = ASGITransport(app=newsroom.app, client=(address, 1234))
    return Client(AsyncClient(transport=transport, base_url="http://newsroom.test"), None)


def vote_at(comment: Wire) -> str:
    return f"/v1/comments/{comment['id']}/vote"


async def votes(newsroom: Newsroom, comment: Wire) -> tuple[int, int]:
    shown = made(await newsroom.client(None).get(f"/v1/comments/{comment['id']}"))["votes"]
    return shown["up"], shown["down"]


async def test_a_reader_has_one_vote_and_may_change_it(newsroom: Newsroom, discussion: Any) -> None:
    comment, guest = await discussion.post(), at_address(newsroom, "192.0.2.1")

    for choice, counted in (("up", (1, 0)), ("up", (1, 0)), ("down", (0, 1)), ("up", (1, 0))):
        answer = await guest.put(vote_at(comment), {"vote": choice})
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.json() == {"comment": comment["id"], "vote": choice, "votes": {"up": counted[0], "down": counted[1]}}
        assert await votes(newsroom, comment) == counted
    made(await at_address(newsroom, "192.0.2.2").put(vote_at(comment), {"vote": "up"}))
    for _ in range(2):
        answer = await guest.delete(vote_at(comment))
        assert (answer.status_code, answer.json()["vote"], answer.json()["votes"]) == (200, None, {"up": 1, "down": 0})


async def test_a_vote_is_told_once_and_makes_what_showed_it_untrue(newsroom: Newsroom, reader: Client, discussion: Any) -> None:
    comment, guest = await discussion.post(), at_address(newsroom, "192.0.2.1")
    before, etag = len(await discussion.events(reader)), (await reader.get(discussion.address)).headers["ETag"]
    listed = "/v1/articles?include=comments"
    await reader.get(listed)

    for _ in range(3):
        await guest.put(vote_at(comment), {"vote": "up"})
    await guest.put(f"{vote_at(comment)}?dry_run=true", {"vote": "down"})

    told = (await discussion.events(reader))[before:]
    article = discussion.article["id"]
    assert [(event["type"], set(event["tags"])) for event in told] == [
        ("comment.voted", {f"comment:{comment['id']}", f"comments:{article}"})
    ]  # fmt: skip
    assert (await reader.get(discussion.address, If_None_Match=etag)).status_code == 200
    assert (await reader.get(listed)).json()["data"][0]["comments"]["data"][0]["votes"] == {"up": 1, "down": 0}
    changed = await newsroom.desk.patch(f"/v1/comments/{comment['id']}", {"body": "Else."}, If_Match='"1"')
    assert changed.status_code == 200, "A vote is no edit."


async def test_nobody_votes_for_what_readers_do_not_see(newsroom: Newsroom, discussion: Any, moderated: Any) -> None:
    gone, guest = await discussion.post(), at_address(newsroom, "192.0.2.1")
    await discussion.post(gone)
    held = await moderated.post()
    await discussion.delete(gone)

    for comment in (gone, held, {"id": "cmt_01m82536fhesjaqzv7y0v141hx"}):
        answer = await guest.put(vote_at(comment), {"vote": "up"})
        assert (answer.status_code, answer.json()["code"]) == (404, "comment-not-found")
    for wrong in ({"vote": "sideways"}, {}, {"vote": "up", "voter": "member:1"}, {"vote": 1}):
        assert (await guest.put(vote_at(await discussion.post()), wrong)).status_code == 422


async def test_a_key_votes_for_nobody(editor: Client, discussion: Any) -> None:
    answer = await editor.put(vote_at(await discussion.post()), {"vote": "up"})

    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (409, "vote-refused", "unknown")


async def test_a_discussion_that_has_closed_keeps_its_votes(newsroom: Newsroom, discussion: Any) -> None:
    comment, guest = await discussion.post(), at_address(newsroom, "192.0.2.1")
    made(await guest.put(vote_at(comment), {"vote": "up"}))
    await newsroom.edit(await newsroom.working(discussion.article), comments={"status": "closed"})

    for answer in (await guest.put(vote_at(comment), {"vote": "down"}), await guest.delete(vote_at(comment))):
        assert (answer.status_code, answer.json()["code"]) == (409, "comments-closed")
    assert await votes(newsroom, comment) == (1, 0)


async def test_own_votes_are_listed_for_whoever_cast_them(
    newsroom: Newsroom, discussion: Any, discuss: Any, statements: Statements
) -> None:
    other, guest = await discuss(), at_address(newsroom, "192.0.2.1")
    comments = [await discussion.post() for _ in range(3)]
    elsewhere = await other.post()
    for comment, choice in ((comments[0], "up"), (comments[2], "down"), (elsewhere, "up")):
        made(await guest.put(vote_at(comment), {"vote": choice}))

    with statements.counted(1):
        answer = await guest.get(f"/v1/me/votes?article={discussion.article['id']}")
    everything = await guest.all_pages("/v1/me/votes?limit=1")

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert [(vote["comment"], vote["vote"]) for vote in answer.json()["data"]] == [(comments[2]["id"], "down"), (comments[0]["id"], "up")]
    assert names(everything, "comment") == [elsewhere["id"], comments[2]["id"], comments[0]["id"]]
    stranger = at_address(newsroom, "192.0.2.9")
    assert (await stranger.get("/v1/me/votes")).json()["data"] == []
    cursor = (await guest.get("/v1/me/votes?limit=1")).json()["page"]["next_cursor"]
    assert (await stranger.get(f"/v1/me/votes?cursor={cursor}")).status_code == 400


async def test_no_vote_gets_lost_or_counts_twice_when_many_vote_at_once(newsroom: Newsroom, discussion: Any) -> None:
    comment = await discussion.post()
    guests = [at_address(newsroom, f"192.0.2.{number}") for number in range(1, 13)]

    answers = await asyncio.gather(*(guest.put(vote_at(comment), {"vote": "up"}) for guest in guests for _ in range(2)))

    assert {answer.status_code for answer in answers} == {200}
    assert await votes(newsroom, comment) == (12, 0)


async def test_a_vote_under_an_earlier_key_is_found_and_moved(newsroom: Newsroom, discussion: Any) -> None:
    """The digest of an address changes with its key: that gives nobody a second vote."""
    comment = uuid_of((await discussion.post())["id"])
    before, after = replace(NOBODY, address_digest="old.1"), replace(NOBODY, address_digest="new.1", earlier_digests=("old.1",))

    for who, value in ((before, UP), (after, UP), (after, DOWN)):
        async with newsroom.database.writing() as session:
            voted = await voting.vote(session, comment, value, who=who)
        assert (voted.up_votes, voted.down_votes) == ((1, 0) if value == UP else (0, 1))


@by_chance(examples=3)
async def test_counters_are_those_of_the_votes_after_any_history(open_discussion: Any, chance: random.Random) -> None:
    async with open_discussion() as discussion:
        newsroom = discussion.newsroom
        comments = [await discussion.post() for _ in range(3)]
        guests = [at_address(newsroom, f"192.0.2.{number}") for number in range(1, 4)]
        said: dict[tuple[int, str], str | None] = {}
        for _ in range(25):
            number, comment, choice = chance.randrange(3), chance.choice(comments), chance.choice(["up", "down", None])
            guest, path = guests[number], vote_at(comment)
            made(await (guest.delete(path) if choice is None else guest.put(path, {"vote": choice})))
            said[number, comment["id"]] = choice
        async with newsroom.database.reading() as session:
            rows = {row.id: row for row in await session.scalars(select(Comment))}
            kept = Counter((row.comment_id, row.value) for row in await session.scalars(select(CommentVote)))
        for comment in comments:
            own = uuid_of(comment["id"])
            counted = Counter(choice for (_, one), choice in said.items() if one == comment["id"])
            assert (rows[own].up_votes, rows[own].down_votes) == (counted["up"], counted["down"]) == (kept[own, 1], kept[own, -1])
            assert rows[own].score == wilson(counted["up"], counted["down"])
        best = names(await newsroom.client(None).all_pages(f"{discussion.address}?sort=best&limit=1"))
        scores = [rows[uuid_of(one)].score for one in best]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("field", ["value", "at", "article_id", "comment_id"])
async def test_a_vote_sets_nothing_else(newsroom: Newsroom, discussion: Any, field: str) -> None:
    comment = await discussion.post()

    answer = await at_address(newsroom, "192.0.2.1").put(vote_at(comment), {"vote": "up", field: 1000})

    assert answer.status_code == 422
    assert await votes(newsroom, comment) == (0, 0)


async def test_in_the_end_a_vote_is_nobodys(newsroom: Newsroom, discussion: Any) -> None:
    """When the key of its digest is forgotten, the vote stays, and nothing tells which votes were cast by the same reader."""
    comments, guest = [await discussion.post() for _ in range(2)], at_address(newsroom, "192.0.2.1")
    for comment in comments:
        made(await guest.put(vote_at(comment), {"vote": "up"}))

    await forget_digests(newsroom.database, clock.now() + timedelta(days=10_000))

    async with newsroom.database.reading() as session:
        voters = list(await session.scalars(select(CommentVote.voter)))
    assert len(set(voters)) == 2
    assert all(voter.startswith("past:") for voter in voters)
    assert [await votes(newsroom, comment) for comment in comments] == [(1, 0), (1, 0)]


async def test_whoever_is_banned_does_not_vote(newsroom: Newsroom, discussion: Any) -> None:
    guest, comment = at_address(newsroom, "192.0.2.1"), await discussion.post()
    order = {"author": {"name": "Somebody"}, "body": "Words of somebody."}
    written = made(await guest.post(discussion.address, order))
    made(await guest.put(vote_at(comment), {"vote": "up"}))

    ban = {"comment": written["id"], "kind": "ban", "on": ["address"]}
    made(await newsroom.desk.post("/v1/moderation/sanctions", ban))

    answer = await guest.put(vote_at(comment), {"vote": "down"})
    assert (answer.status_code, answer.json()["code"]) == (403, "sanctioned")
    made(await at_address(newsroom, "192.0.2.7").put(vote_at(comment), {"vote": "up"}))
    assert await votes(newsroom, comment) == (2, 0)
