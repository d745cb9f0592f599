"""Comments as lines of JSON: out of one newsroom, into another, and in again."""

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.carrying import importing
from app.comments.models import Comment
from app.core import clock, ids
from app.core.schemas import wire_instant
from tests.carrying.conftest import SLUG, carried_out, carry_in, discussed, line, thread
from tests.comments.test_counters import check_against_a_recount
from tests.newsroom import Newsroom, OpenNewsroom, Statements, made


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_carried_out_and_in_is_carried_out_the_same(open_newsroom: OpenNewsroom, seed: int) -> None:
    async with open_newsroom() as here, open_newsroom() as there:
        mine, theirs = await discussed(here, 16, random.Random(seed)), await there.article(slug=SLUG)
        async with here.database.writing() as session:
            await session.execute(update(Comment).values(up_votes=7, down_votes=2))
        file = await carried_out(here)

        outcome = await carry_in(there, file)

        assert (outcome.created, outcome.known, outcome.refused) == (16, 0, 0)
        assert await carried_out(there) == file.replace(mine["id"].encode(), theirs["id"].encode())
        assert await thread(there) == await thread(here)
        counts = [made(await room.client(None).get(f"/v1/articles/{SLUG}"))["comments"]["count"] for room in (here, there)]
        assert counts[0] == counts[1] > 3


async def test_a_file_that_comes_again_changes_nothing_and_a_longer_one_brings_what_is_new(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)
    file = line(source="old", external_id="1") + line(source="old", external_id="2", parent="1")
    await carry_in(newsroom, file)
    (root,) = made(await newsroom.client(None).get(f"/v1/articles/{SLUG}/comments"))["data"]
    await newsroom.desk.post(f"/v1/moderation/comments/{root['id']}/reject", {}, If_Match="*")
    before = made(await newsroom.desk.get("/v1/changes?limit=100"))["data"]

    again = await carry_in(newsroom, file)
    after = made(await newsroom.desk.get("/v1/changes?limit=100"))["data"]
    longer = await carry_in(newsroom, file + line(source="old", external_id="3", parent="2"))

    assert (again.created, again.known, again.refused) == (0, 2, 0)
    assert after == before
    assert (longer.created, longer.known) == (1, 2)
    assert made(await newsroom.desk.get("/v1/moderation/comments?status=rejected"))["data"][0]["id"] == root["id"]


async def test_a_file_that_comes_twice_at_once_is_taken_in_once(newsroom: Newsroom) -> None:
    article = await newsroom.article(slug=SLUG)
    file = b"".join(line(external_id=str(number), parent=str(number - 1) if number % 5 else None) for number in range(20))

    outcomes = await asyncio.gather(*(carry_in(newsroom, file) for _ in range(3)))

    assert sorted((one.created, one.known, one.refused) for one in outcomes) == [(0, 20, 0), (0, 20, 0), (20, 0, 0)]
    number = ids.decode("art", article["id"])
    assert number is not None
    assert await check_against_a_recount(newsroom, number) == 20


async def test_what_answers_a_comment_under_another_article_does_not_keep_that_article(newsroom: Newsroom) -> None:
    here, there = await newsroom.article(slug=SLUG), await newsroom.article(slug="elsewhere")
    file = line(external_id="1", article="elsewhere") + line(external_id="2") + line(external_id="3", parent="2", reply_to="1")
    await carry_in(newsroom, file)
    await newsroom.desk.delete(f"/v1/articles/{there['id']}", If_Match="*")

    purged = await newsroom.desk.post(f"/v1/articles/{there['id']}/purge", If_Match="*")

    assert purged.status_code == 200, purged.text
    flat = made(await newsroom.client(None).get(f"/v1/articles/{here['id']}/comments?mode=flat"))["data"]
    assert [one["reply_to"] for one in flat] == [None, None]


