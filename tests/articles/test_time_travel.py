"""`as_of`: a page, a list, a search as readers saw them, or will see them."""

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.articles.shown import walks
from app.articles.shown.former_words import FormerWords
from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, OpenNewsroom, Statements, Wire, by_chance, made, names
from tests.plans import NO_SHORT_TABLES, plan_of

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
STEPS = int(os.environ.get("DATELINE_TEST_TIME_TRAVEL", "14"))
"""How many orders a script gives; a longer one takes longer."""


def then(path: str, at: datetime) -> str:
    return f"{path}{'&' if '?' in path else '?'}as_of={wire_instant(at)}"


class Desk:
    """A newsroom whose orders come by chance, each a while after the one before."""

    def __init__(self, newsroom: Newsroom, chance: random.Random) -> None:
        self.newsroom, self.chance, self.now = newsroom, chance, T
        self.articles: list[str] = []
        self.slugs: list[str] = []
        self.places: list[Wire] = []
        self.terms: list[str] = []
        self.number = 0

    async def open(self) -> None:
        world = await self.newsroom.section("World")
        self.places = [world, await self.newsroom.section("Europe", parent=world["id"]), await self.newsroom.section("Sport")]
        tag, ana, bo = await self.newsroom.tag("Ferries"), await self.newsroom.author("Ana"), await self.newsroom.author("Bo")
        self.terms = [f"/v1/tags/{tag['id']}", f"/v1/authors/{ana['id']}", f"/v1/authors/{bo['id']}"]
        self.authors = [ana["id"], bo["id"]]
        self.live = (await self.newsroom.article(kind="live_blog", slug="live", authors=self.authors[:1]))["id"]
        for _ in range(3):
            await self.file()
        backfill = {"sections": [self.places[0]["id"]]}
        await self.newsroom.desk.post(
            "/v1/lists", {"name": "Front", "items": [*self.articles, self.live], "length": 4, "backfill": backfill}
        )

    def fields(self) -> Wire:
        self.number += 1
        kind = self.chance.choice(["calm", "storm"])
        return {
            "headline": f"Ferry {self.number}", "dek": kind, "slug": f"ferry-{self.number}",
            "section": self.chance.choice([None, *(place["id"] for place in self.places)]), "tags": self.chance.choice([[], [self.tag]]),
            "other_sections": self.chance.choice([[], [self.places[0]["id"]]]),
            "authors": self.chance.choice([[], self.authors[:1], self.authors]),
            "published_at": self.chance.choice([None, None, wire_instant(self.now + 12 * HOUR), wire_instant(self.now - HOUR)]),
            "body": [{"type": "heading", "level": 2, "text": f"Part {self.number}"}],
        }  # fmt: skip

    @property
    def tag(self) -> str:
        return self.terms[0].rpartition("/")[2]

    async def file(self) -> None:
        draft = await self.newsroom.draft(**self.fields())
        self.articles.append(draft["id"])
        self.slugs.append(draft["slug"])

    async def step(self) -> None:
        self.now += self.chance.choice([SECOND, MINUTE, 20 * MINUTE])
        with clock.stopped_at(self.now):
            orders = [self.edit, self.publish, self.publish, self.schedule, self.unpublish, self.delete, self.move, self.file]
            names = [self.rename, self.rename, self.rename_section, self.rename_section, self.move_section]
            await self.chance.choice([*orders, *names, self.curate, self.curate, self.post, self.post])()

    async def edit(self) -> None:
        article, fields = self.chance.choice(self.articles), self.fields()
        if (await self.newsroom.desk.patch(f"/v1/articles/{article}", fields, If_Match="*")).status_code == 200:
            self.slugs.append(fields["slug"])

    async def publish(self, **order: Any) -> None:
        if self.chance.random() < 0.7:
            await self.edit()
        order["significance"] = self.chance.choice(["minor", "update"])
        if self.chance.random() < 0.3:
            order["until"] = wire_instant(self.now + 3 * HOUR)
        await self.newsroom.desk.post(f"/v1/articles/{self.chance.choice(self.articles)}/publish", order, If_Match="*")

    async def schedule(self) -> None:
        await self.publish(at=wire_instant(self.later()))

    def later(self) -> datetime:
        return self.now + self.chance.choice([MINUTE, 30 * MINUTE, 2 * HOUR])

    async def unpublish(self) -> None:
        at = self.chance.choice([None, wire_instant(self.later())])
        await self.newsroom.desk.post(f"/v1/articles/{self.chance.choice(self.articles)}/unpublish", {"at": at}, If_Match="*")

    async def delete(self) -> None:
        article = f"/v1/articles/{self.chance.choice(self.articles)}"
        await self.newsroom.desk.delete(article, If_Match="*")
        if self.chance.random() < 0.7:
            await self.newsroom.desk.post(f"{article}/restore", {}, If_Match="*")

    async def move(self) -> None:
        path = f"/v1/articles/{self.chance.choice(self.articles)}/schedule"
        for coming in (await self.newsroom.desk.get(path)).json()["data"][:1]:
            await self.newsroom.desk.patch(f"{path}/{coming['id']}", {"at": wire_instant(self.later())}, If_Match="*")

    async def curate(self) -> None:
        chosen = self.chance.sample(self.articles, 2)
        await self.newsroom.desk.patch("/v1/lists/front", {"items": [chosen[0], {"article": chosen[1], "slot": 1}]}, If_Match="*")
        at = self.chance.choice([None, None, wire_instant(self.later())])
        await self.newsroom.desk.post("/v1/lists/front/publish", {"at": at}, If_Match="*")

    async def post(self) -> None:
        """A post, the edit of one, or its deletion."""
        self.number += 1
        path, said = f"/v1/articles/{self.live}/blocks", {"title": f"Post {self.number}", "authors": self.chance.choice([[], self.authors])}
        known = [one["id"] for one in (await self.newsroom.desk.get(f"{path}?view=draft")).json()["data"] if one["type"] == "live_update"]
        what = self.chance.choice(["post", "post", "patch", "delete"]) if known else "post"
        if what == "post":
            await self.newsroom.desk.post(f"{path}?publish=true", {**said, "blocks": [{"type": "paragraph", "html": said["title"]}]})
        elif what == "patch":
            await self.newsroom.desk.patch(f"{path}/{self.chance.choice(known)}?publish=true", said, If_Match="*")
        else:
            await self.newsroom.desk.delete(f"{path}/{self.chance.choice(known)}?publish=true", If_Match="*")

    async def rename(self) -> None:
        self.number += 1
        fields = self.chance.choice([{"name": f"Name {self.number}"}, {"slug": f"term-{self.number}"}])
        await self.newsroom.desk.patch(self.chance.choice(self.terms), fields, If_Match="*")

    async def rename_section(self) -> None:
        self.number += 1
        words = {"description": f"Words {self.number}.", "position": self.number}
        fields = self.chance.choice([{"name": f"Place {self.number}"}, {"slug": f"place-{self.number}"}, words])
        await self.newsroom.desk.patch(f"/v1/sections/{self.chance.choice(self.places)['id']}", fields, If_Match="*")

    async def move_section(self) -> None:
        """Where that would close a circle, nothing happens."""
        section, parent = self.chance.sample([None, *(place["id"] for place in self.places)], 2)
        if section is not None:
            await self.newsroom.desk.patch(f"/v1/sections/{section}", {"parent": parent}, If_Match="*")

    def addresses(self) -> list[str]:
        """Some of what readers may ask."""
        known = self.every_address()
        return list(dict.fromkeys(self.chance.sample(known, min(25, len(known)))))

    def every_address(self) -> list[str]:
        rests = ("", "/sections", "/related", "/translations", "/blocks", "?include=related,translations")
        each = [f"/v1/articles/{ref}{rest}" for ref in self.articles for rest in rests]
        asked = [
            "", "sort=updated_at", "sort=first_published_at", "section=world", "section=sport", "tag=ferries", "section[ne]=sport",
            "q=ferry", "q=storm", "q=ferry&sort=published_at", "count=exact&section=world", "q=calm&count=exact",
            "include=body_text", "limit=2", *(f"section={place['id']}" for place in self.places),
            "q=ana", "q=bo", "q=ana OR bo OR name&count=exact", "q=name", "q=name&sort=published_at", "q=name calm", "q=ferry -name",
            "q=name&sort=updated_at", "q=ferries -ana&sort=-updated_at&count=exact", "q=name OR news OR post&limit=3",
            f"section={self.places[0]['id']}&descendants=false", f"section={self.places[1]['id']}&q=ferry",
            *(f"author={author}" for author in self.authors), f"tag={self.tag}",
        ]  # fmt: skip
        each += ["/v1/sections", "/v1/sections?tree=true", *(f"/v1/sections/{place['id']}" for place in self.places)]
        each += ["/v1/lists", "/v1/lists/front", *["/v1/lists/front/items"] * 3]
        each += [f"/v1/articles/{self.live}", *[f"/v1/articles/{self.live}/blocks"] * 3, "/v1/articles/live?include=body_text"]
        return [*each, *(f"/v1/articles/{slug}" for slug in self.slugs), *(f"/v1/articles?{one}" for one in asked)]


