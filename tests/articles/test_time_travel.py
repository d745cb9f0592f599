"""`as_of`: a page, a list, a search as readers saw them, or will see them."""

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, OpenNewsroom, Statements, Wire, by_chance, names

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
        self.number = 0

    async def open(self) -> None:
        world = await self.newsroom.section("World")
        self.places = [world, await self.newsroom.section("Europe", parent=world["id"]), await self.newsroom.section("Sport")]
        await self.newsroom.tag("Ferries")
        for _ in range(3):
            await self.file()

    def fields(self) -> Wire:
        self.number += 1
        kind = self.chance.choice(["calm", "storm"])
        return {
            "headline": f"Ferry {self.number}", "dek": kind, "slug": f"ferry-{self.number}",
            "section": self.chance.choice([None, *(place["id"] for place in self.places)]), "tags": self.chance.choice([[], ["ferries"]]),
            "body": [{"type": "heading", "level": 2, "text": f"Part {self.number}"}],
        }  # fmt: skip

    async def file(self) -> None:
        draft = await self.newsroom.draft(**self.fields())
        self.articles.append(draft["id"])
        self.slugs.append(draft["slug"])

    async def step(self) -> None:
        self.now += self.chance.choice([SECOND, MINUTE, 20 * MINUTE])
        with clock.stopped_at(self.now):
            await self.chance.choice(
                [self.edit, self.publish, self.publish, self.schedule, self.unpublish, self.delete, self.move, self.file]
            )()

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

    def addresses(self) -> list[str]:
        each = [f"/v1/articles/{ref}{rest}" for ref in self.articles for rest in ("", "/sections", "?fields=headline,section.name")]
        asked = [
            "", "sort=updated_at", "sort=first_published_at", "section=world", "section=sport", "tag=ferries", "section[ne]=sport",
            "q=ferry", "q=storm", "q=ferry&sort=published_at", "count=exact&section=world", "q=calm&count=exact",
            "include=body_text", "limit=2",
        ]  # fmt: skip
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


@by_chance(examples=2)
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
                for address in chance.sample(known, min(25, len(known))):  # A slug that came later leads to what was before it, too.
                    assert told(await reader.get(then(address, at))) == answers[address], (address, at)
                    found += answers[address][0] == 200

        ahead = [desk.now + step for step in (MINUTE, 31 * MINUTE, 3 * HOUR + SECOND)]
        with clock.stopped_at(desk.now):
            foretold = {at: {path: told(await newsroom.desk.get(then(path, at))) for path in desk.addresses()} for at in ahead}
        for at in ahead:
            newsroom.app.state.answers.clear()
            assert await recorded(reader, desk.addresses(), at) == foretold[at]
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


async def test_names_are_those_of_today_in_what_was_kept_too(newsroom: Newsroom, reader: Client) -> None:
    _, path = await page(newsroom)

    with clock.stopped_at(T + 2 * HOUR):
        before = (await reader.get(then(path, T))).json()
        await newsroom.desk.patch("/v1/sections/world", {"name": "Globe", "slug": "globe"}, If_Match="*")
        after = (await reader.get(then(path, T))).json()

    assert (before["section"]["name"], after["section"]["name"], after["path"]) == ("World", "Globe", f"/globe/{before['slug']}")


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


@pytest.mark.parametrize("asked", ["view=draft", "include=comments", "include=related", "as_of=yesterday"])
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


async def test_a_moment_costs_no_more_than_now(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    article, path = await page(newsroom)
    with clock.stopped_at(T + 2 * HOUR):
        await reader.get("/v1/articles")
        for asked in (path, f"/v1/articles/{article['slug']}", f"{path}/sections", "/v1/articles?limit=100"):
            with statements.counted(1):
                assert (await reader.get(then(asked, T))).status_code == 200
        with statements.counted(2):
            assert (await reader.get(then("/v1/articles?section=world", T))).status_code == 200
