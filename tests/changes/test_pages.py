"""Pages of the log: what is asked for comes, what may not be known never does, and what is gone is told."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from app.changes import queries
from app.core import clock
from app.core.database import ReadSession
from app.events.models import Event
from app.events.retention import forget
from app.events.types import TYPES
from tests.newsroom import Client, Newsroom, Wire, made, names

CANARY = "a canary that no reader may hear"


async def changes(client: Client, query: str = "") -> list[Wire]:
    """What one page holds."""
    answer = await client.get(f"/v1/changes?limit=1000{query}")
    assert answer.status_code == 200, answer.text
    found: list[Wire] = answer.json()["data"]
    return found


async def now(client: Client) -> int:
    return int((await client.get("/v1/changes?limit=1000")).json()["next_since"])


async def somebody_waits(newsroom: Newsroom, so_many: int = 1) -> None:
    """Until so many wait for news."""
    while newsroom.app.state.follower.news.waiting < so_many:  # noqa: ASYNC110 - it is no event of the program's
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        ("article.published", {"article.published"}),
        ("article.*", {"article.created", "article.published", "article.unpublished"}),
        ("tag.*,section.created", {"tag.created", "section.created"}),
    ],
)
async def test_only_the_types_that_are_asked_for_come(newsroom: Newsroom, editor: Client, types: str, wanted: set[str]) -> None:
    await newsroom.section()
    await newsroom.tag()
    article = await newsroom.article()
    await editor.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*")

    assert {change["type"] for change in await changes(editor, f"&types={types}")} == wanted


async def test_a_type_that_there_is_not_is_refused_with_the_one_that_was_meant(reader: Client) -> None:
    answer = await reader.get("/v1/changes?types=article.publised,articles.*,tag.created")

    assert answer.status_code == 400
    assert [(fault["parameter"], fault["suggestion"]) for fault in answer.json()["errors"]] == [
        ("types", "article.published"), ("types", "article.*"),
    ]  # fmt: skip


async def test_every_type_is_in_the_list_of_types() -> None:
    assert len(TYPES) == len(set(TYPES)) > 20


@pytest.mark.parametrize("by", ["id", "slug", "path"])
async def test_a_section_is_told_what_stands_in_it_and_what_left_it(newsroom: Newsroom, editor: Client, by: str) -> None:
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")
    europe = await newsroom.section("Europe", parent=world["id"])
    there, elsewhere = await newsroom.article(section=europe["id"]), await newsroom.article(section=sport["id"])
    leaving = await newsroom.article(section=world["id"])
    since = await now(editor)

    await newsroom.edit(there, headline="Still there")
    await newsroom.publish(await newsroom.edit(leaving, section=sport["id"]))
    await newsroom.publish(await newsroom.edit(elsewhere, headline="Never there"))
    order = {"author": {"name": "A reader"}, "body": "Well said."}
    comment = made(await editor.post(f"/v1/articles/{there['id']}/comments", order))

    told = [(change["type"], change["object"]["id"]) for change in await changes(editor, f"&since={since}&section={world[by]}")]
    assert told == [
        ("article.updated", there["id"]), ("article.updated", leaving["id"]), ("article.published", leaving["id"]),
        ("comment.created", comment["id"]),
    ]  # fmt: skip


async def test_a_section_is_told_of_a_section_that_left_it(newsroom: Newsroom, editor: Client) -> None:
    """What stands in that went along; the tree is taken as it is now."""
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")
    europe = await newsroom.section("Europe", parent=world["id"])
    await newsroom.article(section=europe["id"])
    since = await now(editor)

    await editor.patch(f"/v1/sections/{europe['id']}", {"parent": sport["id"]}, If_Match="*")

    for section in (world, sport):
        (change,) = await changes(editor, f"&since={since}&section={section['id']}")
        assert (change["data"]["old_path"], change["data"]["path"]) == ("/world/europe", "/sport/europe")
    assert "article.published" in names(await changes(editor, "&section=sport"), "type")
    assert "article.published" not in names(await changes(editor, "&section=world"), "type")


async def test_a_section_that_there_is_not_is_refused(reader: Client) -> None:
    answer = await reader.get("/v1/changes?section=nowhere")

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "section")


async def test_what_is_gone_says_so_and_where_it_stood(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    world = await newsroom.section("World")
    article = await newsroom.article(section=world["id"], slug="first-address")
    since = await now(reader)

    moved = await newsroom.publish(await newsroom.edit(article, slug="second-address"))
    await editor.post(f"/v1/articles/{moved['id']}/unpublish", {}, If_Match="*")

    told = [(change["type"], change["object"]["gone"], change["data"]["path"], change["data"]["previous_path"])
            for change in await changes(reader, f"&since={since}")]  # fmt: skip
    assert told == [
        ("article.published", False, "/world/second-address", "/world/first-address"),
        ("article.unpublished", True, None, "/world/second-address"),
    ]


async def test_of_each_object_only_the_latest_change_comes_if_that_is_asked_for(newsroom: Newsroom, editor: Client) -> None:
    tag, article = await newsroom.tag(), await newsroom.draft()
    for number in range(3):
        article = await newsroom.edit(article, headline=f"Number {number}")
    article = await newsroom.publish(article)
    await editor.patch(f"/v1/tags/{tag['id']}", {"name": "Trains"}, If_Match="*")

    told = [(change["type"], change["object"]["id"]) for change in await changes(editor, "&compact=true&types=tag.*,article.*")]
    earlier = await changes(editor, "&compact=true&types=article.updated")
    first = (await editor.get("/v1/changes?limit=2&compact=true&types=tag.*,article.*")).json()

    assert told == [("article.published", article["id"]), ("tag.updated", tag["id"])]
    assert [change["object"]["version"] for change in earlier] == [4]
    assert (names(first["data"], "type"), first["has_more"]) == (["article.published"], True)


async def test_an_article_that_left_a_section_is_the_latest_of_it_there(newsroom: Newsroom, reader: Client) -> None:
    """What it does elsewhere afterwards must not swallow the news that it left."""
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")
    article = await newsroom.publish(await newsroom.edit(await newsroom.article(section=world["id"]), section=sport["id"]))
    await newsroom.publish(await newsroom.edit(article, headline="Elsewhere"))

    told = await changes(reader, "&compact=true&section=world&types=article.*")

    assert [change["data"]["path"].split("/")[1] for change in told] == ["sport"]


async def test_what_is_passed_over_is_not_loaded_however_much_it_is(
    newsroom: Newsroom, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of years holds thousands of changes of what is still on the first page."""
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")
    article = await newsroom.publish(await newsroom.edit(await newsroom.article(section=world["id"]), section=sport["id"]))
    for number in range(5):
        article = await newsroom.publish(await newsroom.edit(article, headline=f"Elsewhere {number}"))
    loaded: list[int] = []
    ask = queries._all

    async def count(session: ReadSession, statement: Any) -> Sequence[Any]:
        rows = await ask(session, statement)
        loaded.append(len(rows))
        return rows

    monkeypatch.setattr(queries, "_all", count)
    monkeypatch.setattr(queries, "_AT_A_TIME", 3)
    everywhere = (await reader.get("/v1/changes?since=0&limit=2&compact=true&types=article.*")).json()["data"]
    here = (await reader.get("/v1/changes?since=0&limit=2&compact=true&types=article.*&section=world")).json()["data"]

    assert len(everywhere) == 1
    assert [change["data"]["path"].split("/")[1] for change in here] == ["sport"]
    assert 0 < max(loaded) <= 3


