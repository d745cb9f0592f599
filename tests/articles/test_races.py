"""Several hands on one article: one wins, the others are told; nobody is answered twice or in error."""

import asyncio
from collections import Counter

import pytest

from app.articles.schemas import ArticleCreate
from app.articles.working_copy.actions import create_article
from app.core.database import WriteSession
from app.events.models import Actor
from app.sections.actions import create_section
from app.sections.schemas import SectionCreate
from tests.newsroom import Client, Newsroom, made


async def test_of_many_edits_of_one_version_one_wins(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    path = f"/v1/articles/{draft['id']}"

    answers = await asyncio.gather(*(editor.patch(path, {"headline": f"Take {n}"}, If_Match='"1"') for n in range(20)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert await newsroom.working(draft) == winner
    for answer in answers:
        if answer.status_code == 412:
            assert answer.json()["version"] == 2
            assert answer.json()["conflicts"][0]["theirs"] == winner["headline"]


async def test_edits_that_are_forced_at_once_all_count(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    path = f"/v1/articles/{draft['id']}"

    answers = await asyncio.gather(*(editor.patch(path, {"headline": f"Take {n}"}, If_Match="*") for n in range(12)))

    assert sorted(made(answer)["version"] for answer in answers) == list(range(2, 14))
    last = max((answer.json() for answer in answers), key=lambda article: article["version"])
    assert await newsroom.working(draft) == last


async def test_articles_with_one_headline_made_at_once_all_get_their_own_slug(newsroom: Newsroom, editor: Client) -> None:
    answers = await asyncio.gather(*(editor.post("/v1/articles", {"headline": "Breaking news"}) for _ in range(24)))

    assert Counter(answer.status_code for answer in answers) == {201: 24}
    wanted = ["breaking-news", *(f"breaking-news-{number}" for number in range(2, 25))]
    assert {answer.json()["slug"] for answer in answers} == set(wanted)


async def test_one_slug_asked_for_at_once_goes_to_one(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    creating = [editor.post("/v1/articles", {"headline": "Any", "slug": "wanted"}) for _ in range(6)]
    renaming = [editor.patch(f"/v1/articles/{draft['id']}", {"slug": "wanted"}, If_Match='"1"')]

    answers = await asyncio.gather(*creating, *renaming)

    statuses = Counter(answer.status_code for answer in answers)
    assert (statuses[200] + statuses[201], statuses[409]) == (1, 6), statuses
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"slug-taken"}


async def test_publishing_at_once_makes_one_publication(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    draft = await newsroom.draft()

    answers = await asyncio.gather(*(editor.post(f"/v1/articles/{draft['id']}/publish", If_Match="*") for _ in range(10)))

    assert Counter(answer.status_code for answer in answers) == {200: 10}
    assert len({answer.content for answer in answers}) == 1
    assert [event["type"] for event in (await reader.get("/v1/changes")).json()["data"]] == ["article.published"]


async def test_publishing_and_withdrawing_at_once_end_in_one_state_that_all_views_agree_on(
    newsroom: Newsroom, editor: Client, reader: Client
) -> None:
    draft = await newsroom.draft()
    path = f"/v1/articles/{draft['id']}"

    orders = [editor.post(f"{path}/{verb}", If_Match="*") for verb in ("publish", "unpublish") * 6]
    answers = await asyncio.gather(*orders)

    assert Counter(answer.status_code for answer in answers) == {200: 12}
    status = (await newsroom.working(draft))["status"]
    shown = (await reader.get(path)).status_code == 200
    last = (await reader.get("/v1/changes?limit=100")).json()["data"][-1]["type"]
    assert (status, last) == (("published", "article.published") if shown else ("unpublished", "article.unpublished"))


HAND = Actor("system", name="another")


async def _enter_article(session: WriteSession, home: str | None) -> None:
    await create_article(session, ArticleCreate(headline="Any", slug="asia", section=home), by=HAND)


async def _enter_section(session: WriteSession, home: str | None) -> None:
    await create_section(session, SectionCreate(name="Asia", parent=home), by=HAND)


@pytest.mark.parametrize(
    ("kind", "below"),
    [("new article", True), ("new article", False), ("changed article", True), ("new section", False), ("changed section", True)],
)
async def test_an_address_that_an_article_or_a_section_is_about_to_take_is_taken(newsroom: Newsroom, kind: str, *, below: bool) -> None:
    """No index holds the two apart: one would hide the other."""
    home = (await newsroom.section("World"))["id"] if below else None
    draft, moved = await newsroom.draft(section=home), await newsroom.section("Moved")
    desk, enter = newsroom.desk, _enter_section if kind.endswith("article") else _enter_article
    orders = {
        "new article": lambda: desk.post("/v1/articles", {"headline": "Any", "slug": "asia", "section": home}),
        "changed article": lambda: desk.patch(f"/v1/articles/{draft['id']}", {"slug": "asia"}, If_Match="*"),
        "new section": lambda: desk.post("/v1/sections", {"name": "Asia", "slug": "asia", "parent": home}),
        "changed section": lambda: desk.patch(f"/v1/sections/{moved['id']}", {"slug": "asia", "parent": home}, If_Match="*"),
    }

    async with newsroom.database.writing() as session:
        await enter(session, home)
        await session.send()
        second = asyncio.ensure_future(orders[kind]())
        await asyncio.wait([second], timeout=0.15)

    assert (await second).status_code == 409, (await second).text
