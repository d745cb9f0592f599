"""Moderators find what they look for, and nothing that is not theirs."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from app.core import clock
from app.core.schemas import wire_instant
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, Statements, made, names


async def test_a_queue_keeps_to_a_section_and_what_stands_below_it(newsroom: Newsroom) -> None:
    world = await newsroom.section("World")
    europe, sport = await newsroom.section("Europe", parent="world"), await newsroom.section("Sport")
    desks = [Desk(newsroom, await newsroom.article(section=one["id"], comments={"moderation": "pre"})) for one in (world, europe, sport)]
    first, second, third = [await desk.post() for desk in desks]

    assert names(await desks[0].queue("section=world")) == names([first, second])
    assert names(await desks[0].queue("section=/world/europe")) == names([second])
    assert names(await desks[0].queue(f"section={sport['id']}&limit=1")) == names([third])
    assert names(await desks[0].queue(f"article={desks[0].article['id']},{desks[2].article['id']}&sort=newest")) == names([third, first])
    unknown = await newsroom.desk.get("/v1/moderation/comments?section=wrold")
    assert (unknown.status_code, unknown.json()["errors"][0]["parameter"]) == (400, "section")


async def test_a_queue_is_filtered_by_author_and_age(held: Desk) -> None:
    now = clock.now()
    old = await held.post(author={"name": "Ann"})
    with clock.stopped_at(now + timedelta(hours=2)):
        new, other = await held.post(author={"name": "Ann"}), await held.post(author={"name": "Ben"})
    between = wire_instant(now + timedelta(hours=1))

    assert names(await held.queue("author=Ann")) == names([old, new])
    assert names(await held.queue(f"created_at[lt]={between}")) == names([old])
    assert names(await held.queue(f"created_at[gte]={between}&sort=newest")) == names([other, new])
    assert await held.queue("author=ann") == []


async def test_what_waits_says_where_it_stands_and_what_was_decided(newsroom: Newsroom, held: Desk) -> None:
    comment = await held.post()
    await held.moderate(comment, "reject", code="insult", statement="Not so.", reason="Third time.")
    await held.moderate(comment, "hold")

    found = made(await newsroom.desk.get(f"/v1/moderation/comments/{comment['id']}"))

    article = held.article
    assert found["on"] == {"id": article["id"], "headline": article["headline"], "slug": article["slug"], "path": f"/{article['slug']}"}
    assert (found["status"], found["last_decision"]["action"]) == ("pending", "pending")
    assert [one["last_decision"] for one in await held.queue()] == [found["last_decision"]]
    first, second = made(await newsroom.desk.get(f"/v1/moderation/comments/{comment['id']}/decisions"))["data"]
    assert (first["code"], first["statement"], first["reason"]) == ("insult", "Not so.", "Third time.")
    assert (second["code"], second["statement"], second["reason"], second["batch"]) == (None, None, None, None)


async def test_a_cursor_of_one_queue_does_not_fit_another(newsroom: Newsroom, held: Desk) -> None:
    for _ in range(2):
        await held.post()
    cursor = made(await newsroom.desk.get("/v1/moderation/comments?limit=1"))["page"]["next_cursor"]

    answer = await newsroom.desk.get(f"/v1/moderation/comments?limit=1&author=Ann&cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-mismatch")


@pytest.mark.parametrize("query", ["status=pending,approved,rejected,spam", "section=world&sort=newest", "author=A%20reader"])
async def test_a_queue_takes_as_many_statements_however_long_it_is(
    newsroom: Newsroom, editor: Client, statements: Statements, query: str
) -> None:
    section = await newsroom.section("World")
    held = Desk(newsroom, await newsroom.article(section=section["id"], comments={"moderation": "pre"}))
    for _ in range(3):
        await held.post()
    await held.decide("rejected", await held.post())

    with statements.counted(6):
        page = await editor.get(f"/v1/moderation/comments?{query}")

    assert len(page.json()["data"]) >= 3


async def test_a_key_that_keeps_to_a_section_moderates_there_alone(newsroom: Newsroom, held: Desk) -> None:
    section = await newsroom.section("World")
    within = Desk(newsroom, await newsroom.article(section=section["id"], comments={"moderation": "pre"}))
    mine, theirs = await within.post(), await held.post()
    limited = await newsroom.key("comments:moderate", sections=[section["id"]])

    assert names(await limited.all_pages("/v1/moderation/comments")) == names([mine])
    for rest in ("", "/decisions"):
        assert (await limited.get(f"/v1/moderation/comments/{theirs['id']}{rest}")).status_code == 404
    assert (await limited.post(f"/v1/moderation/comments/{theirs['id']}/approve", If_Match="*")).status_code == 404
    order = {"verdict": "approved", "comments": [{"id": mine["id"]}, {"id": theirs["id"]}]}
    batch = made(await limited.post("/v1/moderation/batches", order))
    assert [one["outcome"] for one in batch["results"]] == ["changed", "refused"]
    assert batch["results"][1]["problem"]["status"] == 404
    away = await held.decide("rejected", theirs)
    assert (await limited.post(f"/v1/moderation/batches/{away['id']}/undo")).status_code == 404
    assert (await limited.get(f"/v1/moderation/batches/{away['id']}")).status_code == 404


async def test_what_a_check_said_is_shown_and_looked_for(newsroom: Newsroom, held: Desk) -> None:
    plain = await held.post()
    linking = await held.post(body=" ".join(f"[x](https://spam{number}.example.org/)" for number in range(9)))

    found = await held.queue()

    (said,) = [signal for signal in found[1]["signals"] if signal["check"] == "links"]
    assert (names(found), said["leaning"] != "pass", found[0]["id"]) == (names([plain, linking]), True, plain["id"])
    assert names(await held.queue("signal=links")) == [linking["id"]]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_on_sqlite_nobody_waits_for_what_passes_over_many_rows(newsroom: Newsroom, editor: Client) -> None:
    """What reads patiently reads in a thread; all else is answered in the loop's own, one statement after the other."""
    asked: list[str] = []
    event.listen(newsroom.database._patient_engine.sync_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    for address in ("/v1/moderation/comments", "/v1/moderation/queues", "/v1/moderation/log", "/v1/audit"):
        asked.clear()
        made(await editor.get(address))
        assert asked, address