async def test_the_record_of_an_event_is_what_its_own_address_shows(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    section, author, tag = await newsroom.section(), await newsroom.author(), await newsroom.tag()
    article = await newsroom.article(section=section["id"], authors=[author["id"]], tags=[tag["id"]])
    comment = made(await reader.post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A reader"}, "body": "Well said."}))
    await newsroom.edit(await newsroom.working(article), headline=CANARY)

    public, drafts = await changes(reader, "&include=record"), await changes(editor, "&include=record&view=draft")

    shown = {change["object"]["id"]: change["record"] for change in public}
    for plural, one in (("articles", article), ("sections", section), ("authors", author), ("tags", tag), ("comments", comment)):
        assert shown[one["id"]] == (await reader.get(f"/v1/{plural}/{one['id']}")).json()
    working = {change["object"]["id"]: change["record"] for change in drafts}
    assert working[article["id"]] == await newsroom.working(article)
    assert {change["record"] for change in await changes(reader)} == {None}


async def test_working_copies_are_for_keys_that_may_see_them(newsroom: Newsroom, reader: Client) -> None:
    other = await newsroom.key("comments:read")

    answers = [await who.get("/v1/changes?include=record&view=draft") for who in (reader, other)]

    assert [answer.status_code for answer in answers] == [401, 403]


async def test_nobody_without_a_key_hears_of_a_draft(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    section = await newsroom.section()
    article = await newsroom.article(section=section["id"])
    secret = await newsroom.draft(headline=CANARY, slug="canary-in-a-slug", notes=CANARY, section=section["id"])
    await newsroom.edit(await newsroom.working(article), headline=CANARY, slug="canary-on-the-way", dek=CANARY)
    await editor.post(f"/v1/articles/{secret['id']}/publish", {"at": "2999-01-01T00:00:00Z"}, If_Match="*")
    await editor.delete(f"/v1/articles/{secret['id']}", If_Match="*")
    await editor.patch(f"/v1/articles/{article['id']}", {"comments": {"status": "closed"}}, If_Match="*")

    for query in ("", "&include=record", "&compact=true&include=record", f"&section={section['id']}", "&types=article.*"):
        text = str(await changes(reader, query))
        assert "canary" not in text
        assert secret["id"] not in text


async def test_a_comment_that_comes_out_with_another_is_told_of(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    article = await newsroom.article()
    above = made(await reader.post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "One"}, "body": "First."}))
    order = {"author": {"name": "Two"}, "body": "Second.", "parent": above["id"]}
    below = made(await reader.post(f"/v1/articles/{article['id']}/comments", order))
    since = await now(reader)

    await editor.post(f"/v1/moderation/comments/{above['id']}/reject", {}, If_Match="*")
    await editor.post(f"/v1/moderation/comments/{above['id']}/approve", {}, If_Match="*")

    told = [(change["type"], change["object"]["id"], change["object"]["gone"]) for change in await changes(reader, f"&since={since}")]
    assert told == [
        ("comment.rejected", above["id"], True), ("comment.hidden", below["id"], True),
        ("comment.approved", above["id"], False), ("comment.shown", below["id"], False),
    ]  # fmt: skip


async def test_who_waits_is_answered_when_something_happens(newsroom: Newsroom, reader: Client) -> None:
    since = await now(reader)
    waiting = asyncio.create_task(reader.get(f"/v1/changes?since={since}&wait=25"))
    await somebody_waits(newsroom)

    await newsroom.draft()
    assert not waiting.done()
    tag = await newsroom.tag()
    page = (await asyncio.wait_for(waiting, 10)).json()

    assert names(page["data"], "type") == ["tag.created"]
    assert page["data"][0]["object"]["id"] == tag["id"]


async def test_who_waits_keeps_no_connection(newsroom: Newsroom, reader: Client) -> None:
    since, engines = await now(reader), newsroom.database.engines
    out = [0]

    def taken(*_: Any) -> None:
        out[0] += 1

    def given_back(*_: Any) -> None:
        out[0] -= 1

    for engine in engines:
        event.listen(engine, "checkout", taken)
        event.listen(engine, "checkin", given_back)
    waiting = [asyncio.create_task(reader.get(f"/v1/changes?since={since}&wait=25")) for _ in range(5)]
    await somebody_waits(newsroom, 5)

    assert out == [0]
    await newsroom.tag()
    for answer in await asyncio.gather(*waiting):
        assert len(answer.json()["data"]) == 1
    for engine in engines:
        event.remove(engine, "checkout", taken)
        event.remove(engine, "checkin", given_back)


async def test_who_waits_in_vain_is_told_how_far_the_log_goes(newsroom: Newsroom, reader: Client) -> None:
    since = await now(reader)
    waiting = asyncio.create_task(reader.get(f"/v1/changes?since={since}&wait=1"))
    await somebody_waits(newsroom)
    await newsroom.draft()

    page = (await waiting).json()

    assert (page["data"], page["has_more"], page["next_since"]) == ([], False, since + 1)


async def test_what_was_forgotten_is_refused_with_the_way_to_begin_anew(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.tag("Old")
    floor = await now(reader)
    async with newsroom.database.writing() as session:
        await session.execute(update(Event).values(at=clock.now() - timedelta(days=31)))
    young = await newsroom.tag("Young")

    forgotten = await forget(newsroom.database, 30)

    answers = [await reader.get(f"/v1/changes?since={since}") for since in (0, floor - 1)]
    assert forgotten == floor
    assert [(answer.status_code, answer.json()["code"], answer.json()["restart"]) for answer in answers] == [
        (410, "changes-gone", "/v1/export")
    ] * 2
    assert [change["object"]["id"] for change in await changes(reader, f"&since={floor}")] == [young["id"]]


@pytest.mark.parametrize("address", ["/v1/changes?wait=5&", "/v1/changes/stream?", "/v1/articles/{ref}/changes/stream?"])
async def test_whoever_is_further_than_the_log_is_told_to_begin_anew(newsroom: Newsroom, reader: Client, address: str) -> None:
    """After the database was restored from a backup they would hear nothing until the log came as far, and miss what it tells till then."""
    article = await newsroom.article()
    newest = await now(reader)

    answer = await reader.get(f"{address.format(ref=article['slug'])}since={newest + 1}")

    assert (answer.status_code, answer.json()["code"], answer.json()["restart"]) == (410, "changes-gone", "/v1/export")


async def test_what_a_webhook_has_not_taken_yet_is_not_forgotten(newsroom: Newsroom, reader: Client) -> None:
    for name in ("One", "Two", "Three"):
        await newsroom.tag(name)
    async with newsroom.database.writing() as session:
        await session.execute(update(Event).values(at=clock.now() - timedelta(days=31)))
    newest = await now(reader)

    await forget(newsroom.database, 30, up_to=newest - 2)

    assert names(await changes(reader, f"&since={newest - 2}"), "seq") == [newest - 1, newest]
    assert (await reader.get(f"/v1/changes?since={newest - 3}")).status_code == 410


async def test_the_newest_event_is_never_forgotten(newsroom: Newsroom, reader: Client) -> None:
    for name in ("One", "Two"):
        await newsroom.tag(name)
    async with newsroom.database.writing() as session:
        await session.execute(update(Event).values(at=clock.now() - timedelta(days=31)))
    newest = await now(reader)

    await forget(newsroom.database, 30)

    assert names(await changes(reader, f"&since={newest - 1}"), "seq") == [newest]
    assert await forget(newsroom.database, 30) == 0
