"""Articles beside an article: chosen by the newsroom, then derived; what readers do not see is kept, and hidden."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, OpenNewsroom, Statements, Wire, by_chance, made, names, pointers

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


async def related(reader: Client, article: Wire, query: str = "") -> list[Wire]:
    found: list[Wire] = made(await reader.get(f"/v1/articles/{article['id']}/related{query}"))["data"]
    return found


def shown(entries: list[Wire]) -> list[Any]:
    return [entry["article"]["id"] for entry in entries]


async def test_what_the_newsroom_chose_is_published_with_the_article(newsroom: Newsroom, reader: Client) -> None:
    one, two = await newsroom.article(), await newsroom.article(slug="the-background")
    article = await newsroom.article()
    edited = await newsroom.edit(article, related=[{"article": "the-background", "kind": "background"}, one["id"], two["id"]])

    before = await related(reader, article)
    await newsroom.publish(edited)
    after = await related(reader, article)

    assert before == []
    assert [(entry["kind"], entry["derived"], entry["article"]["id"]) for entry in after] == [
        ("background", False, two["id"]), ("related", False, one["id"]),
    ]  # fmt: skip
    assert after[0]["article"] == made(await reader.get("/v1/articles?limit=5"))["data"][1]
    page = made(await reader.get(f"/v1/articles/{article['id']}?include=related"))
    assert page["related"] == after
    assert "related" not in made(await reader.get(f"/v1/articles/{article['id']}"))
    assert made(await reader.get(f"/v1/articles/{article['id']}?include=related&fields=related"))["related"] == after


async def test_a_hidden_reference_is_kept_and_shows_when_it_is_public(newsroom: Newsroom, reader: Client) -> None:
    hidden = await newsroom.draft(headline="Canary")
    article = await newsroom.article(related=[hidden["id"]])
    address = f"/v1/articles/{article['id']}/related"

    first = await reader.get(address)
    published = await newsroom.publish(hidden)
    second = await reader.get(address)
    await newsroom.desk.post(f"/v1/articles/{hidden['id']}/unpublish", {}, If_Match="*")
    third = await reader.get(address)
    await newsroom.desk.delete(f"/v1/articles/{hidden['id']}", If_Match="*")
    draft = await newsroom.working(article)

    assert first.json() == third.json() == {"data": []}
    assert hidden["id"] not in str(first.headers) + first.text
    assert names([entry["article"] for entry in second.json()["data"]]) == [published["id"]]
    known = {name: hidden[name] for name in ("id", "headline", "slug", "path", "language")}
    assert draft["related"] == [{"kind": "related", "article": {**known, "status": "deleted"}}]


async def test_a_scheduled_reference_shows_at_its_moment_with_no_job(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T - timedelta(seconds=30)):
        coming = await newsroom.publish(await newsroom.draft(), at=wire_instant(T), until=wire_instant(T + timedelta(hours=1)))
        article = await newsroom.article(related=[coming["id"]])
        early = await reader.get(f"/v1/articles/{article['id']}?include=related")
    with clock.stopped_at(T):
        on_time = await related(reader, article)
    with clock.stopped_at(T + timedelta(hours=1)):
        late = await related(reader, article)

    assert early.json()["related"] == []
    assert "s-maxage=30," in early.headers["cache-control"]
    assert shown(on_time) == [coming["id"]]
    assert late == []


async def test_then_follow_the_newest_of_the_same_tags_and_of_the_section(newsroom: Newsroom, reader: Client) -> None:
    section, tag = await newsroom.section(), await newsroom.tag()
    place, about = {"section": section["id"]}, {"tags": [tag["id"]]}
    in_section, tagged, both = await newsroom.article(**place), await newsroom.article(**about), await newsroom.article(**place, **about)
    other_language = await newsroom.article(**place, **about, language="fr")
    chosen, _elsewhere = await newsroom.article(), await newsroom.article()

    article = await newsroom.article(**place, **about, related=[chosen["id"], tagged["id"]])

    assert shown(await related(reader, article)) == [chosen["id"], tagged["id"], both["id"], in_section["id"]]
    assert shown(await related(reader, article, "?limit=3")) == [chosen["id"], tagged["id"], both["id"]]
    assert other_language["id"] not in shown(await related(reader, article))
    assert [entry["derived"] for entry in await related(reader, article)] == [False, False, True, True]


async def test_references_that_lead_nowhere_or_to_itself_are_named(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    refused = await newsroom.desk.patch(
        f"/v1/articles/{article['id']}", {"related": [article["id"], "nowhere"], "translation_of": "nobody"}, If_Match="*"
    )
    itself = await newsroom.desk.patch(f"/v1/articles/{article['id']}", {"related": [article["slug"]]}, If_Match="*")

    assert (refused.status_code, pointers(refused)) == (422, {"#/related/1", "#/translation_of"})
    assert (itself.status_code, pointers(itself)) == (422, {"#/related/0"})


async def test_sending_the_same_again_changes_nothing_and_a_wire_leaves_what_the_desk_chose(newsroom: Newsroom) -> None:
    other = await newsroom.article()
    wire = {"headline": "From the wire"}
    article = made(await newsroom.desk.put("/v1/articles/by-source/wire/1", wire))
    chosen = await newsroom.edit(article, related=[other["id"]])

    same = await newsroom.edit(chosen, related=[{"article": other["slug"], "kind": "related"}])
    sent = made(await newsroom.desk.put("/v1/articles/by-source/wire/1", wire))
    emptied = made(await newsroom.desk.put("/v1/articles/by-source/wire/1", {**wire, "related": []}))

    assert same["version"] == sent["version"] == chosen["version"]
    assert (emptied["related"], emptied["version"]) == ([], chosen["version"] + 1)


async def test_a_list_shows_what_was_chosen_beside_each(newsroom: Newsroom, reader: Client) -> None:
    hidden, one = await newsroom.draft(), await newsroom.article()
    article = await newsroom.article(related=[hidden["id"], one["id"]])

    listed = await reader.get("/v1/articles?include=related&limit=20")
    refused = await reader.get("/v1/articles?include=related&limit=21")

    by_id = {item["id"]: item for item in listed.json()["data"]}
    assert shown(by_id[article["id"]]["related"]) == [one["id"]]
    assert by_id[one["id"]]["related"] == []
    assert hidden["id"] not in listed.text + str(listed.headers)
    assert refused.status_code == 400
    assert (await reader.get("/v1/articles?include=translations")).status_code == 400


async def test_a_list_has_tags_of_what_is_shown_beside_each_and_of_nothing_behind_it(newsroom: Newsroom, reader: Client) -> None:
    """An article may have fifty beside it, and a list twenty articles: a thousand tags are more than any server takes in a header."""
    hidden, *public = [await newsroom.draft(), *[await newsroom.article() for _ in range(6)]]
    article = await newsroom.article(related=[one["id"] for one in (hidden, *public)])
    asked = "/v1/articles?include=related&limit=1"

    listed = await reader.get(asked)
    tags = listed.headers["Cache-Tag"].split(",")
    made(await newsroom.desk.post(f"/v1/articles/{public[0]['id']}/unpublish", If_Match="*"))
    without = await reader.get(asked)
    await newsroom.publish(hidden)
    again = await reader.get(asked.replace("limit=1", "limit=2"))

    beside = [one["article"]["id"] for one in listed.json()["data"][0]["related"]]
    assert beside == names(public[:4])
    assert {tag for tag in tags if tag.startswith("article:")} == {f"article:{one}" for one in (article["id"], *beside)}
    assert len([tag for tag in tags if tag.startswith("ref:")]) == 1
    assert shown(without.json()["data"][0]["related"]) == names(public[1:5])
    assert shown(again.json()["data"][1]["related"]) == names([hidden, *public[1:4]])


async def test_a_key_of_sections_is_told_nothing_of_articles_elsewhere(newsroom: Newsroom) -> None:
    sport, politics = await newsroom.section("Sport"), await newsroom.section("Politics")
    secret = await newsroom.draft(section=politics["id"], language="de")
    mine = await newsroom.draft(section=sport["id"], related=[secret["id"]], translation_of=secret["id"])
    key = made(await newsroom.desk.post("/v1/keys", {"name": "sport", "scopes": ["articles:read"], "sections": ["/sport"]}))
    caller = newsroom.client(key["secret"])

    working = made(await caller.get(f"/v1/articles/{mine['id']}?view=draft"))
    group = made(await caller.get(f"/v1/articles/{mine['id']}/translations?view=draft"))["data"]

    assert secret["headline"] not in str(working)
    assert [one["article"]["status"] for one in working["related"]] == ["outside"]
    assert working["translation_of"]["status"] == "outside"
    assert names(group) == [mine["id"]]
    assert (await caller.get("/v1/lists?view=draft")).status_code == 403


@pytest.mark.parametrize("count", [3, 15])
async def test_statements_do_not_grow_with_what_stands_beside(
    newsroom: Newsroom, reader: Client, statements: Statements, count: int
) -> None:
    section, tag = await newsroom.section(), await newsroom.tag()
    place: Wire = {"section": section["id"], "tags": [tag["id"]]}
    others = [await newsroom.article(**place) for _ in range(count)]
    article = await newsroom.article(**place, related=names(others[: count // 2]))
    address = f"/v1/articles/{article['id']}"
    await reader.get(f"{address}/related?limit=50")

    with statements.counted(6):
        beside = await reader.get(f"{address}/related?limit=50")
    with statements.counted(6):
        page = await reader.get(f"{address}?include=related")
    with statements.counted(4):
        listed = await reader.get("/v1/articles?include=related&limit=20")
    with statements.counted(1):
        bare = await reader.get(address)
    with statements.counted(6):
        working = await newsroom.desk.get(f"{address}?view=draft")

    assert len(made(beside)["data"]) == count
    assert len(made(page)["related"]) >= count // 2
    assert len(made(listed)["data"]) == count + 1
    assert made(bare)["id"] == made(working)["id"] == article["id"]
    assert len(working.json()["related"]) == count // 2


@by_chance(examples=6)
async def test_what_stands_beside_is_what_a_plain_reading_of_the_rule_says(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    """Against all that readers see: chosen and public, then by tag, then by section, newest first, once each, never itself."""
    async with open_newsroom() as newsroom:
        sections, tags = [await newsroom.section(name) for name in ("A", "B")], [await newsroom.tag(name) for name in ("x", "y", "z")]
        articles: list[Wire] = []
        for _ in range(14):
            fields = {
                "section": chance.choice([None, *names(sections)]), "tags": chance.sample(names(tags), chance.randint(0, 2)),
                "related": chance.sample(names(articles), min(len(articles), chance.randint(0, 3))),
            }  # fmt: skip
            articles.append(await (newsroom.draft if chance.random() < 0.25 else newsroom.article)(**fields))

        reader, limit = newsroom.client(None), chance.randint(1, 8)
        public = {item["id"]: item for item in made(await reader.get("/v1/articles?limit=100"))["data"]}
        for article in articles:
            if article["id"] in public:
                assert shown(await related(reader, article, f"?limit={limit}")) == _expected(article, public, limit)


def _expected(article: Wire, public: dict[str, Wire], limit: int) -> list[str]:
    own_tags, home = set(names(article["tags"])), article["section"]
    chosen = [one["article"]["id"] for one in article["related"]]
    by_tag = [ref for ref, one in public.items() if own_tags & set(names(one["tags"]))]
    by_section = [ref for ref, one in public.items() if home and (one["section"] or {}).get("id") == home["id"]]
    found = dict.fromkeys(ref for ref in (*chosen, *by_tag, *by_section) if ref in public and ref != article["id"])
    return list(found)[:limit]
