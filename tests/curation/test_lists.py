"""Curated lists: arranged by editors, published and scheduled like articles, and showing only what readers may see."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from pydantic_core import to_json

from app.articles.publications import transitions as of_articles
from app.core import clock, ids
from app.core.schemas import wire_instant
from app.curation import queries, schemas, transitions
from app.curation.arranging import arrange
from tests.newsroom import Client, Newsroom, OpenNewsroom, Statements, Wire, by_chance, made, names, pointers

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


async def a_list(newsroom: Newsroom, name: str = "Front page", **fields: Any) -> Wire:
    return made(await newsroom.desk.post("/v1/lists", {"name": name, **fields}))


async def publish(newsroom: Newsroom, one: Wire, **order: Any) -> Wire:
    return made(await newsroom.desk.post(f"/v1/lists/{one['id']}/publish", order, If_Match="*"))


async def items(client: Client, one: Wire) -> list[Wire]:
    found: list[Wire] = made(await client.get(f"/v1/lists/{one['id']}/items"))["data"]
    return found


async def test_readers_see_a_list_as_it_was_published(newsroom: Newsroom, reader: Client) -> None:
    first, second = await newsroom.article(slug="first"), await newsroom.article()
    draft = await a_list(newsroom, items=["first", {"article": second["id"], "headline": "Shorter", "kicker": "Now"}])

    unseen = await reader.get("/v1/lists/front-page")
    await publish(newsroom, draft)
    made(await newsroom.desk.patch("/v1/lists/front-page", {"name": "Home", "items": []}, If_Match="*"))

    assert (unseen.status_code, unseen.json()["code"]) == (404, "list-not-found")
    assert names(made(await reader.get("/v1/lists"))["data"], "name") == ["Front page"]
    assert made(await reader.get("/v1/lists/front-page"))["name"] == "Front page"
    shown = await items(reader, draft)
    assert names(shown) == [first["id"], second["id"]]
    assert (shown[1]["headline"], shown[1]["kicker"]) == ("Shorter", "Now")
    listed = {item["id"]: item for item in made(await reader.get("/v1/articles"))["data"]}
    assert {name: value for name, value in shown[0].items() if name != "placement"} == listed[first["id"]]
    working = made(await newsroom.desk.get("/v1/lists/front-page?view=draft"))
    assert (working["name"], working["items"], working["has_unpublished_changes"], working["status"]) == ("Home", [], True, "published")


async def test_the_answers_are_what_their_schemas_say(newsroom: Newsroom, reader: Client) -> None:
    one, hidden = await newsroom.article(), await newsroom.draft()
    chosen: list[Wire] = [{"article": one["id"], "slot": 1, "headline": "Łódź"}, {"article": hidden["id"]}]
    await a_list(newsroom, items=chosen)
    made_list = made(await newsroom.desk.patch("/v1/lists/front-page", {"backfill": {}}, If_Match="*"))
    await publish(newsroom, made_list)

    for client, address, model in (
        (reader, "/v1/lists", schemas.ListPage), (reader, "/v1/lists/front-page", schemas.ListOut),
        (reader, "/v1/lists/front-page/items", schemas.ListItems), (newsroom.desk, "/v1/lists/front-page?view=draft", schemas.ListDraft),
    ):  # fmt: skip
        answer = await client.get(address)
        assert answer.content == to_json(model.model_validate_json(answer.content).model_dump(mode="json")), address
    assert [(item["article"]["id"], item["article"]["status"]) for item in made_list["items"]] == [
        (one["id"], "published"), (hidden["id"], "draft"),
    ]  # fmt: skip


async def test_what_is_hidden_leaves_its_place_and_comes_back(newsroom: Newsroom, reader: Client) -> None:
    section = await newsroom.section()
    older, newer = await newsroom.article(section=section["id"]), await newsroom.article(section=section["id"])
    await newsroom.article()
    hidden, shown = await newsroom.draft(), await newsroom.article()
    rule = {"sections": [section["path"]]}
    one = await publish(newsroom, await a_list(newsroom, items=[hidden["id"], shown["id"]], length=3, backfill=rule))

    first = await reader.get(f"/v1/lists/{one['id']}/items")
    published = await newsroom.publish(hidden)
    with_it = names(await items(reader, one))
    await newsroom.desk.delete(f"/v1/articles/{published['id']}", If_Match="*")
    without = names(await items(reader, one))
    await newsroom.desk.post(f"/v1/articles/{published['id']}/restore", If_Match="*")
    made(await newsroom.desk.post(f"/v1/articles/{published['id']}/publish", {}, If_Match="*"))
    made(await newsroom.desk.post(f"/v1/articles/{published['id']}/takedown", {"reason": "legal"}, If_Match="*"))
    taken_down = names(await items(reader, one))
    made(await newsroom.desk.post(f"/v1/articles/{published['id']}/restore", {"publish": True}, If_Match="*"))

    assert names(first.json()["data"]) == without == taken_down == [shown["id"], newer["id"], older["id"]]
    assert [item["placement"]["origin"] for item in first.json()["data"]] == ["item", "backfill", "backfill"]
    assert hidden["id"] not in first.text + str(first.headers)
    assert names(await items(reader, one)) == with_it == [hidden["id"], shown["id"], newer["id"]]


async def test_a_schedule_of_the_list_or_of_its_articles_needs_no_job(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T - timedelta(minutes=10)):
        coming, other = await newsroom.draft(), await newsroom.article()
        one = await publish(newsroom, await a_list(newsroom, items=[coming["id"], other["id"]]), at=wire_instant(T))
        await newsroom.publish(coming, at=wire_instant(T + timedelta(seconds=30)))
        early = await reader.get(f"/v1/lists/{one['id']}")
        all_lists = await reader.get("/v1/lists")
        assert one["status"] == "scheduled"
    with clock.stopped_at(T):
        first = await reader.get(f"/v1/lists/{one['id']}/items")
        made(await newsroom.desk.post(f"/v1/lists/{one['id']}/unpublish", {"at": wire_instant(T + timedelta(seconds=40))}, If_Match="*"))
    with clock.stopped_at(T + timedelta(seconds=30)):
        second = await reader.get(f"/v1/lists/{one['id']}/items")
    with clock.stopped_at(T + timedelta(seconds=40)):
        late = await reader.get(f"/v1/lists/{one['id']}/items")

    assert (early.status_code, all_lists.json()["data"], late.status_code) == (404, [], 404)
    assert names(first.json()["data"]) == [other["id"]]
    assert "s-maxage=30," in first.headers["cache-control"]
    assert names(second.json()["data"]) == [coming["id"], other["id"]]
    assert "s-maxage=10," in second.headers["cache-control"]


async def test_a_list_that_was_kept_before_a_near_schedule_is_not_kept_past_it(newsroom: Newsroom, reader: Client) -> None:
    """It said that it may be kept for a minute; the orders say that it changes in ten seconds, and goes in twenty."""
    with clock.stopped_at(T):
        articles = [await newsroom.article() for _ in range(2)]
        one = await publish(newsroom, await a_list(newsroom, items=[articles[0]["id"]]))
        path = f"/v1/lists/{one['id']}"
        before = names((await reader.get(f"{path}/items")).json()["data"])
        made(await newsroom.desk.patch(path, {"items": [articles[1]["id"]]}, If_Match="*"))
        await publish(newsroom, one, at=wire_instant(T + timedelta(seconds=10)))
        kept = (await reader.get(f"{path}/items")).headers["cache-control"]
    with clock.stopped_at(T + timedelta(seconds=10)):
        after = names((await reader.get(f"{path}/items")).json()["data"])
        made(await newsroom.desk.post(f"{path}/unpublish", {"at": wire_instant(T + timedelta(seconds=20))}, If_Match="*"))
    with clock.stopped_at(T + timedelta(seconds=20)):
        gone = await reader.get(f"{path}/items")

    assert (before, after, gone.status_code) == ([articles[0]["id"]], [articles[1]["id"]], 404)
    assert "s-maxage=10, stale-while-revalidate=0" in kept


async def test_a_list_that_was_kept_is_not_kept_past_its_near_end(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        one = await publish(newsroom, await a_list(newsroom))
        path = f"/v1/lists/{one['id']}"
        before = await reader.get(f"{path}/items")
        made(await newsroom.desk.post(f"{path}/unpublish", {"at": wire_instant(T + timedelta(seconds=10))}, If_Match="*"))
        kept = (await reader.get(f"{path}/items")).headers["cache-control"]
    with clock.stopped_at(T + timedelta(seconds=10)):
        gone = await reader.get(f"{path}/items")

    assert (before.status_code, gone.status_code) == (200, 404)
    assert "s-maxage=10, stale-while-revalidate=0" in kept


async def test_what_happens_to_a_list_by_itself_is_in_the_log_once(newsroom: Newsroom) -> None:
    with clock.stopped_at(T - timedelta(hours=1)):
        one = await a_list(newsroom)
        await publish(newsroom, one, at=wire_instant(T), until=wire_instant(T + timedelta(hours=1)))
    with clock.stopped_at(T + timedelta(hours=2)):
        async with newsroom.database.reading() as session:
            due = await transitions.due(session, 10)
            assert await of_articles.due(session, 10) == []
        for _ in range(2):
            async with newsroom.database.writing() as session:
                await transitions.settle_due(session, ids.decode("lst", one["id"]) or ids.EXAMPLE)
        await publish(newsroom, one)

    events = made(await newsroom.client(None).get("/v1/changes?types=list.*"))["data"]
    assert len(due) == 1
    assert [(event["type"], event["data"].get("cause")) for event in events] == [
        ("list.published", "schedule"), ("list.unpublished", "schedule"), ("list.published", None),
    ]  # fmt: skip
    assert events[0]["tags"] == [f"list:{one['id']}", "lists"]


async def test_of_a_front_page_that_is_published_all_day_little_is_looked_at(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    one = await a_list(newsroom)
    own, hour = ids.decode("lst", one["id"]) or ids.EXAMPLE, timedelta(hours=1)
    for number in range(8):
        with clock.stopped_at(T + number * hour):
            made(await editor.patch(f"/v1/lists/{one['id']}", {"name": f"Hour {number}"}, If_Match="*"))
            await publish(newsroom, one, **({"until": wire_instant(T + 8 * hour)} if number == 7 else {}))

    with clock.stopped_at(T + 9 * hour):
        async with newsroom.database.reading() as session:
            untold = (await queries.histories_of(session, [own]))[own]
        async with newsroom.database.writing() as session:
            await transitions.settle_due(session, own)
            told = (await queries.histories_of(session, [own]))[own]
        seen = made(await editor.get(f"/v1/lists/{one['id']}?view=draft"))
        again = await publish(newsroom, one)

    assert [[row.visible_from for row in rows] for rows in (untold, told)] == [[T, T + 7 * hour], [T]]
    assert (seen["status"], again["status"]) == ("unpublished", "published")
    events = made(await reader.get("/v1/changes?types=list.*"))["data"]
    assert [event["data"].get("first") for event in events] == [True, *([False] * 7), None, False]


async def test_one_item_is_put_in_moved_and_taken_out(newsroom: Newsroom) -> None:
    articles = [await newsroom.article() for _ in range(3)]
    one, two, three = names(articles)
    made_list = await a_list(newsroom, items=[one, two])
    address, desk = f"/v1/lists/{made_list['id']}/items", newsroom.desk

    added = made(await desk.put(f"{address}/{three}", {"position": 1}, If_Match='"1"'))
    again = made(await desk.put(f"{address}/{three}", {}, If_Match='"2"'))
    moved = made(await desk.put(f"{address}/{one}", {"position": 3, "slot": 2}, If_Match='"2"'))
    stale = await desk.delete(f"{address}/{two}", If_Match='"2"')
    removed = made(await desk.delete(f"{address}/{two}", If_Match='"3"'))
    missing = await desk.delete(f"{address}/{two}", If_Match='"4"')
    taken = await desk.put(f"{address}/{three}", {"slot": 2}, If_Match="*")
    unknown = await desk.put(f"{address}/nowhere", {}, If_Match="*")
    rehearsed = made(await desk.put(f"{address}/{two}?dry_run=true", {}, If_Match="*"))

    assert [item["article"]["id"] for item in added["items"]] == [three, one, two]
    assert again["version"] == added["version"] == 2
    assert [(item["article"]["id"], item["slot"]) for item in moved["items"]] == [(three, None), (two, None), (one, 2)]
    assert stale.status_code == 412
    assert [item["article"]["id"] for item in removed["items"]] == [three, one]
    assert (missing.status_code, missing.json()["code"]) == (404, "list-item-not-found")
    assert (taken.status_code, pointers(taken), unknown.status_code) == (422, {"#/slot"}, 422)
    assert len(rehearsed["items"]) == 3
    assert len(made(await desk.get(f"/v1/lists/{made_list['id']}?view=draft"))["items"]) == 2


async def test_faults_are_named_all_at_once_and_slugs_are_unique(newsroom: Newsroom) -> None:
    article = await newsroom.article()
    items: list[Wire] = [{"article": "nowhere"}, {"article": article["id"], "slot": 9}]
    order = {"name": "Picks", "length": 5, "items": items, "backfill": {"sections": ["/no"], "tags": ["none"]}}

    refused = await newsroom.desk.post("/v1/lists", order)
    one = await a_list(newsroom, items=[{"article": article["id"], "slot": 5}])
    shortened = await newsroom.desk.patch(f"/v1/lists/{one['id']}", {"length": 4}, If_Match="*")
    second = await a_list(newsroom)
    taken = await newsroom.desk.post("/v1/lists", {"name": "Front page", "slug": "front-page"})

    assert pointers(refused) == {"#/items/0/article", "#/items/0/slot", "#/backfill/sections/0", "#/backfill/tags/0"}
    assert (shortened.status_code, pointers(shortened)) == (422, {"#/length"})
    assert (one["slug"], second["slug"]) == ("front-page", "front-page-2")
    assert (taken.status_code, taken.json()["code"]) == (409, "slug-taken")


async def test_what_changes_nothing_makes_no_event(newsroom: Newsroom) -> None:
    article = await newsroom.article()
    one = await publish(newsroom, await a_list(newsroom, items=[article["id"]]))
    before = made(await newsroom.desk.get("/v1/changes?limit=1000"))["next_since"]

    same = made(await newsroom.desk.patch("/v1/lists/front-page", {"items": [article["slug"]], "length": 20}, If_Match="*"))
    published = await publish(newsroom, one)

    assert same["version"] == published["version"] == one["version"]
    assert made(await newsroom.desk.get("/v1/changes?limit=1000"))["next_since"] == before


async def test_who_may_do_what(newsroom: Newsroom, reader: Client) -> None:
    one = await a_list(newsroom)
    writer, publisher = await newsroom.key("lists:write"), await newsroom.key("lists:publish")

    assert (await writer.patch("/v1/lists/front-page", {"length": 7}, If_Match="*")).status_code == 200
    assert (await writer.post("/v1/lists/front-page/publish", If_Match="*")).status_code == 403
    assert (await publisher.post("/v1/lists/front-page/publish", If_Match="*")).status_code == 200
    assert (await publisher.delete("/v1/lists/front-page", If_Match="*")).status_code == 403
    assert (await writer.get("/v1/lists?view=draft")).status_code == 403
    assert (await reader.get(f"/v1/lists/{one['id']}?view=draft")).status_code == 401
    assert (await writer.delete("/v1/lists/front-page", If_Match="*")).status_code == 204
    assert (await reader.get("/v1/lists/front-page")).status_code == 404


async def test_a_rule_follows_a_merge_and_goes_with_its_last_section(newsroom: Newsroom, reader: Client) -> None:
    old, heir = await newsroom.section("Old"), await newsroom.section("Heir")
    rail, sea = await newsroom.tag("Rail"), await newsroom.tag("Sea")
    there = await newsroom.article(section=heir["id"], tags=[sea["id"]])
    await newsroom.article()
    by_section = await publish(newsroom, await a_list(newsroom, "By section", backfill={"sections": [old["id"]]}))
    by_tag = await publish(newsroom, await a_list(newsroom, "By tag", backfill={"tags": [rail["id"]]}))

    await newsroom.desk.delete(f"/v1/sections/{old['id']}?move_to={heir['id']}", If_Match="*")
    await newsroom.desk.delete(f"/v1/tags/{rail['id']}", If_Match="*")

    assert names(await items(reader, by_section)) == [there["id"]]
    assert await items(reader, by_tag) == []
    working = made(await newsroom.desk.get("/v1/lists?view=draft"))["data"]
    assert [one["backfill"] and one["backfill"]["sections"] for one in working] == [[heir["id"]], None]


@pytest.mark.parametrize("count", [4, 20])
async def test_statements_do_not_grow_with_the_list(newsroom: Newsroom, reader: Client, statements: Statements, count: int) -> None:
    section = await newsroom.section()
    articles = [await newsroom.article(section=section["id"]) for _ in range(count)]
    rule = {"sections": [section["id"]], "kinds": ["article"]}
    one = await publish(newsroom, await a_list(newsroom, items=names(articles[::2]), length=count, backfill=rule))
    address = f"/v1/lists/{one['id']}"
    await reader.get(f"{address}/items")

    with statements.counted(6):
        assert len(await items(reader, one)) == count
    with statements.counted(1):
        await reader.get(address)
    with statements.counted(2):
        await reader.get("/v1/lists")
    with statements.counted(4):
        await newsroom.desk.get(f"{address}?view=draft")
    with statements.counted(4):
        await newsroom.desk.get("/v1/lists?view=draft")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    pinned=strategies.dictionaries(strategies.integers(1, 12), strategies.integers(0, 5), max_size=4),
    flowing=strategies.lists(strategies.integers(3, 12), max_size=8), filling=strategies.lists(strategies.integers(6, 20), max_size=10),
    length=strategies.integers(1, 12),
)  # fmt: skip
def test_an_arrangement_has_no_doubles_no_holes_and_each_pin_in_its_place(
    pinned: dict[int, int], flowing: list[int], filling: list[int], length: int
) -> None:
    pinned = {slot: one for number, (slot, one) in enumerate(pinned.items()) if one not in list(pinned.values())[:number]}

    placed = arrange(pinned, flowing, filling, length)

    everything = {*pinned.values(), *flowing, *filling}
    rest = [one for one in dict.fromkeys([*flowing, *filling]) if one not in pinned.values()]
    assert len(placed) == len(set(placed)) == min(length, len(everything))
    assert [one for one in placed if one in rest] == rest[: len([one for one in placed if one in rest])]
    for slot, one in pinned.items():
        if slot <= length <= len(rest):
            assert placed[slot - 1] == one
        if len(everything) <= length:
            assert one in placed


@by_chance(examples=4)
async def test_a_list_shows_what_a_plain_reading_of_its_rule_says(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    async with open_newsroom() as newsroom:
        reader, sections = newsroom.client(None), [await newsroom.section(name) for name in ("A", "B")]
        sections.append(await newsroom.section("Below", parent=sections[0]["id"]))
        tags, articles = [await newsroom.tag(name) for name in ("x", "y")], list[Wire]()
        for _ in range(14):
            fields = {
                "section": chance.choice([None, *names(sections)]), "tags": chance.sample(names(tags), chance.randint(0, 2)),
                "kind": chance.choice(["article", "video"]), "language": chance.choice(["en", "de"]),
            }  # fmt: skip
            articles.append(await (newsroom.draft if chance.random() < 0.3 else newsroom.article)(**fields))

        for number in range(4):
            rule: dict[str, Any] = {
                "sections": chance.sample(names(sections), chance.randint(0, 2)), "tags": chance.sample(names(tags), chance.randint(0, 1)),
                "kinds": chance.choice([[], ["video"]]), "languages": chance.choice([[], ["de"]]), "descendants": chance.random() < 0.7,
            }  # fmt: skip
            chosen = chance.sample(names(articles), chance.randint(0, 5))
            one = await a_list(newsroom, f"List {number}", items=chosen, length=chance.randint(1, 9), backfill=rule)
            await publish(newsroom, one)
            asked = "&".join(
                f"{name}={','.join(rule[field])}"
                for name, field in (("section", "sections"), ("tag", "tags"), ("kind", "kinds"), ("language", "languages"))
                if rule[field]
            )
            found = names(made(await reader.get(f"/v1/articles?limit=100&descendants={str(rule['descendants']).lower()}&{asked}"))["data"])
            public = names(made(await reader.get("/v1/articles?limit=100"))["data"])
            expected = list(dict.fromkeys([*(ref for ref in chosen if ref in public), *found]))[: one["length"]]
            assert names(await items(reader, one)) == expected