def told(answer: Any) -> tuple[int, Any]:
    """What an answer says; a cursor leads on in its own time only."""
    body = answer.json()
    if answer.status_code != 200:
        return answer.status_code, body["code"]
    if "page" in body:
        body["page"]["next_cursor"] = None
    return 200, body


async def recorded(reader: Client, addresses: Sequence[str], at: datetime) -> dict[str, tuple[int, Any]]:
    with clock.stopped_at(at):
        return {address: told(await reader.get(address)) for address in addresses}


@by_chance(examples=1, long=True)
async def test_what_readers_saw_is_what_they_are_told_of_that_moment(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    async with open_newsroom() as newsroom:
        desk, reader = Desk(newsroom, chance), newsroom.client(None)
        with clock.stopped_at(T):
            await desk.open()
        records = {}
        for _ in range(STEPS):
            await desk.step()
            newsroom.app.state.answers.clear()
            records[desk.now] = await recorded(reader, desk.addresses(), desk.now)

        found = 0
        with clock.stopped_at(desk.now + 9 * HOUR):
            for at, answers in records.items():
                known = sorted(address for address, (status, _) in answers.items() if status == 200 or "/ferry-" not in address)
                for address in chance.sample(known, min(15, len(known))):  # A slug that came later leads to what was before it, too.
                    assert told(await reader.get(then(address, at))) == answers[address], (address, at)
                    found += answers[address][0] == 200

        ahead = [desk.now + step for step in (MINUTE, 31 * MINUTE, 3 * HOUR + SECOND)]
        with clock.stopped_at(desk.now):
            asked = desk.addresses()
            foretold = {at: {path: told(await newsroom.desk.get(then(path, at))) for path in asked} for at in ahead}
        for at in ahead:
            newsroom.app.state.answers.clear()
            assert await recorded(reader, asked, at) == foretold[at]
        assert found > STEPS


async def page(newsroom: Newsroom) -> tuple[Wire, str]:
    """An article that reads Old at T and New an hour later, and its address."""
    with clock.stopped_at(T):
        article = await newsroom.article(headline="Old", section=(await newsroom.section("World"))["id"])
    with clock.stopped_at(T + HOUR):
        await newsroom.publish(await newsroom.edit(article, headline="New", slug="new"))
    return article, f"/v1/articles/{article['id']}"


async def test_what_was_is_everybodys_and_may_be_kept(newsroom: Newsroom, reader: Client) -> None:
    article, path = await page(newsroom)

    with clock.stopped_at(T + 2 * HOUR):
        old = await reader.get(then(path, T))
        by_new_slug = await reader.get(then("/v1/articles/new", T))
        unchanged = await reader.get(then(path, T), If_None_Match=old.headers["ETag"])
        before = await reader.get(then(path, T - SECOND))
        listed = await reader.get(then("/v1/articles?section=world", T))

    assert (old.json()["headline"], by_new_slug.json()["headline"], unchanged.status_code, before.status_code) == ("Old", "Old", 304, 404)
    assert old.headers["Cache-Control"] == "public, max-age=0, s-maxage=60, stale-while-revalidate=600"
    assert f"article:{article['id']}" in old.headers["Cache-Tag"].split(",")
    assert {f"article:{article['id']}", "taxonomy"} <= set(listed.headers["Cache-Tag"].split(","))
    assert names(listed.json()["data"], "headline") == ["Old"]


async def test_names_and_places_are_those_of_the_moment(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        world, ana = await newsroom.section("World"), await newsroom.author("Ana Ruiz")
        europe = await newsroom.section("Europe", parent=world["id"])
        article = await newsroom.article(slug="ferry", section=europe["id"], authors=[ana["id"]])
        path = f"/v1/articles/{article['id']}"
        first = (await reader.get(path)).json()
    with clock.stopped_at(T + HOUR):
        await newsroom.desk.patch(f"/v1/authors/{ana['id']}", {"name": "Ana Blau", "slug": "blau"}, If_Match="*")
        await newsroom.desk.patch("/v1/sections/world", {"name": "Globe", "slug": "globe"}, If_Match="*")
        second = (await reader.get(path)).json()
    with clock.stopped_at(T + 2 * HOUR):
        await newsroom.desk.patch(f"/v1/sections/{europe['id']}", {"parent": None}, If_Match="*")
        await newsroom.desk.delete(f"/v1/sections/{world['id']}", If_Match="*")

        told_of_first, told_of_second = [(await reader.get(then(path, at))).json() for at in (T, T + HOUR)]
        now = (await reader.get(path)).json()

    assert (told_of_first, told_of_second) == (first, second)
    assert [one["path"] for one in (first, second, now)] == ["/world/europe/ferry", "/globe/europe/ferry", "/europe/ferry"]
    assert [names(one["breadcrumbs"], "name") for one in (first, second, now)] == [
        ["Home", "World", "Europe"], ["Home", "Globe", "Europe"], ["Home", "Europe"]
    ]  # fmt: skip
    assert [one["authors"][0]["name"] for one in (first, second)] == ["Ana Ruiz", "Ana Blau"]


async def test_a_list_of_a_section_holds_what_stood_below_it_then(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        world, sport = await newsroom.section("World"), await newsroom.section("Sport")
        europe = await newsroom.section("Europe", parent=world["id"])
        article = await newsroom.article(section=europe["id"])
    with clock.stopped_at(T + HOUR):
        await newsroom.desk.patch(f"/v1/sections/{europe['id']}", {"parent": sport["id"], "slug": "eu"}, If_Match="*")

        of_then = {ref: await reader.get(then(f"/v1/articles?section={ref}", T)) for ref in ("world", "sport", "europe", "world/europe")}
        of_now = {ref: await reader.get(f"/v1/articles?section={ref}") for ref in ("world", "sport", "eu")}

    assert {ref: names(answer.json()["data"]) for ref, answer in of_then.items()} == {
        "world": [article["id"]], "sport": [], "europe": [article["id"]], "world/europe": [article["id"]],
    }  # fmt: skip
    assert {ref: names(answer.json()["data"]) for ref, answer in of_now.items()} == {
        "world": [], "sport": [article["id"]], "eu": [article["id"]],
    }  # fmt: skip


async def test_whoever_was_merged_is_told_of_as_their_heir_in_the_past_too(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        ana, bo = await newsroom.author("Ana"), await newsroom.author("Bo")
        article = await newsroom.article(authors=[ana["id"]])
    with clock.stopped_at(T + HOUR):
        await newsroom.desk.patch(f"/v1/authors/{ana['id']}", {"name": "Anna"}, If_Match="*")
        await newsroom.desk.delete(f"/v1/authors/{ana['id']}?move_to={bo['id']}", If_Match="*")

        told = (await reader.get(then(f"/v1/articles/{article['id']}", T))).json()

    assert names(told["authors"], "name") == ["Bo"]


async def test_what_will_be_is_the_newsrooms_alone(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        draft = await newsroom.publish(await newsroom.draft(headline="Secret plans"), at=wire_instant(T + HOUR))
        stranger, other = newsroom.client(None), await newsroom.key("articles:write")
        answers = {}
        for path in (f"/v1/articles/{draft['id']}", "/v1/articles", f"/v1/articles/{draft['id']}/sections", "/v1/articles?q=secret"):
            asked = then(path, T + HOUR)
            answers[path] = [await stranger.get(asked), await other.get(asked), await newsroom.desk.get(asked, If_None_Match="*")]
        now = await reader.get(then("/v1/articles", T))

    for refused, forbidden, told_to_desk in answers.values():
        assert (refused.status_code, forbidden.status_code, told_to_desk.status_code) == (401, 403, 200)
        assert told_to_desk.headers["Cache-Control"] == "private, no-store"
        assert "Cache-Tag" not in told_to_desk.headers
    assert "Secret plans" in answers["/v1/articles"][2].text
    assert now.json()["data"] == []


@pytest.mark.parametrize("asked", ["view=draft", "include=comments", "as_of=yesterday"])
async def test_what_is_not_kept_of_other_moments_is_not_answered(newsroom: Newsroom, asked: str) -> None:
    article = await newsroom.article()
    query = asked if asked.startswith("as_of") else f"{asked}&as_of=2020-01-01T00:00:00Z"

    answers = [await newsroom.desk.get(f"{path}?{query}") for path in (f"/v1/articles/{article['id']}", "/v1/articles")]

    assert {answer.status_code for answer in answers} <= {400, 422}
    assert {fault["parameter"] for answer in answers for fault in answer.json()["errors"]} == {asked.partition("=")[0]}


async def test_pages_of_a_moment_hold_together_and_their_cursors_belong_to_it(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        articles = [await newsroom.article() for _ in range(5)]
    with clock.stopped_at(T + HOUR):
        for article in articles[:3]:
            await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")

        then_listed = await reader.all_pages(then("/v1/articles?limit=2", T))
        first = (await reader.get(then("/v1/articles?limit=2", T))).json()["page"]["next_cursor"]
        elsewhere = await reader.get(f"/v1/articles?limit=2&cursor={first}")

    assert sorted(names(then_listed)) == sorted(names(articles))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "cursor-mismatch")


async def test_a_moment_costs_one_statement_more_than_now(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    article, path = await page(newsroom)
    with clock.stopped_at(T + 2 * HOUR):
        await reader.get("/v1/articles")
        for number, asked in enumerate((path, f"/v1/articles/{article['slug']}", f"{path}/sections", "/v1/articles?limit=100")):
            with statements.counted(2):
                assert (await reader.get(then(asked, T + number * SECOND))).status_code == 200
        with statements.counted(2):
            assert (await reader.get(then("/v1/articles?section=world", T))).status_code == 200


LONG_AGO = [
    walks.Walk("published_at", True, 21, False, past=True),
    walks.Walk("updated_at", True, 21, True, past=True),
    walks.Walk("first_published_at", False, 21, False, past=True),
    walks.Walk("published_at", True, 21, True, "tag", 2, past=True),
]


@pytest.mark.parametrize("walk", LONG_AGO, ids=lambda walk: f"{walk.sort} {walk.field}")
async def test_a_list_of_long_ago_begins_where_it_was(newsroom: Newsroom, walk: walks.Walk) -> None:
    """It does not pass what came since: both databases know where to begin in the index that they walk, however long their tables are."""
    tag = await newsroom.tag("Rail")
    for _ in range(20):
        await newsroom.article(tags=[tag["id"]])

    plan = await plan_of(newsroom.database, walks.listed(walk), without=NO_SHORT_TABLES)

    index = "publication_tags_walk" if walk.field else f"publications_{walk.sort}_article_id"
    steps = [step for step in plan if index in step]
    assert steps, plan
    if newsroom.database.engine.dialect.name == "sqlite":
        assert all(f"{walk.sort}<?" in step or f"({walk.sort},article_id)<" in step for step in steps), plan
        assert any("ix_publications_ahead" in step for step in plan) == (walk.sort != "first_published_at"), plan
    else:
        begins = [plan[place + 1] for place, step in enumerate(plan) if index in step]
        assert all("Index Cond" in step and f"{walk.sort} <=" in step for step in begins), plan


async def found(reader: Client, q: str, at: datetime) -> list[str]:
    """What a search of that moment finds, in order, page by page."""
    return names(await reader.all_pages(then(f"/v1/articles?q={q}&limit=2", at)), "slug")


async def kept(newsroom: Newsroom) -> int:
    """How many former words there are."""
    async with newsroom.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(FormerWords)) or 0


async def rename(newsroom: Newsroom, author: Wire, name: str, at: datetime) -> None:
    with clock.stopped_at(at):
        made(await newsroom.desk.patch(f"/v1/authors/{author['id']}", {"name": name}, If_Match="*"))


async def test_an_article_is_found_by_what_its_author_was_called_then(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    asked = ("ruiz", "ruiz&sort=-relevance", "ruiz&sort=published_at", "ruiz&sort=updated_at", "wages -ana", "ana", "blau", "bea")
    with clock.stopped_at(T):
        ana, other = await newsroom.author("Ana Ruiz"), await newsroom.author("Ruiz Kant")
        for slug, author in {"one": ana, "two": other, "three": ana, "four": other}.items():
            await newsroom.article(slug=slug, headline="Ruiz" if slug == "four" else "Wages", authors=[author["id"]])
        at_first = {q: await found(reader, q, T) for q in asked}
    with clock.stopped_at(T + MINUTE):
        ended = await newsroom.article(slug="ended", authors=[ana["id"]])
    with clock.stopped_at(T + 2 * MINUTE):
        await newsroom.desk.post(f"/v1/articles/{ended['id']}/unpublish", {}, If_Match="*")

    await rename(newsroom, other, "Kant", T + 3 * MINUTE)
    await rename(newsroom, ana, "Ana Blau", T + HOUR)
    await rename(newsroom, ana, "Bea", T + 2 * HOUR)

    assert await kept(newsroom) == 6  # Of what had ended before, nothing is.
    with clock.stopped_at(T + 9 * HOUR):
        assert {q: await found(reader, q, T) for q in asked} == at_first
        assert [sorted(at_first[q]) for q in ("ana", "blau", "wages -ana")] == [["one", "three"], [], ["two"]]
        assert at_first["ruiz"][0] == "four"
        of_then = {name: [await found(reader, name, T + step) for step in (MINUTE, HOUR, 2 * HOUR)] for name in ("ana", "blau", "bea")}
        mine = at_first["ana"]
        assert of_then == {"ana": [["ended", *mine], mine, []], "blau": [[], mine, []], "bea": [[], [], mine]}
        with statements.counted(9):
            await reader.get(then("/v1/articles?q=ruiz+wages", T))
        statements.seen.clear()
        await reader.get("/v1/articles?q=ruiz+wages+OR+bea")
    assert statements.seen
    assert not any("former_words" in statement for statement in statements.seen)


async def test_what_is_taken_down_is_found_by_no_name_and_what_is_brought_back_by_those_of_its_time(
    newsroom: Newsroom, reader: Client
) -> None:
    with clock.stopped_at(T):
        ana, tag = await newsroom.author("Ana"), await newsroom.tag("Rail")
        path = f"/v1/articles/{(await newsroom.article(slug='mine', authors=[ana['id']], tags=[tag['id']]))['id']}"
        heir = await newsroom.tag("Trains")
        await newsroom.article(slug="other", tags=[heir["id"]])
    await rename(newsroom, ana, "Bea", T + HOUR)
    with clock.stopped_at(T + 2 * HOUR):
        made(await newsroom.desk.post(f"{path}/takedown", {"reason": "other"}, If_Match="*"))
        hidden = [await found(reader, name, T + step) for name in ("ana", "bea", "rail") for step in (SECOND, HOUR)]
    await rename(newsroom, ana, "Cleo", T + 3 * HOUR)
    with clock.stopped_at(T + 4 * HOUR):
        made(await newsroom.desk.post(f"{path}/restore", {"publish": True}, If_Match="*"))
    with clock.stopped_at(T + 5 * HOUR):
        await newsroom.desk.delete(f"/v1/tags/{tag['id']}?move_to={heir['id']}", If_Match="*")
        assert await kept(newsroom) == 2 + 1  # Of two names and a merge; nothing of what had the heir's name before.

    with clock.stopped_at(T + 9 * HOUR):
        hours = {
            name: [hour for hour in range(6) if "mine" in await found(reader, name, T + hour * HOUR)]
            for name in ("ana", "bea", "cleo", "rail", "trains")
        }

    assert hidden == [[]] * 6
    assert hours == {"ana": [0], "bea": [1], "cleo": [4, 5], "rail": [0, 1, 4], "trains": [5]}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_search_of_long_ago_begins_where_it_was(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    with clock.stopped_at(T):
        old = await newsroom.article(headline="Ferry sails")
    with clock.stopped_at(T + HOUR):
        await newsroom.article(headline="Ferry sails again")
        with statements.counted(9):
            found = (await reader.get(then("/v1/articles?q=ferry", T))).json()

    assert names(found["data"]) == [old["id"]]
    assert any("rowid <" in statement for statement in statements.seen), statements.seen


async def test_what_is_printed_with_a_date_to_come_is_in_lists_of_then(newsroom: Newsroom, reader: Client) -> None:
    """Tomorrow's paper is read today, and stands in front of what readers saw then."""
    with clock.stopped_at(T):
        tag = await newsroom.tag("Rail")
        today = await newsroom.article(headline="Ferry today", tags=[tag["id"]])
        tomorrow = await newsroom.article(headline="Ferry tomorrow", tags=[tag["id"]], published_at=wire_instant(T + 12 * HOUR))
        minor = await newsroom.edit(tomorrow, dek="Soon", published_at=wire_instant(T - HOUR))
    with clock.stopped_at(T + MINUTE):
        await newsroom.publish(minor, significance="minor")
    with clock.stopped_at(T + 48 * HOUR):
        await newsroom.article(headline="Ferry later", tags=[tag["id"]])
        asked = ["", "tag=rail", "q=ferry", "q=ferry&sort=published_at", "kind=article", "sort=-updated_at"]
        of_then = {one: names((await reader.get(then(f"/v1/articles?{one}", T))).json()["data"]) for one in asked}
        of_minor = {one: names((await reader.get(then(f"/v1/articles?{one}", T + MINUTE))).json()["data"]) for one in asked}

    expected = [tomorrow["id"], today["id"]]
    assert {one: found[::-1] if one.endswith("=published_at") else found for one, found in of_then.items()} == dict.fromkeys(
        asked, expected
    )
    assert {one: sorted(found) for one, found in of_minor.items()} == dict.fromkeys(asked, sorted(expected))