async def test_a_reply_may_come_before_what_it_answers(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH", 3)
    await newsroom.article(slug=SLUG)
    many = [line(external_id=str(number), parent=str(number + 1)) for number in range(10)]

    outcome = await carry_in(newsroom, b"".join([*many, line(external_id="10")]))

    assert (outcome.created, outcome.refused) == (11, 0)
    assert made(await newsroom.client(None).get(f"/v1/articles/{SLUG}"))["comments"]["count"] == 11


async def test_a_reply_waits_for_one_that_is_here_whatever_its_line_says(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH", 1)
    await newsroom.article(slug=SLUG)
    here = made(await newsroom.client(None).post(f"/v1/articles/{SLUG}/comments", {"author": {"name": "A reader"}, "body": "Here."}))
    file = line(external_id="reply", parent="first") + line(id=here["id"], external_id="first", article="nowhere")

    outcome = await carry_in(newsroom, file)

    assert (outcome.created, outcome.known, outcome.refused) == (1, 1, 0)


async def test_comments_that_come_together_are_written_together(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """None asks for those above it, and counters above are written once a batch; what stands in an earlier batch is read once."""
    monkeypatch.setattr(importing, "_BATCH", 60)
    article = await newsroom.article(slug=SLUG)
    many = [line(external_id=str(number), **({} if number == 1 else {"parent": str(number // 2)})) for number in range(1, 121)]
    statements = Statements(newsroom.database, newsroom.app.state.answers)

    outcome = await carry_in(newsroom, b"".join(many))
    statements.stop()

    assert (outcome.created, outcome.refused) == (120, 0)
    assert len([one for one in statements.seen if one.startswith("INSERT INTO comments ")]) == 2
    assert len([one for one in statements.seen if "UPDATE comments " in one]) <= 60
    assert len([one for one in statements.seen if one.startswith("SELECT comments.")]) <= 70
    found = ids.decode("art", article["id"])
    assert found is not None
    assert await check_against_a_recount(newsroom, found) == 120


async def test_readers_hear_of_what_was_carried_in(newsroom: Newsroom) -> None:
    article = await newsroom.article(slug=SLUG)
    reader = newsroom.client(None)
    assert made(await reader.get(f"/v1/articles/{SLUG}/comments"))["data"] == []

    await carry_in(newsroom, line(external_id="1") + line(external_id="2", status="pending"))

    (event,) = [one for one in made(await reader.get("/v1/changes?limit=100"))["data"] if one["type"] == "comment.created"]
    assert f"comments:{article['id']}" in event["tags"]
    (shown,) = made(await reader.get(f"/v1/articles/{SLUG}/comments"))["data"]
    assert shown["created_at"] == "2020-02-28T16:15:00Z"
    assert len(made(await newsroom.desk.get("/v1/moderation/comments"))["data"]) == 1


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"{\n", "no JSON"),
        (line(body="x"), "known again"),
        (line(external_id="1", body=None), "no author or no body"),
        (line(external_id="1", body="<!-- -->"), "Nothing is left"),
        (line(external_id="1", body="\0"), "Control characters"),
        (line(external_id="1", boby="x"), "boby: There is no such field here. Did you mean 'body'?"),
        (line(external_id="1", article="no-such-article"), "there is no article no-such-article"),
        (line(external_id="1", parent="0"), "the comment that it answers, 0, was not taken in"),
        (line(external_id="1", parent="1"), "the comment that it answers, 1, was not taken in"),
        (line(external_id="1", created_at="2020-02-28"), "RFC 3339"),
        (line(external_id="1", created_at=wire_instant(clock.now() + timedelta(days=1))), "from the future"),
    ],
)
async def test_what_cannot_be_taken_in_is_named_with_its_line_and_the_rest_is(newsroom: Newsroom, file: bytes, reason: str) -> None:
    await newsroom.article(slug=SLUG)

    for dry_run in (True, False):
        outcome = await carry_in(newsroom, line(external_id="first") + b"\n" + file, dry_run=dry_run)

        assert (outcome.created, outcome.refused) == (1, 1)
        ((number, why),) = outcome.faults
        assert number == 3
        assert reason in why


async def test_a_rehearsal_says_the_same_and_keeps_nothing(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)
    file = line(external_id="2", parent="1") + line(external_id="1") + line(external_id="1") + line(external_id="3", parent="2")

    rehearsed = await carry_in(newsroom, file, dry_run=True)
    assert await carried_out(newsroom) == b""
    done = await carry_in(newsroom, file)

    assert rehearsed == done
    assert (done.created, done.known) == (3, 1)


async def test_a_reply_stays_under_its_article(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)
    await newsroom.article(slug="another")

    outcome = await carry_in(newsroom, line(external_id="1") + line(external_id="2", parent="1", article="another"))

    assert outcome.faults == [(2, "it answers a comment under another article")]


@pytest.mark.parametrize("name", [SLUG, f"/world/{SLUG}", f"https://paper.example.org/2020/{SLUG}.html?x=1#comments", "4711"])
async def test_an_article_is_found_by_what_the_file_calls_it(newsroom: Newsroom, name: str) -> None:
    made(await newsroom.desk.put("/v1/articles/by-source/cms/4711", {"headline": "The plan", "slug": SLUG}))

    outcome = await carry_in(newsroom, line(external_id="1", article=name), articles_from="cms")

    assert outcome.created == 1


async def test_a_thread_that_is_too_deep_goes_on_beside(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)

    await carry_in(newsroom, b"".join(line(external_id=str(n), parent=str(n - 1) if n else None) for n in range(12)))

    deep = [one for one in await thread(newsroom) if one["depth"] == 8]
    assert [one["reply_to"] is not None for one in deep] == [False, True, True, True]


async def test_an_address_of_a_reader_is_never_carried_out(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)
    letter = {"author": {"name": "A reader", "email": "canary@reader.example.org", "url": "https://canary.example.org"}, "body": "x"}
    made(await newsroom.client(None).post(f"/v1/articles/{SLUG}/comments", letter))

    assert b"canary" not in await carried_out(newsroom)
    assert b"canary" not in await carried_out(newsroom, "disqus")
